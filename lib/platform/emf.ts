import { Metrics } from '@aws-lambda-powertools/metrics';
import { METRICS, type MetricName } from '../core/metrics.ts';

/** Metrics of one time and one value of a dimension, each with what was measured. */
export type Blob = readonly (readonly [MetricName, readonly number[]])[];

/** A dimension beside `service`, and its value. */
export type Dimension = readonly [name: string, value: string];

/** Combinations of metrics and dimensions whose form is remembered; an environment sees a few dozen. */
const MAX_FORMS = 200;

/**
 * Writes blobs of EMF. Powertools says what they look like, once for each combination of metrics and dimension: it
 * asks the environment and looks through its lists for every value, and all that changes are values and time.
 */
export function createEmf(namespace: string, service: string) {
  const metrics = new Metrics({ namespace, serviceName: service });
  const forms = new Map<string, ReturnType<Metrics['serializeMetrics']>>();

  function formOf(dimension: Dimension | undefined, blob: Blob) {
    if (dimension) metrics.addDimension(...dimension);
    for (const [name] of blob) metrics.addMetric(name, METRICS[name].unit, 0);
    const form = metrics.serializeMetrics();
    metrics.clearMetrics();
    metrics.clearDimensions();
    return form;
  }

  return (dimension: Dimension | undefined, blob: Blob, atMs: number): string => {
    const key = [dimension, blob.map(([name]) => name)].join();
    let form = forms.get(key);
    if (form === undefined) {
      form = formOf(dimension, blob);
      if (forms.size >= MAX_FORMS) forms.clear();
      forms.set(key, form);
    }
    const { _aws: head, ...rest } = form;
    const values = blob.map(([name, several]) => [name, several.length === 1 ? several[0] : several]);
    return JSON.stringify({ _aws: { ...head, Timestamp: atMs }, ...rest, ...Object.fromEntries(values) });
  };
}
