import type { AlertSource, ParsedAlerts } from '../alert.ts';
import { isObject } from '../is-object.ts';
import { parseAlertmanager } from './alertmanager.ts';
import { parseGeneric } from './generic.ts';
import { parsePrometheus } from './prometheus.ts';

/** The parser of each kind of source. */
export const ALERT_PARSERS: Readonly<Record<AlertSource, (input: unknown) => ParsedAlerts>> = {
  alertmanager: parseAlertmanager,
  prometheus: parsePrometheus,
  generic: parseGeneric,
};

/** Which source a body looks like, and the share of that source's marks it bears (0 to 1). */
export interface Detection {
  readonly source: AlertSource;
  readonly confidence: number;
}

/** Two marks tell an Alertmanager: any one of them occurs elsewhere too. */
const ENOUGH = 0.5;

/** Recognises the source of a body from its shape; `undefined` when it looks like no alert at all. */
export function detectSource(input: unknown): Detection | undefined {
  if (Array.isArray(input)) return mostly(input, isPrometheusAlert, 'prometheus');
  if (!isObject(input)) return undefined;
  if (Array.isArray(input['groups'])) {
    const alerts = input['groups'].flatMap((group: unknown) =>
      isObject(group) && Array.isArray(group['alerts']) ? group['alerts'] : [],
    );
    return mostly(alerts, isPrometheusAlert, 'prometheus');
  }
  const alertmanager = alertmanagerConfidence(input);
  if (alertmanager >= ENOUGH) return { source: 'alertmanager', confidence: alertmanager };
  const generic = genericConfidence(input);
  return generic > 0 ? { source: 'generic', confidence: generic } : undefined;
}

function alertmanagerConfidence(input: Readonly<Record<string, unknown>>): number {
  const alerts = input['alerts'];
  return share([
    typeof input['version'] === 'string',
    typeof input['groupKey'] === 'string',
    typeof input['receiver'] === 'string',
    Array.isArray(alerts) &&
      alerts.some((alert) => isObject(alert) && 'status' in alert && 'labels' in alert),
  ]);
}

/** Without a name it is no alert. */
function genericConfidence(input: Readonly<Record<string, unknown>>): number {
  const labels = input['labels'];
  if (typeof input['alertname'] !== 'string' && !(isObject(labels) && 'alertname' in labels)) return 0;
  return share([true, 'status' in input, 'severity' in input, 'message' in input || 'annotations' in input]);
}

function isPrometheusAlert(input: unknown): boolean {
  return isObject(input) && isObject(input['labels']) && 'state' in input;
}

function mostly(
  items: readonly unknown[],
  test: (item: unknown) => boolean,
  source: AlertSource,
): Detection | undefined {
  const confidence = share(items.map(test));
  return confidence >= ENOUGH ? { source, confidence } : undefined;
}

function share(marks: readonly boolean[]): number {
  return marks.length === 0 ? 0 : marks.filter(Boolean).length / marks.length;
}
