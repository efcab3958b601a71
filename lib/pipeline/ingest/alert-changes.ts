import { type AlertState, nextState } from '../../core/alert-state.ts';
import type { Judged, Sent } from './work.ts';

/** What is to be written of an alert, and the id of the event that stands or falls with it. */
export interface AlertChange {
  readonly event: string;
  readonly next: AlertState;
  /** `at` of what was known before. */
  readonly seen: number | undefined;
}

/**
 * What a post changes about the alerts that are known, each once. Only what is safe in the queue counts; a repeat
 * writes what a crash kept from being written.
 */
export function alertChanges(
  judged: readonly Judged[],
  sent: readonly Pick<Sent, 'event'>[],
  atMs: number,
): AlertChange[] {
  const safe = new Set(sent.map(({ event }) => event.id));
  const changes = new Map<string, AlertChange>();
  for (const { named, verdict } of judged) {
    const { alert, known } = named.alert ?? {};
    if (!alert || (verdict.kind === 'fresh' && !safe.has(verdict.id))) continue;
    const before = changes.get(alert.fingerprint)?.next ?? known;
    const next = nextState(before, alert, atMs, verdict.kind === 'fresh');
    if (next) changes.set(alert.fingerprint, { event: verdict.id, next, seen: known?.at });
  }
  return [...changes.values()];
}
