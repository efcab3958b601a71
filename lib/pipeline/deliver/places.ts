import type { BookOptions, Booked as Slots, ScopeId, ScopeRef } from '../../core/scope.ts';
import { MAX_IN_FLIGHT, URGENT_SEND_MS } from './send-limits.ts';
import type { Work } from './work.ts';

/** Places that an urgent batch has among the sends in flight to a destination. */
export interface Places {
  readonly count: number;
  readonly takenMs: number;
}

/** No send is begun later than this after its batch took its places: others wait for the worker, too. */
const BEGIN_MS = 5_000;
const HELD_MS = BEGIN_MS + URGENT_SEND_MS;
/** Whoever found none comes back after a second, and must not take what it remembers for the truth then. */
const PEEK_MS = 500;

/**
 * Places are slots so far apart that as many lie within the time for which a place can be needed. So what a crash
 * leaves lapses by itself, and what was not needed is given back.
 */
function scopeOf({ ref: { tenant, destination } }: Pick<Work, 'ref'>): ScopeRef {
  return { tenant, id: `urgent:${destination}`, periodMs: HELD_MS / MAX_IN_FLIGHT };
}

export interface PlaceDeps {
  readonly limits: {
    readonly peek: (scopes: readonly ScopeId[], maxAgeMs: number) => Promise<void>;
    readonly book: (scope: ScopeRef, want: number, fromMs: number, options: BookOptions) => Promise<Slots>;
  };
  readonly now: () => number;
}

/** Takes places for urgent deliveries to one destination, as many as there are; none when others have them all. */
export async function takePlaces(
  works: readonly Work[],
  { limits, now }: PlaceDeps,
): Promise<Places | undefined> {
  const scope = scopeOf(works[0]!);
  await limits.peek([scope], PEEK_MS);
  const takenMs = now();
  const endMs = takenMs + HELD_MS - scope.periodMs;
  const booked = await limits.book(scope, works.length, takenMs, { endMs });
  return booked.kind === 'booked' ? { count: booked.slots.count, takenMs } : undefined;
}

export function isOverdue({ takenMs }: Places, nowMs: number): boolean {
  return nowMs - takenMs > BEGIN_MS;
}

export interface LeaveDeps {
  readonly limits: { readonly giveBack: (scope: ScopeId, ms: number) => Promise<void> };
  readonly now: () => number;
}

/** Gives back what is left of the time of the places. */
export async function leavePlaces(
  work: Pick<Work, 'ref'>,
  { count, takenMs }: Places,
  { limits, now }: LeaveDeps,
): Promise<void> {
  const scope = scopeOf(work);
  const leftMs = count * scope.periodMs - (now() - takenMs);
  if (leftMs > 0) await limits.giveBack(scope, leftMs);
}
