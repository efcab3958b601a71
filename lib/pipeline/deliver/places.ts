import type { Held } from '../../core/held.ts';
import type { Telemetry } from '../../core/metrics.ts';
import type { ScopeId } from '../../core/scope.ts';
import { forEach } from '../each.ts';
import { MAX_IN_FLIGHT, URGENT_SEND_MS } from './send-limits.ts';
import { type Booked, type Work, destinationKey } from './work.ts';

/** Places that an urgent batch has among the sends in flight to a destination. */
export interface Places {
  readonly count: number;
  readonly takenMs: number;
}

/** No send is begun later than this after its batch took its places: others wait for the worker, too. */
const BEGIN_MS = 5_000;
/** After this nobody needs them any more, so that what a crash leaves may lapse. */
const HELD_MS = BEGIN_MS + URGENT_SEND_MS;
/** Whoever found none comes back after a second, and must not take what it remembers for the truth then. */
const PEEK_MS = 500;

function scopeOf({ ref: { tenant, destination } }: Pick<Work, 'ref'>): ScopeId {
  return { tenant, id: `urgent:${destination}` };
}

export interface PlaceDeps {
  readonly limits: {
    readonly peek: (scopes: readonly ScopeId[], maxAgeMs: number) => Promise<void>;
    readonly takePlaces: (scope: ScopeId, mine: Held, most: number) => Promise<number>;
  };
  /** Id of this batch. */
  readonly owner: string;
  readonly now: () => number;
}

/** Takes places for urgent deliveries to one destination, as many as there are; none when others have them all. */
export async function takePlaces(
  works: readonly Work[],
  { limits, owner, now }: PlaceDeps,
): Promise<Places | undefined> {
  const scope = scopeOf(works[0]!);
  await limits.peek([scope], PEEK_MS);
  const takenMs = now();
  const mine: Held = { owner, count: works.length, untilMs: takenMs + HELD_MS };
  const count = await limits.takePlaces(scope, mine, MAX_IN_FLIGHT);
  return count > 0 ? { count, takenMs } : undefined;
}

export function isOverdue({ takenMs }: Places, nowMs: number): boolean {
  return nowMs - takenMs > BEGIN_MS;
}

export interface LeaveDeps {
  readonly limits: { readonly leavePlaces: (scope: ScopeId, owner: string) => Promise<void> };
  /** Id of this batch. */
  readonly owner: string;
  readonly telemetry: Telemetry;
}

/** Leaves the places of a batch, whether it had anything to send or not. */
export async function leavePlaces(works: readonly Booked[], deps: LeaveDeps): Promise<void> {
  const groups = Map.groupBy(
    works.filter(({ places }) => places),
    destinationKey,
  ).values();
  const leave = ([work]: readonly Booked[]) => deps.limits.leavePlaces(scopeOf(work!), deps.owner);
  await forEach(groups, leave, 'places lapse in a while', deps);
}
