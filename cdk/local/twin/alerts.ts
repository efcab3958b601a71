import type { Stored } from './inbox.ts';
import { viewOf } from './inbox-view.ts';
import { isRecord } from './provider.ts';

/** An alert as PagerDuty keeps it: the events of one key, from the one that opened it to the one that resolved it. */
export interface Alert {
  readonly routingKey: string;
  readonly dedupKey: string;
  status: 'triggered' | 'acknowledged' | 'resolved';
  /** Events that it took. */
  events: number;
  readonly summary: string;
}

/**
 * What the accepted events have made of one another: a trigger opens an alert or merges with the open one of its
 * key; what would acknowledge or resolve an alert that is not open is dropped, though it was answered with 202
 * (developer-docs, docs/events-API-v2, Send an Alert Event, Alert De-Duplication).
 */
export function alertsIn(events: readonly Stored[]): Alert[] {
  const alerts: Alert[] = [];
  for (const { id, body, verdict } of events.map((event) => viewOf(event))) {
    if (verdict !== 'accepted' || !isRecord(body)) continue;
    const { event_action: action, dedup_key: key = `#${id}`, payload } = body;
    const routingKey = String(body['routing_key']);
    const dedupKey = String(key);
    const open = alerts.find(
      (one) => one.routingKey === routingKey && one.dedupKey === dedupKey && one.status !== 'resolved',
    );
    if (open) {
      open.events += 1;
      if (action === 'acknowledge') open.status = 'acknowledged';
      if (action === 'resolve') open.status = 'resolved';
    } else if (action === 'trigger') {
      const { summary } = isRecord(payload) ? payload : {};
      alerts.push({ routingKey, dedupKey, status: 'triggered', events: 1, summary: String(summary) });
    }
  }
  return alerts;
}
