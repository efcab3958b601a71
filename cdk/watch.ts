import { type IMetric, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { ALARMS } from './alarms.ts';
import type { AlarmOptions, Alarms } from './constructs/alarms.ts';
import type { BundledFunction } from './constructs/bundled-function.ts';
import type { HttpApi } from './constructs/http-api.ts';
import { LEDGER_INDEXES, type State } from './constructs/state.ts';
import { costOfMillion, failureRate, own, silentAfter, sumOf } from './metrics.ts';
import type { Settings } from './settings.ts';

export interface Watched {
  /** Name under which Fanfare's own metrics are emitted. */
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

/** Adds the alarms that belong to no single queue. */
export function watch(scope: Construct, watched: Watched): void {
  watchFunctions(scope, watched);
  watchApi(scope, watched);
  watchDeliveries(scope, watched);
  watchTables(scope, watched);
}

function watchFunctions(scope: Construct, watched: Watched): void {
  const { alarms, ingest, manage, timers, deadLetters, readers } = watched;
  const answering = [ingest, manage, timers, ...readers];
  // Dead letters whose consumer fails are held, which has an alarm of its own.
  for (const { label: of, function: target } of answering) {
    alarms.add(scope, 'errors', { of, metric: (o) => target.metricErrors(o) });
  }
  for (const { label: of, function: target, timeout } of [...answering, deadLetters]) {
    const threshold = ALARMS.duration.threshold * timeout.toMilliseconds();
    alarms.add(scope, 'duration', {
      of,
      threshold,
      metric: (o) => target.metricDuration({ ...o, statistic: 'p99' }),
    });
  }
  // A throttled dead-letter consumer shows as letters held, throttled timers as silence.
  addSums(scope, alarms, 'throttles', [ingest, ...readers], (reader, o) =>
    reader.function.metricThrottles(o),
  );
  // Counted over all functions of the account: those that loop on purpose are exempt from the guard.
  const dropped = { namespace: 'AWS/Lambda', metricName: 'RecursiveInvocationsDropped', statistic: 'Sum' };
  alarms.add(scope, 'recursion', { metric: (o) => new Metric({ ...dropped, ...o }) });
  alarms.add(scope, 'timersSilent', {
    metric: (o) => silentAfter(timers.function.metricInvocations(o), o),
  });
}

function watchApi(scope: Construct, { alarms, api }: Watched): void {
  // Each request counts 0 or 1, so that the average is the rate.
  alarms.add(scope, 'apiErrors', {
    metric: (o) => api.stage.metricServerError({ ...o, statistic: 'Average' }),
  });
  alarms.add(scope, 'apiLatency', { metric: (o) => api.stage.metricLatency({ ...o, statistic: 'p99' }) });
}

function watchDeliveries(scope: Construct, { name, settings, alarms }: Watched): void {
  // `other` holds what belongs to no channel that is known by now.
  addSums(scope, alarms, 'dead', [...settings.channels, 'other'], (channel, o) =>
    own(name, 'Dead', channel, o),
  );
  for (const of of settings.channels) {
    const metric: AlarmOptions['metric'] = (o) =>
      failureRate(own(name, 'Failed', of, o), own(name, 'Delivered', of, o), o);
    alarms.add(scope, 'failureRate', { of, metric });
  }
  alarms.add(scope, 'cost', {
    ...(settings.maxDollarsPerMillion !== undefined && { threshold: settings.maxDollarsPerMillion }),
    metric: (o) =>
      costOfMillion(
        own(name, 'SpentMicroDollars', undefined, o),
        // Each delivery has one latency, whatever its channel: an alarm over all channels reads one series.
        own(name, 'DeliveryLatencyMs', undefined, { ...o, statistic: 'SampleCount' }),
        o,
      ),
  });
  alarms.add(scope, 'malformed', { metric: (o) => own(name, 'Malformed', undefined, o) });
  alarms.add(scope, 'blocked', { metric: (o) => own(name, 'Blocked', undefined, o) });
}

/**
 * Throttles of a table do not tell those of its indexes: these have a dimension more (DynamoDB developer guide,
 * "CloudWatch metrics and dimensions": GlobalSecondaryIndexName). A throttled index refuses writes to its table.
 */
function watchTables(scope: Construct, { alarms, state: { catalog, ledger, limits } }: Watched): void {
  for (const [of, table] of Object.entries({ Catalog: catalog, Ledger: ledger, Limits: limits })) {
    const indexes = table === ledger ? LEDGER_INDEXES.map(({ indexName }) => indexName) : [];
    const places = [{}, ...indexes.map((GlobalSecondaryIndexName) => ({ GlobalSecondaryIndexName }))];
    const throttles = ['ReadThrottleEvents', 'WriteThrottleEvents'].flatMap((metricName) =>
      places.map((place) => ({ metricName, dimensionsMap: { TableName: table.tableName, ...place } })),
    );
    alarms.add(scope, 'tableThrottles', {
      of,
      metric: (o) =>
        sumOf(
          throttles.map((one) => new Metric({ namespace: 'AWS/DynamoDB', ...one, ...o, statistic: 'Sum' })),
          o,
        ),
    });
  }
}

/** CloudWatch: an alarm adds up at most ten metrics. */
const ALARM_METRICS = 10;

/** One alarm over the sum of a metric of many things, or several where there are more than one can read. */
function addSums<T>(
  scope: Construct,
  alarms: Alarms,
  kind: 'throttles' | 'dead',
  things: readonly T[],
  metricOf: (thing: T, options: Parameters<AlarmOptions['metric']>[0]) => IMetric,
): void {
  for (let at = 0; at < things.length; at += ALARM_METRICS) {
    const part = things.slice(at, at + ALARM_METRICS);
    alarms.add(scope, kind, {
      ...(at > 0 && { of: `From${at + 1}` }),
      metric: (o) =>
        sumOf(
          part.map((thing) => metricOf(thing, o)),
          o,
        ),
    });
  }
}
