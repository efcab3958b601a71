import { markOf } from '../../cdk/cli/arrivals.ts';
import type { FlowSpec } from './scenario.ts';

/** An event that was posted, as far as its arrivals are to be told by it. */
export interface Posted {
  readonly meantMs: number;
  readonly lane: FlowSpec['lane'];
  accepted: boolean;
  /** As the API calls it, once it has said so. */
  id?: string;
}

/** Makes events and alerts with numbers, and knows when each was meant to be posted. */
export interface Maker {
  readonly events: (spec: FlowSpec, meantMs: number) => Made;
  readonly alerts: (spec: FlowSpec, meantMs: number) => Made;
  /** By number. */
  readonly posted: readonly Posted[];
}

export interface Made {
  readonly body: unknown;
  readonly numbers: readonly number[];
}

/** Events whose texts carry the mark of a run. */
export function createMaker(run: string): Maker {
  const posted: Posted[] = [];
  const numbers = ({ events, lane }: FlowSpec, meantMs: number): number[] =>
    Array.from({ length: events }, () => posted.push({ meantMs, lane, accepted: false }) - 1);

  return {
    posted,
    events(spec, meantMs) {
      const own = numbers(spec, meantMs);
      const events = own.map((n) => eventOf(run, n, spec, meantMs));
      return { body: events.length === 1 ? events[0] : events, numbers: own };
    },
    alerts(spec, meantMs) {
      const own = numbers(spec, meantMs);
      return { body: alertPost(own.map((n) => alertOf(run, n, spec, meantMs))), numbers: own };
    },
  };
}

function eventOf(run: string, n: number, spec: FlowSpec, meantMs: number): object {
  const { topics, lane, size, recipients, expiresSeconds } = spec;
  const large = size === 'large';
  const title = `Event ${n}`;
  const text = `Load, event ${markOf(run, n)}`;
  return {
    topic: topics[n % topics.length],
    ...(lane === 'urgent' && { lane }),
    ...(recipients && { recipients }),
    ...(expiresSeconds !== undefined && { expiresAt: Math.round(meantMs + expiresSeconds * 1_000) }),
    data: {
      title: large ? `${title} `.repeat(10).trim() : title,
      text: large ? `${text} `.repeat(100).trim() : text,
      ...(large && Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`key${at}`, `value ${at}`]))),
    },
  };
}

function alertOf(run: string, n: number, { lane }: FlowSpec, meantMs: number): object {
  return {
    status: 'firing',
    labels: {
      alertname: 'HighErrorRate',
      instance: `api-${n}:9090`,
      job: run,
      severity: lane === 'urgent' ? 'critical' : 'warning',
    },
    annotations: {
      summary: `More than 5 % of requests to api-${n} fail`,
      description: `Load, event ${markOf(run, n)}`,
      runbook_url: 'https://runbooks.example.com/high-error-rate',
    },
    startsAt: new Date(meantMs).toISOString(),
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: 'https://prometheus.example.com/graph?g0.expr=error_rate',
  };
}

/** As Alertmanager posts them (webhook, version 4). */
function alertPost(alerts: readonly object[]): object {
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
    alerts,
  };
}
