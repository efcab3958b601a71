import { type Heartbeat, type Pulse, type Stop, graceOf, waitOf } from './heartbeat.ts';

/** What the timers do about a heartbeat: tell, note how it stands, look again. */
export interface HeartbeatStep {
  /** Told before the note. `again`: that it is still late, to those who were kept from it. */
  readonly tell?: { readonly what: 'stop' | 'again' | 'end' | 'both'; readonly stop: Stop };
  readonly next: Pulse;
  /** Epoch ms. `now`: as soon as the note is written; `never`: nothing will happen any more. */
  readonly look: number | 'now' | 'never';
}

/** While it is late: so soon people hear of it once a silence that kept it from them is over. */
const LATE_LOOK_MS = 5 * 60_000;
/** The timers look every minute: when they come so late, they stood still, and perhaps nobody took beats either. */
const STANDSTILL_MS = 5 * 60_000;
/** After a standstill a beat is awaited for so long at most. */
const MAX_SPARED_MS = 3_600_000;

/**
 * What to do now about a heartbeat that was to be looked at at `dueMs`; without its settings it is no longer wanted.
 * That it is late, or back, is noted before it is told: the note decides a race with a beat.
 */
export function stepOf(
  pulse: Pulse,
  heartbeat: Heartbeat | undefined,
  dueMs: number,
  nowMs: number,
): HeartbeatStep {
  const { state, stop, lastMs, hasBeaten } = pulse;
  const rested = { lastMs, hasBeaten };
  const deadlineMs = heartbeat ? lastMs + waitOf(heartbeat) : -Infinity;
  if (stop && state === 'back') {
    const tell = { what: stop.told ? 'end' : 'both', stop } as const;
    return heartbeat
      ? { tell, next: { ...rested, state: 'ok' }, look: Math.max(deadlineMs, nowMs) }
      : { tell, next: { ...rested, state: 'gone' }, look: 'never' };
  }
  if (stop && state === 'late') {
    const isOver = !heartbeat || nowMs < deadlineMs;
    if (isOver) return note({ ...pulse, state: 'back', stop: { ...stop, endedMs: nowMs } });
    const next = { ...pulse, stop: { ...stop, told: stop.told ?? { atMs: nowMs, repeat: 0 } } };
    return {
      tell: { what: stop.told ? 'again' : 'stop', stop: next.stop },
      next,
      look: nowMs + LATE_LOOK_MS,
    };
  }
  if (!heartbeat) return { next: { ...rested, state: 'gone' }, look: 'never' };
  if (nowMs < deadlineMs) return { next: pulse, look: deadlineMs };
  if (nowMs - dueMs >= STANDSTILL_MS && pulse.sparedMs !== lastMs) {
    const look = nowMs + Math.min(heartbeat.everyMs, MAX_SPARED_MS) + graceOf(heartbeat);
    return { next: { ...pulse, sparedMs: lastMs }, look };
  }
  // Longer settings may have ended a stop without a beat, and shorter ones begin another.
  const sinceMs = deadlineMs > (pulse.endedMs ?? -Infinity) ? deadlineMs : nowMs;
  return note({ ...rested, state: 'late', stop: { sinceMs, lastMs, heartbeat } });
}

function note(next: Pulse): HeartbeatStep {
  return { next, look: 'now' };
}
