import type { DeadReason, DiscardReason } from './delivery.ts';
import type { Outcome, Reason } from './outcome.ts';
import { rateWaitMs } from './rate-wait.ts';

/** What is to become of a delivery after an attempt, or instead of one. */
export type Verdict =
  | { readonly kind: 'delivered'; readonly providerId?: string | undefined }
  /** Attempt n is over; attempt n+1 is due at `atMs`. */
  | { readonly kind: 'retry'; readonly atMs: number; readonly reason: Reason; readonly ambiguous: boolean }
  /** Refused for rate, or no slot after the claim: attempt n comes again, none is used up. */
  | { readonly kind: 'again'; readonly atMs: number; readonly reason: Reason | 'noSlot' | 'deadline' }
  | {
      readonly kind: 'dead';
      readonly reason: DeadReason;
      readonly cause?: Reason;
      readonly ambiguous: boolean;
    }
  | { readonly kind: 'discarded'; readonly reason: DiscardReason };

export interface RetryPolicy {
  /** Waits before attempt 2, 3, ... */
  readonly retryMs: readonly number[];
}

/** Age at which a delivery is given up, whatever hints came: 75 h 35 min (ruling O2). */
export const MAX_AGE_MS = 272_100_000;
/** The schedule of webhooks is as long as that: its last attempt is drawn forward by what jitter and work took. */
const LAST_CALL_MS = 15 * 60_000;

/** Refusals that rarely heal: the receiver is asked this often, then the delivery is dead (ruling O10). */
const SHORT_SCHEDULE_ATTEMPTS = 3;
const SHORT_SCHEDULE: ReadonlySet<Reason> = new Set(['authError', 'clientError', 'blocked']);

/**
 * Turns an outcome into a verdict. `random` in [0, 1) spreads retries by +-20 %, so that what failed
 * together does not come back together.
 */
export function decide(
  outcome: Outcome,
  attempt: { readonly n: number; readonly since: number },
  policy: RetryPolicy,
  nowMs: number,
  random: number,
): Verdict {
  if (outcome.kind === 'delivered') return { kind: 'delivered', providerId: outcome.providerId };
  if (outcome.kind === 'gone') return { kind: 'discarded', reason: 'gone' };
  const { reason } = outcome;
  if (outcome.kind === 'reject') return { kind: 'dead', reason: 'rejected', cause: reason, ambiguous: false };

  const ambiguous = outcome.kind === 'maybe';
  if (reason === 'rateLimited') {
    const atMs = nowMs + rateWaitMs(outcome.afterMs, nowMs - attempt.since);
    return tooOld(attempt.since, atMs, ambiguous) ?? { kind: 'again', atMs, reason };
  }
  const waitMs = policy.retryMs[attempt.n - 1];
  const isLast = SHORT_SCHEDULE.has(reason) && attempt.n >= SHORT_SCHEDULE_ATTEMPTS;
  if (waitMs === undefined || isLast) return { kind: 'dead', reason: 'exhausted', cause: reason, ambiguous };
  const hintedMs = nowMs + (outcome.afterMs ?? 0);
  const lastCallMs = Math.max(nowMs, attempt.since + MAX_AGE_MS - LAST_CALL_MS);
  const atMs = Math.max(hintedMs, Math.min(nowMs + jittered(waitMs, random), lastCallMs));
  return tooOld(attempt.since, atMs, ambiguous) ?? { kind: 'retry', atMs, reason, ambiguous };
}

/** A delivery that would next be tried beyond its age cap is given up now. */
function tooOld(since: number, atMs: number, ambiguous: boolean): Verdict | undefined {
  return atMs - since > MAX_AGE_MS ? { kind: 'dead', reason: 'expiredInRetry', ambiguous } : undefined;
}

function jittered(waitMs: number, random: number): number {
  return Math.round(waitMs * (0.8 + 0.4 * random));
}
