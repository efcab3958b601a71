import {
  BREAKER_RULE,
  type Breaker,
  type BreakerRule,
  PROBE_MS,
  WINDOW_MS,
  nextOpenMs,
  shouldOpen,
} from '../core/breaker.ts';
import { keys } from '../core/keys.ts';
import type { ScopeId } from '../core/scope.ts';
import { optional } from './attributes.ts';
import type { Change } from './change.ts';
import type { ScopeItems } from './scope-items.ts';
import { keyText } from './table.ts';

const TRIES = 3;
const MAX_TALLIES = 5_000;

/** The breakers of destinations, each in its destination's own scope item. */
export function createBreakers(items: ScopeItems, { now }: { readonly now: () => number }) {
  const tallies = createTallies(now);

  /** Writes a breaker in place of the one that was seen; its time tells it from every other. */
  async function replace(scope: ScopeId, seen: Breaker, next: Breaker): Promise<boolean> {
    const { applied, state } = await items.change(scope, {
      set: 'breaker = :next',
      where: 'breaker.untilMs = :seen',
      values: { ':next': next, ':seen': seen.untilMs },
    });
    if (applied) items.remember(scope, { ...state, breaker: next });
    return applied;
  }

  async function open(scope: ScopeId, openMs: number): Promise<boolean> {
    const breaker: Breaker = { state: 'open', untilMs: now() + openMs, openMs };
    const { applied, state } = await items.change(scope, {
      set: 'breaker = :breaker',
      where: 'attribute_not_exists(breaker)',
      values: { ':breaker': breaker },
    });
    if (applied) items.remember(scope, { ...state, breaker });
    return applied;
  }

  async function heal(scope: ScopeId, seen: Breaker): Promise<void> {
    const { applied, state } = await items.change(scope, {
      remove: 'breaker, successes, failures, windowAt',
      where: 'breaker.untilMs = :seen',
      values: { ':seen': seen.untilMs },
    });
    const { tat, line, learned, consent } = state;
    if (applied) items.remember(scope, optional({ tat, line, learned, consent }));
  }

  return {
    /** Tries to become the one probe of an open breaker whose time is up. */
    probe: (scope: ScopeId, seen: Breaker, probeOwner: string): Promise<boolean> =>
      replace(scope, seen, {
        state: 'probing',
        untilMs: now() + PROBE_MS,
        // A probe out of its turn makes nobody wait for longer, should it fail.
        openMs: now() < seen.untilMs ? seen.openMs / 2 : seen.openMs,
        probeOwner,
      }),

    /** Ends our probe: heals the destination, or shuts it for twice as long. */
    async endProbe(scope: ScopeId, probeOwner: string, healed: boolean): Promise<void> {
      const { breaker } = items.recall(scope);
      if (breaker?.probeOwner !== probeOwner) return;
      const openMs = nextOpenMs(breaker.openMs);
      if (healed) await heal(scope, breaker);
      else await replace(scope, breaker, { state: 'open', untilMs: now() + openMs, openMs });
    },

    /**
     * Counts the sends of a batch, and opens the breaker when failures prevail; says whether it did. Successes
     * are written along with the next failure, so that a healthy destination costs no write.
     */
    async report(
      scope: ScopeId,
      ok: number,
      fail: number,
      rule: BreakerRule = BREAKER_RULE,
    ): Promise<boolean> {
      if (fail === 0) {
        tallies.add(scope, ok);
        return false;
      }
      const sum = ok + tallies.take(scope);
      for (let attempt = 0; attempt < TRIES; attempt++) {
        const fresh = now() - (items.recall(scope).windowAt ?? -Infinity) < WINDOW_MS;
        const { applied, state } = await items.change(scope, counting(fresh, sum, fail, now()));
        if (!applied) continue;
        const counts = fresh
          ? {
              successes: (state.successes ?? 0) + sum,
              failures: (state.failures ?? 0) + fail,
              windowAt: state.windowAt ?? now(),
            }
          : { successes: sum, failures: fail, windowAt: now() };
        items.remember(scope, { ...state, ...counts });
        return !state.breaker && shouldOpen(counts, rule) && (await open(scope, rule.openMs));
      }
      return false;
    },
  };
}

/** Adds to the running window, or begins a new one. */
function counting(fresh: boolean, ok: number, fail: number, nowMs: number): Change {
  const values = { ':ok': ok, ':fail': fail, ':since': nowMs - WINDOW_MS };
  return fresh
    ? { set: 'successes = successes + :ok, failures = failures + :fail', where: 'windowAt > :since', values }
    : {
        set: 'successes = :ok, failures = :fail, windowAt = :now',
        where: 'attribute_not_exists(windowAt) OR windowAt <= :since',
        values: { ...values, ':now': nowMs },
      };
}

/** Successes per scope that are not written yet, those of the last minute. */
function createTallies(now: () => number) {
  const tallies = new Map<string, { readonly ok: number; readonly since: number }>();
  function take(scope: ScopeId): number {
    const tally = tallies.get(textOf(scope));
    tallies.delete(textOf(scope));
    return tally && now() - tally.since < WINDOW_MS ? tally.ok : 0;
  }

  return {
    take,
    add(scope: ScopeId, ok: number): void {
      const since = tallies.get(textOf(scope))?.since ?? now();
      const before = take(scope);
      if (tallies.size >= MAX_TALLIES) tallies.clear();
      tallies.set(textOf(scope), { ok: before + ok, since: before === 0 ? now() : since });
    },
  };
}

function textOf({ tenant, id }: ScopeId): string {
  return keyText(keys.scope(tenant, id));
}
