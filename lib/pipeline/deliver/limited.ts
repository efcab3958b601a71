import { ownScopeId } from '../../channel.ts';
import { rateNow } from '../../core/learned.ts';
import type { ScopeId, ScopeRef, ScopeState } from '../../core/scope.ts';
import { periodOf } from '../../core/slots.ts';
import type { Prepared, Work } from './work.ts';

/** A scope that has a rate. */
export interface LimitedScope extends ScopeRef {
  readonly shared: boolean;
}

/** The destination's own scope. */
export function ownScope({ ref: { tenant, destination } }: Pick<Work, 'ref'>): ScopeId {
  return { tenant, id: ownScopeId(destination) };
}

export interface RateDeps {
  readonly limits: { readonly recall: (scope: ScopeId) => ScopeState };
  readonly now: () => number;
}

/** The scopes of a delivery that have a rate, declared or learned. */
export function limitedScopes(
  { ref: { tenant }, target }: Prepared,
  { limits, now }: RateDeps,
): LimitedScope[] {
  const scopes = (target?.scopes ?? []).map((scope): LimitedScope => {
    const { id, shared } = scope;
    const { learned } = limits.recall({ tenant, id });
    return { tenant, id, shared, periodMs: periodOf(rateNow(scope, learned, now())) };
  });
  return scopes.filter(({ periodMs }) => periodMs > 0);
}

/** What destinations below the same shared scopes have in common; a destination without one is on its own. */
export function commonOf(scopes: readonly LimitedScope[]): readonly LimitedScope[] {
  const shared = scopes.filter((scope) => scope.shared);
  return shared.length > 0 ? shared : scopes;
}

/** What limits a destination beside that. */
export function ownOf(scopes: readonly LimitedScope[]): readonly LimitedScope[] {
  const common = commonOf(scopes);
  return scopes.filter((scope) => !common.includes(scope));
}

export function slowestFirst<S extends ScopeRef>(scopes: readonly S[]): S[] {
  return scopes.toSorted((a, b) => b.periodMs - a.periodMs);
}
