import { writeEvent } from '../../core/event-text.ts';
import { isoTime } from '../../core/iso-time.ts';
import { type Records, judgeAlert, judgeEvent } from '../../core/repeat.ts';
import type { Fresh, Judged, Named } from './work.ts';

/** Judges each event by the records, and by what stands before it in the same post. */
export function judge(
  named: readonly Named[],
  records: Records,
  atMs: number,
  repeatMsOf: (identity: string) => number | undefined,
): Judged[] {
  const known = new Map(records);
  return named.map((one) => {
    const { event, hash, alert } = one;
    const verdict = alert
      ? judgeAlert(alert, known, atMs, repeatMsOf(alert.identity))
      : judgeEvent(event.id, hash, known, atMs);
    if (verdict.kind === 'fresh') {
      const seen = { hash, at: atMs, ttl: Infinity, latestId: verdict.id };
      known.set(event.id, seen);
      if (verdict.reminder) known.set(verdict.id, seen);
    }
    return { named: one, verdict };
  });
}

/** The events to be enqueued. A reminder is an event of its own, of now. */
export function freshOf(judged: readonly Judged[], atMs: number): Fresh[] {
  const fresh: Fresh[] = [];
  for (const { named, verdict } of judged) {
    if (verdict.kind !== 'fresh') continue;
    const { event, text, hash, alert, isContested } = named;
    const own = verdict.reminder
      ? writeEvent({ ...event, id: verdict.id, time: isoTime(atMs) })
      : { event, text };
    fresh.push({ ...own, hash, isAlert: alert !== undefined, isContested, verdict });
  }
  return fresh;
}
