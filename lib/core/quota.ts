import { HORIZON_MS } from './slots.ts';

/** What a sender is told whose quota is used up: `RateLimit-*` and `Retry-After`, in seconds. */
export type QuotaHeaders = Readonly<
  Record<'ratelimit-limit' | 'ratelimit-remaining' | 'ratelimit-reset' | 'retry-after', string>
>;

/** Time between two events of a quota. Nothing is late here, so it needs none of the margins that sends have. */
export function quotaPeriodMs(eventsPerSecond: number): number {
  return 1_000 / eventsPerSecond;
}

/**
 * Headers of the refusal of a post of `count` events, when the next slot is free at `tat`. It comes again when
 * all of it fits below the horizon, or, should it be too large for that, when nothing is booked any more.
 */
export function quotaHeaders(
  eventsPerSecond: number,
  count: number,
  tat: number,
  nowMs: number,
): QuotaHeaders {
  const periodMs = quotaPeriodMs(eventsPerSecond);
  const aheadMs = tat - nowMs;
  const fitsInMs = aheadMs + (count - 1) * periodMs - HORIZON_MS;
  const remaining = Math.floor((HORIZON_MS - aheadMs) / periodMs) + 1;
  return {
    'retry-after': seconds(Math.min(fitsInMs, aheadMs)),
    'ratelimit-limit': String(eventsPerSecond),
    'ratelimit-remaining': String(Math.min(Math.max(0, remaining), eventsPerSecond)),
    'ratelimit-reset': seconds(aheadMs),
  };
}

/** Whole seconds after `ms`, at least one. */
function seconds(ms: number): string {
  return String(Math.max(0, Math.floor(ms / 1_000)) + 1);
}
