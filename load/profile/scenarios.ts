import { alertsBody } from '../headline/alerts.ts';

/** A load that a profile is made of. */
export interface Scenario {
  readonly about: string;
  /** Posts a second. */
  readonly rate: number;
  readonly path: string;
  /** The body of post number n; `run` tells runs apart. */
  readonly body: (run: string, n: number) => unknown;
  /** How the twin's webhooks behave meanwhile. */
  readonly behaviour?: Readonly<Record<string, unknown>>;
  /** The destination `one` takes so many a second. */
  readonly perSecond?: number;
}

const TOPIC = 'profile.load';

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  batch: {
    about: 'ten events to a post, each to three webhooks',
    rate: 20,
    path: '/v1/events',
    body: (run, n) => events(run, n, 10),
  },
  single: {
    about: 'one event to a post, to three webhooks',
    rate: 60,
    path: '/v1/events',
    body: (run, n) => events(run, n, 1)[0],
  },
  alerts: {
    about: 'a hundred alerts to a post of Alertmanager, each to three webhooks',
    rate: 2,
    path: '/webhook',
    body: (run, n) => alerts(run, n),
  },
  retries: {
    about: 'ten events to a post, and webhooks that fail three times of ten',
    rate: 10,
    path: '/v1/events',
    body: (run, n) => events(run, n, 10),
    behaviour: { status: 503, failRate: 0.3, seed: 7 },
  },
  limited: {
    about: 'ten events to a post, and a webhook that takes 50 a second of 200',
    rate: 20,
    path: '/v1/events',
    body: (run, n) => events(run, n, 10),
    perSecond: 50,
  },
};

function events(run: string, n: number, count: number) {
  return Array.from({ length: count }, (_, i) => ({
    id: `${run}-${n * count + i}`,
    topic: TOPIC,
    severity: 'info',
    data: {
      title: `Order ${n} was paid`,
      text: 'The customer paid by card.',
      amount: n % 1_000,
      currency: 'EUR',
    },
  }));
}

/** Every post is of other alerts: the same would be the same event. */
function alerts(run: string, n: number): unknown {
  const body = JSON.parse(alertsBody(100)) as { readonly alerts: readonly object[] };
  return {
    ...body,
    alerts: body.alerts.map((alert, at) => Object.assign(alert, { fingerprint: `${run}-${n}-${at}` })),
  };
}
