import { keys } from '../core/keys.ts';
import type { ScopeId, ScopeState } from '../core/scope.ts';
import { scopeOf } from './attributes.ts';
import { type Change, change } from './change.ts';
import { type Table, getItems, keyText } from './table.ts';

/** The longest wait that a provider may ask for, 24 h, and an hour for clocks that differ. */
const TTL_SECONDS = 25 * 3_600;
const MAX_REMEMBERED = 5_000;

export interface Changed {
  readonly applied: boolean;
  /** The item before the change when it was applied, as it stands when it was not. */
  readonly state: ScopeState;
}

/** The items of the limits table, with a memory of how they last looked. */
export function createScopeItems(table: Table, { now }: { readonly now: () => number }) {
  /** What is remembered may only refuse or guess; what is allowed is decided by a condition. */
  const seen = new Map<string, { readonly state: ScopeState; readonly at: number }>();

  function remember(scope: ScopeId, state: ScopeState): void {
    const key = textOf(scope);
    seen.delete(key);
    const [oldest] = seen.keys();
    if (seen.size >= MAX_REMEMBERED && oldest !== undefined) seen.delete(oldest);
    seen.set(key, { state, at: now() });
  }

  async function read(scopes: readonly ScopeId[]): Promise<void> {
    const items = await getItems(table, scopes.map(keyOf));
    for (const scope of scopes) remember(scope, scopeOf(items.get(textOf(scope)) ?? {}));
  }

  const recall = (scope: ScopeId): ScopeState => seen.get(textOf(scope))?.state ?? {};

  return {
    remember,
    /** How the scope last looked; empty when it was never seen. */
    recall,

    /** The scope as it stands. */
    read: async (scope: ScopeId): Promise<ScopeState> => {
      await read([scope]);
      return recall(scope);
    },

    /** Reads, in one call, what is not known or older than `maxAgeMs`. */
    peek: async (scopes: readonly ScopeId[], maxAgeMs: number): Promise<void> => {
      const stale = scopes.filter((scope) => now() - (seen.get(textOf(scope))?.at ?? -Infinity) > maxAgeMs);
      if (stale.length > 0) await read(stale);
    },

    /** The caller remembers what it wrote; what a failed condition shows is remembered here. */
    async change(scope: ScopeId, wanted: Change): Promise<Changed> {
      const ttl = Math.ceil(now() / 1000) + TTL_SECONDS;
      const { applied, item } = await change(table, keyOf(scope), wanted, ttl);
      const state = item ? scopeOf(item) : {};
      if (!applied) remember(scope, state);
      return { applied, state };
    },
  };
}

export type ScopeItems = ReturnType<typeof createScopeItems>;

function keyOf({ tenant, id }: ScopeId) {
  return keys.scope(tenant, id);
}

function textOf(scope: ScopeId): string {
  return keyText(keyOf(scope));
}
