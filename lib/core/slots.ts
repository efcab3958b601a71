import type { Rate } from './catalog.ts';
import type { Lane } from './event.ts';

/**
 * Rate limits as *slot booking*: a scope holds one number, `tat`, the time of its next free slot. Booking n
 * slots moves it n periods on in one conditional write; whoever books paces its sends in the slots it got.
 * What it measures up to is in docs/how-it-works.md, "Limits".
 */

/** How late a send may start after its slot. */
export const LATENESS_MS = 10;
/** How far two workers' clocks may lie apart. */
const SPREAD_MS = 5;
/** Slots bind, and lie at most this far ahead: so long an urgent delivery may wait for one. */
export const HORIZON_MS = 1_100;
/** The others leave the end of the horizon free, two slots if they are short. */
const URGENT_ROOM_MS = 50;
/** Where slots lie far apart an urgent one waits for the next, within what an invocation can spare. */
const URGENT_HORIZON_MS = 5_000;
/**
 * A shared scope waits no longer than this for a slower member: what is booked behind a gap keeps everybody else
 * out of it.
 */
const MAX_GAP_MS = 100;
/** Above the bare need (lateness and spread) the period keeps a thousandth in hand. */
const MARGIN = 0.001;
/** A first slot lies this far ahead, because claims are written between booking and sending. */
export const CLAIM_LEAD_MS = 60;
/** The same for a slot that is booked anew right before its send: the booking itself takes its time. */
export const REBOOK_LEAD_MS = 20;

/** Time between two slots, `T = W(1+x)/L`, with x = 0.016 for a window of one second; 0 without a limit. */
export function periodOf({ limit, perMs }: Rate): number {
  return limit > 0 ? (perMs * (1 + MARGIN) + LATENESS_MS + SPREAD_MS) / limit : 0;
}

/**
 * How far ahead a lane may book in scopes of which the slowest has this period. Whatever the others have booked, an
 * urgent delivery finds a slot: the others stop early where slots are short, and it may wait for the next where they
 * are long. They could not stop much earlier: who comes back does so at a whole second, and would not find its slot.
 */
export function horizonOf(lane: Lane, slowestPeriodMs: number): number {
  const normal = HORIZON_MS - Math.min(2 * slowestPeriodMs, URGENT_ROOM_MS);
  if (lane === 'normal') return normal;
  return Math.max(HORIZON_MS, Math.min(normal + slowestPeriodMs, URGENT_HORIZON_MS));
}

/** How long a lane may keep a shared scope waiting. */
export function gapOf(lane: Lane): number {
  return lane === 'normal' ? MAX_GAP_MS : HORIZON_MS;
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

/** Plans the booking of up to `want` slots, none before `fromMs` and none after `endMs`. */
export function planBooking(
  tat: number | undefined,
  periodMs: number,
  want: number,
  fromMs: number,
  endMs: number,
): Booking {
  const busy = tat !== undefined && tat >= fromMs;
  const start = busy ? tat : fromMs;
  if (start > endMs || want <= 0) return { branch: 'full', tat: start };
  const count = periodMs === 0 ? want : Math.min(want, Math.floor((endMs - start) / periodMs) + 1);
  if (!busy) return { branch: 'idle', from: fromMs, count };
  return { branch: 'busy', from: fromMs, maxTat: endMs - (count - 1) * periodMs, count };
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
 * Appointments of what got no slot, as delays in seconds: item j is due at `line + j*T`. Items that fall due in the
 * same second share a message, because `DelaySeconds` is whole; one time for all would waste most of a slow limit.
 *
 * An early one still finds its slot within the horizon, where a late one would leave it empty. But below a shared
 * scope, which does not wait for its members, early is too early.
 */
export function appointments(
  line: number,
  periodMs: number,
  count: number,
  nowMs: number,
  rounded: 'early' | 'late',
): number[] {
  return Array.from({ length: count }, (_, j) => wholeSeconds(line + j * periodMs - nowMs, rounded));
}

/** The delay of something that is due in so long: at least a second, because now there was no slot. */
export function wholeSeconds(ms: number, rounded: 'early' | 'late'): number {
  return Math.max(1, (rounded === 'early' ? Math.floor : Math.ceil)(ms / 1_000));
}

/** The longest delay SQS offers; what is due later comes back then, and goes on waiting. */
export const MAX_DELAY_SECONDS = 900;
