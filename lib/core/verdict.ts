import type { DeadReason, DiscardReason } from './delivery.ts';
import { type Doubt, RESEND } from './doubt.ts';
import type { Outcome, Reason } from './outcome.ts';
import { rateWaitMs } from './rate-wait.ts';

/** What is to become of a delivery after an attempt, or instead of one. */
export type Verdict =
  | {
      readonly kind: 'delivered';
      readonly providerId?: string | undefined;
      /** How many its message told of, where that were several. */
      readonly among?: number | undefined;
    }
  /** Attempt n is over; attempt n+1 is due at `atMs`. */
  | {
      readonly kind: 'retry';
      readonly atMs: number;
      readonly reason: Reason;
      readonly ambiguous: boolean;
      readonly keyUntilMs?: number | undefined;
    }
  /**
   * Refused for rate, no slot after the claim, not its turn among those of its incident, or the message that it was to
   * change is gone: attempt n comes again, none is used up.
   */
  | {
      readonly kind: 'again';
      readonly atMs: number;
      /** In a message of its own: nobody knows which of several was refused. */
      readonly alone?: true;
      readonly reason: Reason | 'noSlot' | 'deadline' | 'noTurn' | 'messageLost';
      readonly keyUntilMs?: number | undefined;
    }
  | {
      readonly kind: 'dead';
      readonly reason: DeadReason;
      /** Why the last attempt failed; absent when it did not come to one. */
      readonly cause?: Reason;
      readonly ambiguous: boolean;
    }
  /** It may have been accepted, and is not sent again: people find out by `untilMs`, or it is dead. */
  | { readonly kind: 'held'; readonly untilMs: number; readonly reason: Reason }
  /** Its destination is paused: attempt n comes when that is over. */
  | { readonly kind: 'parked' }
  | { readonly kind: 'discarded'; readonly reason: DiscardReason };

export interface RetryPolicy {
  /** Waits before attempt 2, 3, ... */
  readonly retryMs: readonly number[];
  /** Absent: what may have been accepted is sent again. */
  readonly doubt?: Doubt;
}

/** The attempt a verdict is about. */
interface Tried {
  readonly n: number;
  readonly since: number;
  /** Nobody wants it later than this. */
  readonly expiresAtMs?: number | undefined;
  /** Its provider knows the key of an attempt in doubt until then. */
  readonly keyUntilMs?: number | undefined;
}

/** Age at which a delivery is given up, whatever hints came: 75 h 35 min, the schedule of webhooks. */
export const MAX_AGE_MS = 272_100_000;
/** The schedule of webhooks is as long as that: its last attempt is drawn forward by what jitter and work took. */
const LAST_CALL_MS = 15 * 60_000;

/** Refusals that rarely heal: the receiver is asked this often, then the delivery is dead. */
const SHORT_SCHEDULE_ATTEMPTS = 3;
const SHORT_SCHEDULE: ReadonlySet<Reason> = new Set(['authError', 'clientError', 'blocked']);

/**
 * Turns an outcome into a verdict. `random` in [0, 1) spreads retries by +-20 %, so that what failed
 * together does not come back together.
 */
export function decide(
  outcome: Outcome,
  attempt: Tried,
  policy: RetryPolicy,
  nowMs: number,
  random: number,
): Verdict {
  if (outcome.kind === 'delivered') return { kind: 'delivered', providerId: outcome.providerId };
  if (outcome.kind === 'gone') return { kind: 'discarded', reason: 'gone' };
  const { reason } = outcome;
  if (outcome.kind === 'reject') return { kind: 'dead', reason: 'rejected', cause: reason, ambiguous: false };

  const ambiguous = outcome.kind === 'maybe';
  const { doubt = RESEND } = policy;
  const unsent = ambiguous ? inDoubt(doubt, attempt, reason, nowMs) : undefined;
  if (unsent) return unsent;
  const key = ambiguous ? keyOf(doubt, attempt) : {};
  if (reason === 'rateLimited') {
    const atMs = nowMs + rateWaitMs(outcome.afterMs, nowMs - attempt.since);
    return tooLate(attempt, atMs, reason, ambiguous) ?? { kind: 'again', atMs, reason, ...key };
  }
  const waitMs = policy.retryMs[attempt.n - 1];
  const isLast = SHORT_SCHEDULE.has(reason) && attempt.n >= SHORT_SCHEDULE_ATTEMPTS;
  if (waitMs === undefined || isLast) return { kind: 'dead', reason: 'exhausted', cause: reason, ambiguous };
  const hintedMs = nowMs + (outcome.afterMs ?? 0);
  const lastCallMs = Math.max(nowMs, attempt.since + MAX_AGE_MS - LAST_CALL_MS);
  const atMs = Math.max(hintedMs, Math.min(nowMs + jittered(waitMs, random), lastCallMs));
  return tooLate(attempt, atMs, reason, ambiguous) ?? { kind: 'retry', atMs, reason, ambiguous, ...key };
}

/**
 * Until when a repeat of an attempt in doubt does no harm, where that ends. The first attempt fixes it: unlike the age
 * of a delivery, the memory of its provider does not stand still during a pause.
 */
export function keyOf(doubt: Doubt, { since, keyUntilMs }: Keyed): { readonly keyUntilMs?: number } {
  if (doubt.kind !== 'resend' || doubt.withinMs === undefined) return {};
  return { keyUntilMs: keyUntilMs ?? since + doubt.withinMs };
}

type Keyed = Pick<Tried, 'since' | 'keyUntilMs'>;

/** What becomes of an attempt that may have been accepted; `undefined`: it goes on like any failure. */
export function inDoubt(doubt: Doubt, attempt: Keyed, reason: Reason, nowMs: number): Verdict | undefined {
  if (doubt.kind === 'hold') {
    // Held or not, a delivery ends within its age cap.
    return {
      kind: 'held',
      untilMs: Math.max(nowMs, Math.min(nowMs + doubt.forMs, attempt.since + MAX_AGE_MS)),
      reason,
    };
  }
  // Without a policy that resends no age counts: of two clocks the other may be ahead.
  const mayGoOn = doubt.kind === 'resend' && nowMs < (keyOf(doubt, attempt).keyUntilMs ?? Infinity);
  return mayGoOn ? undefined : { kind: 'dead', reason: 'ambiguous', cause: reason, ambiguous: true };
}

/** A delivery that would next be tried beyond its age cap, or when nobody wants it any more, is given up now. */
function tooLate(
  { since, expiresAtMs = Infinity }: Tried,
  atMs: number,
  cause: Reason,
  ambiguous: boolean,
): Verdict | undefined {
  const endMs = Math.min(since + MAX_AGE_MS, expiresAtMs);
  return atMs > endMs ? { kind: 'dead', reason: 'expiredInRetry', cause, ambiguous } : undefined;
}

/** What ends a delivery that may have arrived and whose turn comes when its provider has forgotten it. */
export function forgotten(attempt: Keyed, doubt: Doubt, nowMs: number): Verdict | undefined {
  if (attempt.keyUntilMs === undefined || nowMs < (keyOf(doubt, attempt).keyUntilMs ?? Infinity))
    return undefined;
  return { kind: 'dead', reason: 'ambiguous', ambiguous: true };
}

/** What ends a delivery whose turn comes too late. One that was never tried has simply expired. */
export function overdue({ n, since, expiresAtMs = Infinity }: Tried, nowMs: number): Verdict | undefined {
  if (nowMs - since > MAX_AGE_MS) return { kind: 'dead', reason: 'expiredInRetry', ambiguous: false };
  if (nowMs <= expiresAtMs) return undefined;
  return n === 1
    ? { kind: 'discarded', reason: 'expired' }
    : { kind: 'dead', reason: 'expiredInRetry', ambiguous: false };
}

function jittered(waitMs: number, random: number): number {
  return Math.round(waitMs * (0.8 + 0.4 * random));
}
