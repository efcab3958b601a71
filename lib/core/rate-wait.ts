const MIN_MS = 1_000;
const MAX_MS = 60_000;
/** One part of its age: who was refused for hours asks less often than who was just now. */
const SHARE_OF_AGE = 0.01;

/**
 * How long a delivery waits that was refused for rate: as long as the provider says, or, where that is nothing or too
 * short to help, longer the older it is. So a provider that refuses for days, with `Retry-After: 0` or none, is asked
 * some 5,000 times in 75 hours, and the hop cap does not take its deliveries for runaways.
 */
export function rateWaitMs(hintMs: number | undefined, ageMs: number): number {
  return Math.max(hintMs ?? 0, Math.min(Math.max(ageMs * SHARE_OF_AGE, MIN_MS), MAX_MS));
}
