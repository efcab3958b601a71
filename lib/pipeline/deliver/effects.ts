import { ownScopeId } from '../../channel.ts';
import { type BreakerRule, countsAgainst } from '../../core/breaker.ts';
import type { Rate } from '../../core/catalog.ts';
import type { Telemetry } from '../../core/metrics.ts';
import type { ScopeId } from '../../core/scope.ts';
import { forEach } from '../each.ts';
import type { Attempted } from './send.ts';
import { destinationKey } from './work.ts';

/** What outcomes do to a destination and to its scope. */
export interface EffectDeps {
  readonly limits: {
    readonly push: (scope: ScopeId, untilMs: number) => Promise<void>;
    readonly learn: (scope: ScopeId, rate: Rate) => Promise<void>;
    readonly report: (scope: ScopeId, ok: number, fail: number, rule?: BreakerRule) => Promise<boolean>;
    readonly endProbe: (scope: ScopeId, owner: string, healed: boolean) => Promise<void>;
  };
  /** Switches a destination off that its provider calls gone. */
  readonly disable: (tenant: string, destination: string, reason: 'gone') => Promise<void>;
  /** Id of this batch: the owner of a probe. */
  readonly owner: string;
  readonly now: () => number;
  readonly telemetry: Telemetry;
}

/** Tells the destinations' scopes what happened: pushes, breaker counts, ends of probes, switched-off targets. */
export async function applyToScopes(attempts: readonly Attempted[], deps: EffectDeps): Promise<void> {
  const groups = Map.groupBy(attempts, ({ work }) => destinationKey(work)).values();
  await forEach(groups, (group) => applyToScope(group, deps), 'scope could not be changed', deps);
}

async function applyToScope(group: readonly Attempted[], deps: EffectDeps): Promise<void> {
  const { tenant, destination } = group[0]!.work.ref;
  const scope = { tenant, id: ownScopeId(destination) };
  if (group.some(({ outcome }) => outcome?.kind === 'gone')) await deps.disable(tenant, destination, 'gone');
  for (const [id, untilMs] of pushesOf(group)) await deps.limits.push({ tenant, id }, untilMs);
  const stated = group.findLast(({ hint }) => hint?.rate)?.hint?.rate;
  if (stated) await deps.limits.learn(scope, stated);
  // What never left says nothing about the destination.
  const posted = group.filter(({ ms, shared }) => ms !== undefined && !shared);
  if (posted.length === 0) return;
  const fail = posted.filter(({ outcome }) => outcome && countsAgainst(outcome)).length;
  if (posted.some(({ work }) => work.probe)) await deps.limits.endProbe(scope, deps.owner, fail === 0);
  else await deps.limits.report(scope, posted.length - fail, fail, group[0]!.work.target?.breaker);
}

/** Until when nobody sends in the scopes that refused for rate: those that the replies name, else the destination's own. */
function pushesOf(group: readonly Attempted[]): ReadonlyMap<string, number> {
  const pushes = new Map<string, number>();
  for (const { work, verdict, hint } of group) {
    if (verdict.kind !== 'again' || verdict.reason !== 'rateLimited') continue;
    const named = work.target?.scopes.find(({ name }) => name === hint?.scope);
    const id = named?.id ?? ownScopeId(work.ref.destination);
    pushes.set(id, Math.max(pushes.get(id) ?? 0, verdict.atMs));
  }
  return pushes;
}
