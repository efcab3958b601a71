/** An event, and a post of Alertmanager, as the API takes them; `n` has to be new each time. */
export function event(n) {
  return { id: `k6-${n}`, topic: 'load.k6', data: { title: `Event ${n}`, text: 'Sent by k6.' } };
}

export function alertmanager(n, alerts = 1) {
  return {
    version: '4',
    groupKey: '{}:{alertname="HighErrorRate"}',
    truncatedAlerts: 0,
    status: 'firing',
    receiver: 'fanfare',
    groupLabels: { alertname: 'HighErrorRate' },
    commonLabels: { alertname: 'HighErrorRate' },
    commonAnnotations: {},
    externalURL: 'https://alertmanager.example.com',
    alerts: Array.from({ length: alerts }, (_, at) => ({
      status: 'firing',
      labels: { alertname: 'HighErrorRate', instance: `api-${n}-${at}:9090`, job: 'k6', severity: 'warning' },
      annotations: { summary: 'More than 5 % of requests fail', description: 'Sent by k6.' },
      startsAt: new Date().toISOString(),
      endsAt: '0001-01-01T00:00:00Z',
      generatorURL: 'https://prometheus.example.com/graph?g0.expr=error_rate',
    })),
  };
}
