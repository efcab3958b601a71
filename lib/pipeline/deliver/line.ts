import type { ScopeRef } from '../../core/scope.ts';
import { horizonOf } from '../../core/slots.ts';
import { type LimitedScope, type RateDeps, commonOf, ownOf, slowestFirst } from './limited.ts';
import type { Work } from './work.ts';

/** It cannot be sent now: it comes back. `scope` is the one whose line to stand in; without it only `untilMs` counts. */
export interface Later<W extends Work = Work> {
  readonly works: readonly W[];
  readonly untilMs: number;
  readonly scope?: Line | undefined;
}

/** A scope with a line of appointments. */
export interface Line extends ScopeRef {
  readonly rounded: 'early' | 'late';
}

/**
 * They stand in the line of the scope that holds them up: a shared one if it is booked out, else the slowest of
 * their own, so that one destination's backlog makes no line where others stand.
 */
export function inLine<W extends Work>(
  works: readonly W[],
  scopes: readonly LimitedScope[],
  untilMs: number,
  { limits, now }: RateDeps,
): Later<W> {
  const isFull = (scope: LimitedScope): boolean => {
    const { tat = 0, line = 0 } = limits.recall(scope);
    return Math.max(tat, line) > now() + horizonOf('normal', scope.periodMs);
  };
  const common = slowestFirst(commonOf(scopes));
  const own = slowestFirst(ownOf(scopes));
  const full = common.find(isFull);
  const scope = full ?? own[0] ?? common[0]!;
  return { works, untilMs, scope: { ...scope, rounded: scope === own[0] ? 'late' : 'early' } };
}
