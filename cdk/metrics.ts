import type { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { METRICS, type MetricName } from '../lib/core/metrics.ts';

/** Namespace of every metric Fanfare emits itself; `service` holds the stack's name, so that stacks stay apart. */
export const NAMESPACE = 'Fanfare';

interface Period {
  readonly period: Duration;
}

/** A metric of `lib/core/metrics.ts`; `per` is the value of its dimension, if it has one. */
export function own(service: string, name: MetricName, per?: string, options?: MetricOptions): Metric {
  const spec: { per?: string; unit: string } = METRICS[name];
  return new Metric({
    namespace: NAMESPACE,
    metricName: name,
    dimensionsMap: { service, ...(spec.per !== undefined && per !== undefined && { [spec.per]: per }) },
    statistic: spec.unit === 'Count' ? 'Sum' : 'p95',
    label: per === undefined ? name : `${name} ${per}`,
    ...options,
  });
}

/** Metrics of one kind added up; periods without a value count as zero. */
export function sumOf(metrics: readonly IMetric[], { period }: Period): IMetric {
  const names = metrics.map((_, i) => `m${i}`);
  return new MathExpression({
    label: 'sum',
    expression: names.map((name) => `FILL(${name}, 0)`).join(' + '),
    usingMetrics: Object.fromEntries(metrics.map((metric, i) => [`m${i}`, metric])),
    period,
  });
}

/** Failed attempts as a share of all, counted only from `minimum` failures on: one of two is no trend. */
export function failureRate(failed: IMetric, delivered: IMetric, { period }: Period, minimum = 5): IMetric {
  return new MathExpression({
    label: 'failure rate',
    expression: `IF(failed >= ${minimum}, failed / (failed + FILL(delivered, 0)), 0)`,
    usingMetrics: { failed, delivered },
    period,
  });
}

/** Dollars of a million deliveries; 0 where there are fewer than `minimum`, which only share what always runs. */
export function costOfMillion(
  spent: IMetric,
  delivered: IMetric,
  { period }: Period,
  minimum = 100,
): IMetric {
  return new MathExpression({
    label: 'dollars of a million deliveries',
    expression: `IF(FILL(delivered, 0) >= ${minimum}, spent / delivered, 0)`,
    usingMetrics: { spent, delivered },
    period,
  });
}

/**
 * 1 for each period without a call that comes after one with a call, else 0. Before the first call ever there is
 * nothing, and in a range that begins with the first call its own zeros do not count: a stack that was deployed a
 * moment ago is not silent. (CloudWatch user guide, "Using math expressions": FILL, RUNNING_SUM, IF.)
 */
export function silentAfter(calls: IMetric, { period }: Period): IMetric {
  return new MathExpression({
    label: 'silent',
    expression: 'IF(RUNNING_SUM(FILL(calls, 0)) > 0 AND FILL(calls, 0) < 1, 1, 0)',
    usingMetrics: { calls },
    period,
  });
}
