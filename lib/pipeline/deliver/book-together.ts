import { lookAgainMs } from '../../core/breaker.ts';
import { type Bound, type Hand, ROUNDING_MS, deal } from '../../core/deal.ts';
import type { Lane } from '../../core/event.ts';
import type { BookOptions, Booked, ScopeId, ScopeRef, ScopeState } from '../../core/scope.ts';
import { gapOf, horizonOf } from '../../core/slots.ts';
import { type LimitedScope, slowestFirst } from './limited.ts';

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

/** A destination that wants slots, and the scopes that limit it; at least one. */
export interface Member {
  readonly scopes: readonly LimitedScope[];
  readonly count: number;
}

export interface Wish {
  /** One scope at least is common to all of them. */
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
 * Books slots for several destinations at once, one write for each scope. A scope that all of them share sets the pace:
 * its time is dealt to whoever is free for it, and every other scope is kept free from the first to the last time dealt
 * to those below it. So each send keeps the distance of each of its scopes.
 *
 * Where others have booked such a scope meanwhile, the times before that are lost, and more are looked for further on.
 */
export async function bookTogether(wish: Wish, deps: SlotDeps): Promise<Times[]> {
  const times = wish.members.map((): number[] => []);
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const members = wish.members.map(({ scopes, count }, index) => ({
      scopes,
      count: count - times[index]!.length,
    }));
    const { dealt, contested } = await bookRound({ ...wish, members }, deps);
    dealt.forEach((more, index) => times[index]!.push(...more));
    if (!contested) break;
  }
  return times.map((slots, index) => ({ slots, untilMs: freeAtMs(wish.members[index]!.scopes, deps) }));
}

/** Books one slot in all of these scopes. */
export async function bookOne(
  scopes: readonly LimitedScope[],
  how: Omit<Wish, 'members'>,
  deps: SlotDeps,
): Promise<Times> {
  const [times] = await bookTogether({ members: [{ scopes, count: 1 }], ...how }, deps);
  return times!;
}

type Dealt = readonly (readonly number[])[];

interface Round {
  readonly dealt: Dealt;
  /** Others were faster somewhere; what they left is known now. */
  readonly contested: boolean;
}

async function bookRound(wish: Wish, deps: SlotDeps): Promise<Round> {
  const { members, lane, probeOwner } = wish;
  const nothing = { dealt: members.map(() => []), contested: false };
  const leader = leaderOf(members);
  const hands = handsOf(leader, wish, deps);
  const plan = planRound(leader, hands, wish, deps);
  if (!plan) return nothing;

  const booked = await deps.limits.book(leader, plan.count, plan.first, { endMs: plan.endMs, probeOwner });
  if (booked.kind === 'full') return nothing;
  const { first, count, periodMs } = booked.slots;
  const lastMs = first + (count - 1) * periodMs;
  const stretch = { firstMs: first, lastMs, periodMs };
  const dealt = deal(stretch, hands, gapOf(lane));
  const kept = await keepAll(dealt, leader, wish, deps);
  const lost = dealt.flat().length - kept.flat().length;
  const isGivenBack = kept.flat().length === 0 && (await deps.limits.move(leader, booked.tat, first));
  if (lost > 0 && !isGivenBack) deps.onWasted(lost);
  return { dealt: kept, contested: lost > 0 };
}

/** Of the scopes that all share, the fastest: it has the most to do with others, and is booked whatever they do. */
function leaderOf(members: readonly Member[]): LimitedScope {
  const isCommon = ({ id }: ScopeId): boolean =>
    members.every(({ scopes }) => scopes.some((scope) => scope.id === id));
  const common = slowestFirst(members[0]!.scopes.filter(isCommon));
  return common.findLast(({ shared }) => shared) ?? common.at(-1)!;
}

function handsOf(leader: ScopeId, { members, probeOwner }: Wish, deps: SlotDeps): Hand[] {
  const bounds = new Map<string, Bound>();
  const boundOf = (scope: ScopeRef): Bound => {
    const known = bounds.get(scope.id);
    const bound = known ?? { freeAtMs: freeAtMs([scope], deps, probeOwner), periodMs: scope.periodMs };
    bounds.set(scope.id, bound);
    return bound;
  };
  return members.map(({ scopes, count }) => ({
    count,
    bounds: scopes.filter(({ id }) => id !== leader.id).map(boundOf),
  }));
}

/** The slots to ask the leader for, as far as can be told from what is remembered. */
function planRound(leader: ScopeRef, hands: readonly Hand[], wish: Wish, deps: SlotDeps) {
  const { members, lane, leadMs, probeOwner } = wish;
  const { periodMs } = leader;
  const slowest = slowestFirst(members.flatMap(({ scopes }) => scopes))[0]!;
  const endMs = deps.now() + horizonOf(lane, slowest.periodMs);
  const openMs = Math.max(deps.now() + leadMs, freeAtMs([leader], deps, probeOwner));
  const readyMs = hands
    .filter(({ count }) => count > 0)
    .map(({ bounds }) => Math.max(0, ...bounds.map((bound) => bound.freeAtMs)));
  const first = Math.max(openMs, Math.min(...readyMs));
  if (first > endMs || first - openMs > gapOf(lane)) return undefined;
  const times = deal({ firstMs: first, lastMs: endMs, periodMs }, hands, gapOf(lane)).flat();
  const count = Math.ceil((Math.max(...times) - first - ROUNDING_MS) / periodMs) + 1;
  return { first, endMs, count };
}

/** Keeps all scopes but the leader free for what was dealt; answers what of it stands. Widest first: they refuse most. */
async function keepAll(dealt: Dealt, leader: ScopeId, wish: Wish, deps: SlotDeps): Promise<Dealt> {
  const { members, probeOwner } = wish;
  const scopes = new Map(members.flatMap((member) => member.scopes.map((scope) => [scope.id, scope])));
  scopes.delete(leader.id);
  const [shared, own] = [
    [...scopes.values()].filter((one) => one.shared),
    [...scopes.values()].filter((one) => !one.shared),
  ];
  let kept = dealt;
  const keep = async (scope: LimitedScope): Promise<void> => {
    const isBelow = members.map((member) => member.scopes.some(({ id }) => id === scope.id));
    const fromMs = await keepFree(scope, kept.filter((_, index) => isBelow[index]).flat(), probeOwner, deps);
    kept = kept.map((times, index) => (isBelow[index] ? times.filter((at) => at >= fromMs) : times));
  };
  for (const scope of shared) await keep(scope);
  await Promise.all(own.map(keep));
  return kept;
}

/** Keeps a scope free for these times; answers from which on it is. */
async function keepFree(
  scope: ScopeRef,
  times: readonly number[],
  probeOwner: string | undefined,
  { limits, now }: SlotDeps,
): Promise<number> {
  let left = times;
  for (let attempt = 1; left.length > 0 && attempt <= TRIES; attempt++) {
    const [first, last] = [Math.min(...left), Math.max(...left)];
    if (await limits.reserve(scope, first, last + scope.periodMs, probeOwner)) return first;
    const freeMs = freeAtMs([scope], { limits, now }, probeOwner);
    left = left.filter((at) => at >= freeMs);
  }
  return Infinity;
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
