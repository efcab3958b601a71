import { lookAgainMs } from '../../core/breaker.ts';
import { type Hand, deal } from '../../core/deal.ts';
import type { Lane } from '../../core/event.ts';
import type { BookOptions, Booked, ScopeId, ScopeRef, ScopeState } from '../../core/scope.ts';
import { gapOf, horizonOf } from '../../core/slots.ts';
import { type LimitedScope, commonOf, ownOf, slowestFirst } from './limited.ts';

/** The scopes' state, and the writes that book in them. */
export interface SlotDeps {
  readonly limits: {
    readonly recall: (scope: ScopeId) => ScopeState;
    readonly book: (scope: ScopeRef, want: number, fromMs: number, options: BookOptions) => Promise<Booked>;
    readonly reserve: (scope: ScopeId, fromMs: number, toMs: number, probeOwner?: string) => Promise<boolean>;
    readonly move: (scope: ScopeId, mine: number, to: number) => Promise<boolean>;
  };
  readonly now: () => number;
  readonly onWasted: (slots: number) => void;
}

/** A destination that wants slots, and the scopes that limit it alone. */
export interface Member {
  readonly own: readonly ScopeRef[];
  readonly count: number;
}

export interface Wish {
  /** Scopes that limit every member; at least one. */
  readonly common: readonly ScopeRef[];
  readonly members: readonly Member[];
  readonly lane: Lane;
  /** The first slot lies so far ahead. */
  readonly leadMs: number;
  /** Set for the probe of a broken destination. */
  readonly probeOwner?: string | undefined;
}

export interface Times {
  /** Send times, in order. */
  readonly slots: readonly number[];
  /** When there may be more. */
  readonly untilMs: number;
}

const TRIES = 2;

/**
 * Books slots for several destinations at once, one write for each scope. The slowest of the scopes that limit all
 * of them sets the grid; its slots are dealt to whoever is free for them, and every other scope is kept free from the
 * first to the last time dealt to it. So each send lies exactly in a slot of each of its scopes.
 *
 * A member whose own scopes others have booked meanwhile loses the slots before that, and finds some further on.
 */
export async function bookTogether(wish: Wish, deps: SlotDeps): Promise<Times[]> {
  const times = wish.members.map((): number[] => []);
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const open = wish.members.map(({ own, count }, index) => ({ own, count: count - times[index]!.length }));
    const { dealt, contested } = await bookRound({ ...wish, members: open }, deps);
    dealt.forEach((more, index) => times[index]!.push(...more));
    if (!contested) break;
  }
  return times.map((slots, index) => ({
    slots,
    untilMs: freeAtMs([...wish.common, ...wish.members[index]!.own], deps),
  }));
}

/** Books one slot in all of these scopes. */
export async function bookOne(
  scopes: readonly LimitedScope[],
  how: Pick<Wish, 'lane' | 'leadMs' | 'probeOwner'>,
  deps: SlotDeps,
): Promise<Times> {
  const members = [{ own: ownOf(scopes), count: 1 }];
  const [times] = await bookTogether({ common: commonOf(scopes), members, ...how }, deps);
  return times!;
}

interface Round {
  readonly dealt: readonly (readonly number[])[];
  /** Others were faster somewhere; what they left is known now. */
  readonly contested: boolean;
}

async function bookRound(wish: Wish, deps: SlotDeps): Promise<Round> {
  const { members, lane, probeOwner } = wish;
  const nothing = members.map(() => []);
  const [leader, ...followers] = slowestFirst(wish.common);
  const hands = members.map(({ own, count }): Hand => {
    return {
      count,
      freeAtMs: freeAtMs(own, deps, probeOwner),
      periodMs: slowestFirst(own)[0]?.periodMs ?? 0,
    };
  });
  const plan = leader && planRound(leader, hands, wish, deps);
  if (!plan) return { dealt: nothing, contested: false };

  const booked = await deps.limits.book(leader, plan.count, plan.first, { endMs: plan.endMs, probeOwner });
  if (booked.kind === 'full') return { dealt: nothing, contested: false };
  const dealt = deal(booked.slots, hands, gapOf(lane));
  if (!(await keepAll(followers, dealt.flat(), wish, deps))) {
    if (!(await deps.limits.move(leader, booked.tat, booked.slots.first))) deps.onWasted(booked.slots.count);
    return { dealt: nothing, contested: true };
  }
  const kept = await Promise.all(dealt.map((slots, index) => keepOwn(members[index]!, slots, wish, deps)));
  const lost = dealt.flat().length - kept.flat().length;
  if (lost > 0) deps.onWasted(lost);
  return { dealt: kept, contested: lost > 0 };
}

/** The slots to ask the leader for, as far as can be told from what is remembered. */
function planRound(leader: ScopeRef, hands: readonly Hand[], wish: Wish, deps: SlotDeps) {
  const { common, members, lane, leadMs, probeOwner } = wish;
  const all = [...common, ...members.flatMap(({ own }) => own)];
  const endMs = deps.now() + horizonOf(lane, slowestFirst(all)[0]!.periodMs);
  const openMs = Math.max(deps.now() + leadMs, freeAtMs(common, deps, probeOwner));
  const wanting = hands.filter(({ count }) => count > 0);
  const first = Math.max(openMs, Math.min(...wanting.map((hand) => hand.freeAtMs)));
  if (first > endMs || first - openMs > gapOf(lane)) return undefined;
  const { periodMs } = leader;
  const grid = { first, periodMs, count: Math.floor((endMs - first) / periodMs) + 1 };
  const last = Math.max(...deal(grid, hands, gapOf(lane)).flat());
  return { first, endMs, count: Math.round((last - first) / periodMs) + 1 };
}

/** Keeps scopes free for these times. */
async function keepAll(
  scopes: readonly ScopeRef[],
  times: readonly number[],
  { probeOwner }: Wish,
  { limits }: SlotDeps,
): Promise<boolean> {
  const [first, last] = [Math.min(...times), Math.max(...times)];
  for (const scope of scopes) {
    if (!(await limits.reserve(scope, first, last + scope.periodMs, probeOwner))) return false;
  }
  return true;
}

/** Keeps a member's own scopes free; answers the times for which that is possible. */
async function keepOwn(
  { own }: Member,
  times: readonly number[],
  wish: Wish,
  deps: SlotDeps,
): Promise<readonly number[]> {
  let left = times;
  for (let attempt = 1; left.length > 0 && attempt <= TRIES; attempt++) {
    if (await keepAll(own, left, wish, deps)) return left;
    const freeMs = freeAtMs(own, deps, wish.probeOwner);
    left = left.filter((at) => at >= freeMs);
  }
  return [];
}

/** When the last of these scopes is known to be free. Costs no call. */
export function freeAtMs(
  scopes: readonly ScopeId[],
  { limits, now }: Pick<SlotDeps, 'limits' | 'now'>,
  probeOwner?: string,
): number {
  const times = scopes.map((scope) => {
    const { tat = 0, breaker } = limits.recall(scope);
    return Math.max(tat, breaker && breaker.probeOwner !== probeOwner ? lookAgainMs(breaker, now()) : 0);
  });
  return Math.max(0, ...times);
}
