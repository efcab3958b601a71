import type { Rate } from './catalog.ts';

/**
 * Rate limits as *slot booking*: a scope holds one number, `tat`, the time of its next free slot. Booking n
 * slots moves it n periods on in one conditional write; whoever books paces its sends in the slots it got.
 * The rules and their measurements are in the protocol, section 6.
 */

/** How late a send may start after its slot. */
export const LATENESS_MS = 10;
/** How far two workers' clocks may lie apart. */
const SPREAD_MS = 5;
/** Slots bind, and lie at most this far ahead; a function never waits longer. */
export const HORIZON_MS = 1_100;
/** A scope above others waits for theirs: it allows this much more lateness. */
export const SHARED_TOLERANCE_MS = 100;
/** Above the bare need (lateness + spread) the period keeps half a percent in hand, where scopes pace each other. */
const MARGIN = 0.005;
/** A first slot lies this far ahead, because claims are written between booking and sending. */
export const CLAIM_LEAD_MS = 60;
/** The same for a slot that is booked anew right before its send: the booking itself takes its time. */
export const REBOOK_LEAD_MS = 20;

export interface Spacing {
  /** Time between two slots; 0 for an unlimited scope. */
  readonly periodMs: number;
  /** How far a send may lie behind its slot because another scope sets the pace. */
  readonly toleranceMs: number;
}

/** `T = W(1+x)/L`, with x = 0.02 for a window of one second; a shared scope adds its tolerance to the window. */
export function spacingOf(scope: Rate & { readonly shared: boolean }): Spacing {
  if (scope.limit <= 0) return { periodMs: 0, toleranceMs: Infinity };
  const window = scope.perMs * (1 + MARGIN) + LATENESS_MS + SPREAD_MS;
  return scope.shared
    ? { periodMs: (window + SHARED_TOLERANCE_MS) / scope.limit, toleranceMs: SHARED_TOLERANCE_MS }
    : { periodMs: window / scope.limit, toleranceMs: scope.perMs * MARGIN };
}

/**
 * Rounds a time up to a 16th of a millisecond. On this grid the sums of JavaScript (binary) and DynamoDB
 * (decimal) agree to the last digit, which the condition `tat = :mine` relies on.
 */
export function onGrid(ms: number): number {
  return Math.ceil(ms * 16) / 16;
}

/** Slots in a row: `first`, `first + periodMs`, ... */
export interface Slots {
  readonly first: number;
  readonly periodMs: number;
  readonly count: number;
}

/** The conditional write that books slots. */
export type Booking =
  /** `SET tat = from + n*T` if `tat` is absent or below `from`. */
  | { readonly branch: 'idle'; readonly from: number; readonly count: number }
  /** `SET tat = tat + n*T` if `from <= tat <= maxTat`. */
  | { readonly branch: 'busy'; readonly from: number; readonly maxTat: number; readonly count: number }
  | { readonly branch: 'full'; readonly tat: number };

/** Plans the booking of up to `want` slots, none before `fromMs` and none beyond the horizon. */
export function planBooking(
  tat: number | undefined,
  periodMs: number,
  want: number,
  fromMs: number,
  nowMs: number,
): Booking {
  const busy = tat !== undefined && tat >= fromMs;
  const start = busy ? tat : fromMs;
  const end = nowMs + HORIZON_MS;
  if (start > end || want <= 0) return { branch: 'full', tat: start };
  const count = periodMs === 0 ? want : Math.min(want, Math.floor((end - start) / periodMs) + 1);
  if (!busy) return { branch: 'idle', from: fromMs, count };
  return { branch: 'busy', from: fromMs, maxTat: end - (count - 1) * periodMs, count };
}

/** How far a scope that books whole posts may lie behind the clock before it counts as idle. */
const IDLE_MS = 100;

/**
 * Plans the booking of all of `want` slots or of none. An idle scope takes any number: its debt delays whoever
 * comes next, so that nothing is too large for ever. A scope stays busy a little into the past, because slots
 * here are counted and not waited for, and workers that restart an idle scope can only do so one at a time.
 */
export function planWhole(tat: number | undefined, periodMs: number, want: number, nowMs: number): Booking {
  const from = nowMs - IDLE_MS;
  const maxTat = nowMs + HORIZON_MS - (want - 1) * periodMs;
  if (tat !== undefined && tat >= from && tat <= maxTat) return { branch: 'busy', from, maxTat, count: want };
  if (tat === undefined || tat < nowMs) return { branch: 'idle', from: nowMs, count: want };
  return { branch: 'full', tat };
}

/**
 * How many sends two scopes can share at once when they run at different paces: beyond it the slower one
 * would leave the faster one's slots behind by more than the tolerance.
 */
export function sharedCount(count: number, periodsMs: readonly number[], toleranceMs: number): number {
  const slack = Math.max(...periodsMs) - Math.min(...periodsMs);
  return slack <= 0 ? count : Math.min(count, Math.floor(1 + toleranceMs / slack));
}

/**
 * Appointments of what got no slot, as delays in seconds: item j is due at `line + j*T`. Items that fall due
 * in the same second share a message, because `DelaySeconds` is whole; one time for all would waste most of a
 * slow limit.
 */
export function appointments(line: number, periodMs: number, count: number, nowMs: number): number[] {
  return Array.from({ length: count }, (_, j) =>
    Math.max(0, Math.ceil((line + j * periodMs - nowMs) / 1000)),
  );
}

/** The longest delay SQS offers; what is due later comes back then, and goes on waiting. */
export const MAX_DELAY_SECONDS = 900;
