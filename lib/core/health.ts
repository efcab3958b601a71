import { WINDOW_MS } from './breaker.ts';
import { shareAt } from './learned.ts';
import type { ScopeState } from './scope.ts';

/**
 * How a destination does, from what its own scope's item says. `degraded`: some sends failed within a minute, or the
 * provider asked to slow down within ten; `unhealthy`: at least half of them failed; `circuitOpen`: nothing is sent
 * but a probe now and then.
 */
export const HEALTH_STATES = ['healthy', 'degraded', 'unhealthy', 'circuitOpen'] as const;
export type HealthState = (typeof HEALTH_STATES)[number];

export interface Health {
  readonly state: HealthState;
  /** Sends since the first failure of the last minute; successes are written along with failures. */
  readonly sends?: { readonly sinceMs: number; readonly failed: number; readonly delivered: number };
  readonly circuit?: { readonly probing: boolean; readonly untilMs: number };
  /** Share of its rate that is used, below 1 after the provider asked to slow down again. */
  readonly paceShare?: number;
  /** The next free slot, when it lies ahead. */
  readonly nextSlotMs?: number;
  /** When those that wait now have had their turn. */
  readonly backlogUntilMs?: number;
}

const UNHEALTHY_SHARE = 0.5;

export function healthOf(state: ScopeState, nowMs: number): Health {
  const { breaker, learned, tat = 0, line = 0 } = state;
  const sends = recentSends(state, nowMs);
  const paceShare = learned ? shareAt(learned, nowMs) : 1;
  const isUnhealthy = sends && sends.failed / (sends.failed + sends.delivered) >= UNHEALTHY_SHARE;
  const isDegraded = sends !== undefined || paceShare < 1;
  return {
    state: breaker ? 'circuitOpen' : isUnhealthy ? 'unhealthy' : isDegraded ? 'degraded' : 'healthy',
    ...(sends && { sends }),
    ...(breaker && { circuit: { probing: breaker.state === 'probing', untilMs: breaker.untilMs } }),
    ...(paceShare < 1 && { paceShare }),
    ...(tat > nowMs && { nextSlotMs: tat }),
    ...(line > nowMs && { backlogUntilMs: line }),
  };
}

/** A healthy destination costs no write, so that a window without a recent failure says nothing. */
function recentSends(
  { windowAt, failures = 0, successes = 0 }: ScopeState,
  nowMs: number,
): Health['sends'] | undefined {
  if (windowAt === undefined || nowMs - windowAt >= WINDOW_MS || failures === 0) return undefined;
  return { sinceMs: windowAt, failed: failures, delivered: successes };
}
