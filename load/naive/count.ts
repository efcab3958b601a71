import { MetricUnit, type Metrics } from '@aws-lambda-powertools/metrics';

/** Counts a delivery, and how long it took if it did. */
export function countDelivery(metrics: Metrics, name: 'Delivered' | 'Failed', ms?: number): void {
  metrics.addDimension('channel', 'webhook');
  metrics.addMetric(name, MetricUnit.Count, 1);
  if (ms !== undefined) metrics.addMetric('Latency', MetricUnit.Milliseconds, ms);
  metrics.publishStoredMetrics();
}
