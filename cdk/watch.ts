import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { ALARMS } from './alarms.ts';
import type { BundledFunction } from './constructs/bundled-function.ts';
import type { Alarms } from './constructs/alarms.ts';
import type { HttpApi } from './constructs/http-api.ts';
import type { State } from './constructs/state.ts';
import { failureRate, own, sumOf } from './metrics.ts';
import type { Settings } from './settings.ts';

export interface Watched {
  readonly name: string;
  readonly settings: Settings;
  readonly alarms: Alarms;
  readonly api: HttpApi;
  readonly state: State;
  readonly ingest: BundledFunction;
  readonly manage: BundledFunction;
  readonly timers: BundledFunction;
  readonly deadLetters: BundledFunction;
  /** Functions that read event and deliver queues. */
  readonly readers: readonly BundledFunction[];
}

/** The alarms that belong to no single queue. */
export function watch(scope: Construct, watched: Watched): void {
  const { name, settings, alarms, api, state, ingest, manage, timers, deadLetters, readers } = watched;
  const { channels } = settings;

  for (const { label: of, function: target, timeout } of [ingest, manage, timers, deadLetters, ...readers]) {
    alarms.add(scope, 'errors', { of, metric: (o) => target.metricErrors(o) });
    alarms.add(scope, 'duration', {
      of,
      metric: (o) => target.metricDuration({ ...o, statistic: 'p99' }),
      threshold: ALARMS.duration.threshold * timeout.toMilliseconds(),
    });
  }
  // A throttled dead-letter consumer shows as age, throttled timers as silence.
  alarms.add(scope, 'throttles', {
    metric: (o) =>
      sumOf(
        [ingest, ...readers].map((reader) => reader.function.metricThrottles(o)),
        'throttles',
        o,
      ),
  });
  // Counted over all functions of the account: those that loop on purpose are exempt from the guard.
  alarms.add(scope, 'recursion', {
    metric: (o) =>
      new Metric({
        namespace: 'AWS/Lambda',
        metricName: 'RecursiveInvocationsDropped',
        statistic: 'Sum',
        ...o,
      }),
  });
  alarms.add(scope, 'timersSilent', { metric: (o) => timers.function.metricInvocations(o) });
  // Each request counts 0 or 1, so that the average is the rate.
  alarms.add(scope, 'apiErrors', {
    metric: (o) => api.stage.metricServerError({ ...o, statistic: 'Average' }),
  });
  alarms.add(scope, 'apiLatency', { metric: (o) => api.stage.metricLatency({ ...o, statistic: 'p99' }) });

  alarms.add(scope, 'dead', {
    metric: (o) =>
      sumOf(
        channels.map((channel) => own(name, 'Dead', channel, o)),
        'dead',
        o,
      ),
  });
  for (const channel of channels) {
    alarms.add(scope, 'failureRate', {
      of: channel,
      metric: (o) => failureRate(own(name, 'Failed', channel, o), own(name, 'Delivered', channel, o), o),
    });
  }
  alarms.add(scope, 'malformed', { metric: (o) => own(name, 'Malformed', undefined, o) });
  alarms.add(scope, 'blocked', { metric: (o) => own(name, 'Blocked', undefined, o) });

  for (const [of, table] of Object.entries({
    Catalog: state.catalog,
    Ledger: state.ledger,
    Limits: state.limits,
  })) {
    alarms.add(scope, 'tableThrottles', {
      of,
      metric: (o) =>
        sumOf(
          ['ReadThrottleEvents', 'WriteThrottleEvents'].map((metric) =>
            table.metric(metric, { ...o, statistic: 'Sum' }),
          ),
          'throttles',
          o,
        ),
    });
  }
}
