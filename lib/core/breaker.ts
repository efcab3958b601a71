import type { Lane } from './event.ts';
import type { Outcome } from './outcome.ts';

/**
 * The breaker of one destination: it opens when the destination, not the message, is broken, and lets one
 * probe at a time through until it heals. It lives in the destination's own scope item; a shared scope never
 * stops for one dead chat.
 */
export interface Breaker {
  readonly state: 'open' | 'probing';
  /** Open: no send before this. Probing: the probe's owner is given up at this. */
  readonly untilMs: number;
  /** Batch that probes. */
  readonly probeOwner?: string;
  /** How long it stayed shut last time; doubles with every failed probe. */
  readonly openMs: number;
}

/**
 * Sends since `windowAt`. A healthy destination costs no write: successes are written along with the next failure.
 */
export interface Counts {
  readonly successes: number;
  readonly failures: number;
  readonly windowAt: number;
}

/** When a breaker opens, and for how long the first time. */
export interface BreakerRule {
  /** Sends within a minute before failures count as more than chance. */
  readonly sends: number;
  /** Share of failures among them, 0 to 1. */
  readonly failShare: number;
  readonly openMs: number;
}

export const WINDOW_MS = 60_000;
export const FIRST_OPEN_MS = 30_000;
export const BREAKER_RULE: BreakerRule = { sends: 20, failShare: 0.8, openMs: FIRST_OPEN_MS };
export const MAX_OPEN_MS = 600_000;
/** A probe that said nothing for this long (its worker died) makes room for the next. */
export const PROBE_MS = 35_000;
const PROBE_LOOK_MS = 2_000;

/** Whether this outcome speaks against the destination. Refusals for rate or content do not. */
export function countsAgainst(outcome: Outcome): boolean {
  if (outcome.kind !== 'retry' && outcome.kind !== 'maybe') return false;
  return ['serverError', 'timeout', 'network', 'dns', 'tls'].includes(outcome.reason);
}

export function shouldOpen(
  { successes, failures }: Pick<Counts, 'successes' | 'failures'>,
  rule: Pick<BreakerRule, 'sends' | 'failShare'> = BREAKER_RULE,
): boolean {
  const sends = successes + failures;
  return sends >= rule.sends && failures / sends >= rule.failShare;
}

/**
 * When the next probe may be sent. What is urgent does not wait for ten minutes to hear that an outage is over: it may
 * probe as soon after the last probe as the first one came.
 */
export function probeFromMs({ state, untilMs, openMs }: Breaker, lane: Lane = 'normal'): number {
  if (state === 'probing' || lane === 'normal') return untilMs;
  return untilMs - openMs + Math.min(openMs, FIRST_OPEN_MS);
}

/** Whether a worker may try to become the probe. */
export function mayProbe(breaker: Breaker, nowMs: number, lane?: Lane): boolean {
  return probeFromMs(breaker, lane) <= nowMs;
}

/** When to look again: a probe tells soon whether the destination has healed. */
export function lookAgainMs(breaker: Breaker, nowMs: number, lane?: Lane): number {
  const fromMs = probeFromMs(breaker, lane);
  return breaker.state === 'probing' ? Math.min(fromMs, nowMs + PROBE_LOOK_MS) : fromMs;
}

export function nextOpenMs(openMs: number): number {
  return Math.min(openMs * 2, MAX_OPEN_MS);
}
