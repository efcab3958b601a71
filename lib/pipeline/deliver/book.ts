import { type Scope, ownScopeId } from '../../channel.ts';
import { type Breaker, mayProbe } from '../../core/breaker.ts';
import type { Booked as BookedSlots, ScopeRef, ScopeState } from '../../core/scope.ts';
import { HORIZON_MS, sharedCount, spacingOf } from '../../core/slots.ts';
import { type Booked, type Prepared, destinationKey } from './work.ts';

/** The scopes' state, and the writes that change it. */
export interface LimitDeps {
  readonly recall: (scope: ScopeId) => ScopeState | undefined;
  readonly peek: (scopes: readonly ScopeId[], maxAgeMs: number) => Promise<void>;
  readonly book: (scope: ScopeRef, want: number, fromMs: number) => Promise<BookedSlots>;
  readonly move: (scope: ScopeRef, mine: number, to: number) => Promise<boolean>;
  readonly probe: (scope: ScopeId, breaker: Breaker, owner: string) => Promise<boolean>;
}

export interface BookDeps {
  readonly limits: LimitDeps;
  /** Id of this batch: the owner of a probe. */
  readonly owner: string;
  readonly now: () => number;
  readonly onWasted: (slots: number) => void;
  /** This worker's clock cannot be trusted with slots. */
  readonly skewed: () => boolean;
}

export interface ScopeId {
  readonly tenant: string;
  readonly id: string;
}

/** No slot within the horizon. `scope` is the one whose line to stand in; without it only `untilMs` counts. */
export interface Later {
  readonly works: readonly Prepared[];
  readonly untilMs: number;
  readonly scope?: ScopeRef;
}

/** How old the remembered state of an unlimited destination may be before it is looked at again. */
const PEEK_MS = 5_000;

/** Slots that one scope gave us; `tat` is what our write left there. */
interface Made {
  readonly scope: LimitedScope;
  readonly first: number;
  readonly count: number;
  tat: number;
}

/** Books send slots, destination by destination; what has none now goes back unclaimed. */
export async function book(
  works: readonly Prepared[],
  deps: BookDeps,
): Promise<{ readonly now: Booked[]; readonly later: Later[] }> {
  const groups = [...Map.groupBy(works, destinationKey).values()];
  await deps.limits.peek(groups.filter(isOwnUnlimited).map(ownScope), PEEK_MS);
  const results = await Promise.all(groups.map((group) => bookGroup(group, deps)));
  return { now: results.flatMap(({ now }) => now), later: results.flatMap(({ later }) => later) };
}

interface GroupResult {
  readonly now: Booked[];
  readonly later: Later[];
}

async function bookGroup(group: readonly Prepared[], deps: BookDeps): Promise<GroupResult> {
  const nowMs = deps.now();
  const own = ownScope(group);
  const scopes = limitedScopes(group);
  const line = slowest(scopes);
  const state = deps.limits.recall(own);
  if (state?.breaker) return await bookProbe(group, state.breaker, own, deps);
  if (isOwnUnlimited(group) && (state?.tat ?? 0) > nowMs)
    return postponed(group, state?.tat ?? nowMs, undefined);
  if (scopes.length === 0)
    return {
      now: at(
        group,
        group.map(() => nowMs),
      ),
      later: [],
    };
  if (deps.skewed()) return postponed(group, nowMs + HORIZON_MS, line);
  // Whoever has not waited yet does not overtake the line; urgent deliveries and those that come back do.
  const waiting = group.filter((work) => work.lane === 'normal' && !work.appointed);
  const lineMs = Math.max(0, ...scopes.map((scope) => deps.limits.recall(scope)?.line ?? 0));
  const behind = lineMs > nowMs + HORIZON_MS ? waiting : [];
  const going = group.filter((work) => !behind.includes(work));
  const times = await bookTogether(scopes, going.length, deps);
  const rest = [...going.slice(times.slots.length), ...behind];
  return {
    now: at(going.slice(0, times.slots.length), times.slots),
    later: rest.length > 0 ? postponed(rest, times.untilMs, line).later : [],
  };
}

/** A broken destination gets one delivery at a time, from whoever wins the probe. */
async function bookProbe(
  group: readonly Prepared[],
  breaker: Breaker,
  own: ScopeId,
  deps: BookDeps,
): Promise<GroupResult> {
  const won = mayProbe(breaker, deps.now()) && (await deps.limits.probe(own, breaker, deps.owner));
  if (!won) return postponed(group, Math.max(breaker.until, deps.now() + HORIZON_MS), undefined);
  const [first, ...others] = group as [Prepared, ...Prepared[]];
  const probe: Booked = { ...first, slotAt: deps.now(), probe: true };
  return {
    now: [probe],
    later: others.length > 0 ? [{ works: others, untilMs: deps.now() + 2 * HORIZON_MS }] : [],
  };
}

/**
 * Books the same number of slots in every scope, the fullest first and the others from its first slot on.
 * Sends run at the slowest scope's pace from the last booking's first slot; a scope whose last slot is then
 * left behind by more than its tolerance is moved along, or everything is given back.
 */
export async function bookTogether(
  scopes: readonly LimitedScope[],
  want: number,
  deps: Pick<BookDeps, 'limits' | 'now' | 'onWasted'>,
): Promise<{ readonly slots: readonly number[]; readonly untilMs: number }> {
  const tatOf = (scope: LimitedScope): number => deps.limits.recall(scope)?.tat ?? 0;
  const order = scopes.toSorted((a, b) => tatOf(b) - tatOf(a));
  const periodMs = Math.max(...scopes.map((scope) => scope.periodMs));
  const tolerance = Math.min(...scopes.map((scope) => scope.toleranceMs));
  let count = sharedCount(
    want,
    scopes.map((scope) => scope.periodMs),
    Math.max(tolerance, sharedTolerance(scopes)),
  );
  let fromMs = deps.now();
  const made: Made[] = [];
  for (const scope of order) {
    const booking = await deps.limits.book(scope, count, fromMs);
    if (booking.kind === 'full') {
      await giveBack(made, deps);
      return { slots: [], untilMs: booking.untilMs };
    }
    made.push({ scope, first: booking.slots.first, count: booking.slots.count, tat: booking.tat });
    count = booking.slots.count;
    fromMs = booking.slots.first;
  }
  const slots = Array.from({ length: count }, (_, index) => fromMs + index * periodMs);
  const last = slots.at(-1) as number;
  for (const booking of made) {
    const end = booking.first + (count - 1) * booking.scope.periodMs;
    const needed = last + booking.scope.periodMs;
    const late = last - end > booking.scope.toleranceMs;
    const excess = booking.count > count;
    if (!late && !excess) continue;
    if (await deps.limits.move(booking.scope, booking.tat, late ? needed : end + booking.scope.periodMs)) {
      booking.tat = late ? needed : end + booking.scope.periodMs;
      continue;
    }
    if (excess) deps.onWasted(booking.count - count);
    if (!late) continue;
    await giveBack(
      made.filter((other) => other !== booking),
      deps,
    );
    deps.onWasted(count);
    return { slots: [], untilMs: booking.tat };
  }
  return { slots, untilMs: last + periodMs };
}

async function giveBack(made: readonly Made[], deps: Pick<BookDeps, 'limits' | 'onWasted'>): Promise<void> {
  for (const { scope, first, count, tat } of made) {
    if (!(await deps.limits.move(scope, tat, first))) deps.onWasted(count);
  }
}

export interface LimitedScope extends ScopeRef {
  readonly toleranceMs: number;
  readonly shared: boolean;
}

/** The scopes of a delivery that have a rate. */
export function limitedScopes(group: readonly Prepared[]): LimitedScope[] {
  const [work] = group;
  const scopes = work?.target?.scopes ?? [];
  return scopes
    .filter(({ limit }) => limit > 0)
    .map((scope) => ({
      tenant: work?.ref.tenant ?? '',
      id: scope.id,
      shared: scope.shared,
      ...spacingOf(scope),
    }));
}

function sharedTolerance(scopes: readonly LimitedScope[]): number {
  return Math.max(0, ...scopes.filter(({ shared }) => shared).map(({ toleranceMs }) => toleranceMs));
}

function slowest(scopes: readonly LimitedScope[]): LimitedScope | undefined {
  return scopes.toSorted((a, b) => b.periodMs - a.periodMs)[0];
}

/** Its own scope is never booked, only looked at: it may be pushed by a 429, or broken. */
function isOwnUnlimited(group: readonly Prepared[]): boolean {
  const { id } = ownScope(group);
  return !group[0]?.target?.scopes.some((scope: Scope) => scope.id === id && scope.limit > 0);
}

function ownScope(group: readonly Prepared[]): ScopeId {
  const { tenant, destination } = (group[0] as Prepared).ref;
  return { tenant, id: ownScopeId(destination) };
}

function at(works: readonly Prepared[], slots: readonly number[]): Booked[] {
  return works.map((work, index) => ({ ...work, slotAt: slots[index] as number }));
}

function postponed(works: readonly Prepared[], untilMs: number, scope: ScopeRef | undefined): GroupResult {
  return { now: [], later: [scope === undefined ? { works, untilMs } : { works, untilMs, scope }] };
}
