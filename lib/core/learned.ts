import type { Rate } from './catalog.ts';

/** What a scope's replies have taught, for every worker. It lies in the scope's item. */
export interface Learned {
  /** The rate that the provider states. */
  readonly rate?: Rate;
  /** Share of the rate that was left after the last refusal, 0 to 1. */
  readonly share: number;
  /** When that was. */
  readonly atMs: number;
}

/** What one reply says about rates. */
export interface RateHint {
  /** Name of the scope that a refusal speaks of; the destination's own when absent. */
  readonly scope?: string;
  /** Stated rate of the destination's own scope. */
  readonly rate?: Rate;
}

/** A refusal that follows another takes this much of the rate away, down to the floor. */
const CUT = 0.7;
const FLOOR = 0.1;
/** Refusals of the same moment count as one. */
const SAME_MS = 1_000;
/** The whole rate comes back in so long, a little at a time; a refusal after that is a first one. */
const RECOVERY_MS = 600_000;
/** Stands in for the rate of a scope without one while it recovers. */
const ASSUMED: Rate = { limit: 20, perMs: 1_000 };

/** Multiplicative decrease: the first refusal only stops everybody for a while, those that follow slow them down. */
export function afterRefusal(learned: Learned | undefined, nowMs: number): Learned {
  const rate = learned?.rate && { rate: learned.rate };
  if (learned === undefined || nowMs - learned.atMs >= RECOVERY_MS) return { ...rate, share: 1, atMs: nowMs };
  if (nowMs - learned.atMs < SAME_MS) return learned;
  return { ...rate, share: Math.max(FLOOR, shareAt(learned, nowMs) * CUT), atMs: nowMs };
}

/** Additive recovery, by the clock alone: it costs no write. */
export function shareAt({ share, atMs }: Learned, nowMs: number): number {
  return Math.min(1, share + Math.max(0, nowMs - atMs) / RECOVERY_MS);
}

/**
 * The rate to keep to. What a provider states replaces a default, but never exceeds a rate that somebody has set
 * (`fixed`). `limit` 0 means none.
 */
export function rateNow(
  { limit, perMs, fixed }: Rate & { readonly fixed: boolean },
  learned: Learned | undefined,
  nowMs: number,
): Rate {
  if (learned === undefined) return { limit, perMs };
  const stated = learned.rate;
  const base = stated && (!fixed || isSlower(stated, { limit, perMs })) ? stated : { limit, perMs };
  const share = shareAt(learned, nowMs);
  if (share >= 1) return base;
  const { limit: whole, perMs: window } = base.limit > 0 ? base : ASSUMED;
  return { limit: whole * share, perMs: window };
}

function isSlower(a: Rate, b: Rate): boolean {
  return b.limit === 0 || a.limit * b.perMs < b.limit * a.perMs;
}

export function sameRate(a: Rate | undefined, b: Rate | undefined): boolean {
  return a?.limit === b?.limit && a?.perMs === b?.perMs;
}
