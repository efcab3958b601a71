import { type Held, othersIn, placesBeside } from '../core/held.ts';
import type { ScopeId } from '../core/scope.ts';
import type { ScopeItems } from './scope-items.ts';

/** Each that fails is the success of somebody else, and only ten can hold places. */
const TRIES = 10;

/** Places among the sends in flight, in the scope's item: everybody who holds some, ten at most. */
export function createPlaces(items: ScopeItems, { now }: { readonly now: () => number }) {
  async function replace(scope: ScopeId, seen: readonly Held[] | undefined, places: readonly Held[]) {
    const { applied, state } = await items.change(scope, {
      set: 'places = :places',
      where: seen ? 'places = :seen' : 'attribute_not_exists(places)',
      values: { ':places': places, ...(seen && { ':seen': seen }) },
    });
    if (applied) items.remember(scope, { ...state, places });
    return applied;
  }

  return {
    /** Takes up to `mine.count` of `most` places; answers how many it got. */
    async takePlaces(scope: ScopeId, mine: Held, most: number): Promise<number> {
      for (let attempt = 1; attempt <= TRIES; attempt++) {
        const { places: seen } = items.recall(scope);
        // Own ones are there when the reply to an earlier write was lost.
        const others = othersIn(seen, mine.owner, now());
        const count = placesBeside(others, most, mine.count);
        if (count === 0) return 0;
        if (await replace(scope, seen, [...others, { ...mine, count }])) return count;
      }
      return 0;
    },

    /** Leaves the places of a batch. Where others are faster each time, they lapse. */
    async leavePlaces(scope: ScopeId, owner: string): Promise<void> {
      for (let attempt = 1; attempt <= TRIES; attempt++) {
        const { places: seen } = items.recall(scope);
        if (!seen?.some((one) => one.owner === owner)) return;
        if (await replace(scope, seen, othersIn(seen, owner, now()))) return;
      }
    },
  };
}
