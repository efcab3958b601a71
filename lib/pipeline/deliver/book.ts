import { type Breaker, lookAgainMs, mayProbe } from '../../core/breaker.ts';
import type { Telemetry } from '../../core/metrics.ts';
import type { ScopeId } from '../../core/scope.ts';
import { CLAIM_LEAD_MS, HORIZON_MS } from '../../core/slots.ts';
import { forEach } from '../each.ts';
import { type SlotDeps, bookOne, bookTogether } from './book-together.ts';
import { clustersOf } from './clusters.ts';
import { type LimitedScope, limitedScopes, ownScope } from './limited.ts';
import { type Later, inLine } from './line.ts';
import { type PlaceDeps, takePlaces } from './places.ts';
import { type Booked, type Prepared, destinationKey } from './work.ts';

export interface BookDeps extends SlotDeps {
  readonly limits: SlotDeps['limits'] &
    PlaceDeps['limits'] & {
      readonly peek: (scopes: readonly ScopeId[], maxAgeMs: number) => Promise<void>;
      readonly probe: (scope: ScopeId, seen: Breaker, owner: string) => Promise<boolean>;
    };
  /** Id of this batch: the owner of a probe, and of places. */
  readonly owner: string;
  /** This worker's clock cannot be trusted with slots. */
  readonly skewed: () => boolean;
  readonly telemetry: Telemetry;
}

interface Bookings {
  readonly now: readonly Booked[];
  readonly later: readonly Later<Prepared>[];
}

/** Deliveries to one destination, and what limits them. */
interface Group {
  readonly works: readonly Prepared[];
  /** The destination's own scope: carries its breaker and its pushes, also when it has no rate. */
  readonly id: ScopeId;
  readonly scopes: readonly LimitedScope[];
}

/** How old the remembered state of an unlimited destination may be before it is looked at again. */
const PEEK_MS = 5_000;
/** The same for a shared scope and those below it: a wrong guess there wastes slots of all. */
const MEMBER_PEEK_MS = 100;

/**
 * Books send slots; what has none now goes back unclaimed. Destinations that share a scope book together, so that a
 * batch costs that scope one write. A destination whose scope cannot be written is in neither list: without a slot
 * nothing is sent.
 */
export async function book(works: readonly Prepared[], deps: BookDeps): Promise<Bookings> {
  const byDestination = [...Map.groupBy(works, destinationKey).values()];
  await look(byDestination, deps);
  if (deps.skewed()) deps.telemetry.add('ClockSkewed');
  const groups = byDestination.map((group) => groupOf(group, deps));
  const failure = 'no slots could be booked';
  const judged = await forEach(groups, (group) => judge(group, deps), failure, deps);
  const clusters = clustersOf(judged.flatMap(({ ready }) => ready ?? []));
  const booked = await forEach(clusters, (cluster) => bookCluster(cluster, deps), failure, deps);
  return {
    now: [...judged, ...booked].flatMap(({ now }) => now),
    later: [...judged, ...booked].flatMap(({ later }) => later),
  };
}

/** Looks at scopes that no booking will show as they are. Should it fail, conditions still hold every limit. */
async function look(groups: readonly (readonly Prepared[])[], deps: BookDeps): Promise<void> {
  const scopesOf = groups.map(([work]) => ({ own: ownScope(work!), limited: limitedScopes(work!, deps) }));
  const unseen = scopesOf.filter(
    ({ own, limited }) => limited.every(({ id }) => id !== own.id) || deps.limits.recall(own).breaker,
  );
  const members = scopesOf.flatMap(({ limited }) => (limited.length > 1 ? limited : []));
  const looks = [
    { scopes: unseen.map(({ own }) => own), maxAgeMs: PEEK_MS },
    { scopes: members, maxAgeMs: MEMBER_PEEK_MS },
  ];
  const peek = ({ scopes, maxAgeMs }: (typeof looks)[number]) => deps.limits.peek(scopes, maxAgeMs);
  await forEach(looks, peek, 'scopes cannot be read', deps);
}

function groupOf(works: readonly Prepared[], deps: BookDeps): Group {
  return { works, id: ownScope(works[0]!), scopes: limitedScopes(works[0]!, deps) };
}

interface Judged extends Bookings {
  /** To be booked together with others. */
  readonly ready?: Group;
}

/** What can be said of a destination without booking. */
async function judge(group: Group, deps: BookDeps): Promise<Judged> {
  const nowMs = deps.now();
  const [early, works] = split(group.works, ({ notBefore = 0 }) => notBefore > nowMs + HORIZON_MS);
  const waiting = early.map((work): Later<Prepared> => ({ works: [work], untilMs: work.notBefore ?? nowMs }));
  if (works.length === 0) return { now: [], later: waiting };
  const { now, later, ready } = await judgeDue({ ...group, works }, deps);
  return { now, later: [...later, ...waiting], ...(ready && { ready }) };
}

async function judgeDue(group: Group, deps: BookDeps): Promise<Judged> {
  const { works, id, scopes } = group;
  const nowMs = deps.now();
  const { breaker, tat = 0 } = deps.limits.recall(id);
  if (breaker) return await bookProbe(group, breaker, deps);
  if (scopes.every((scope) => scope.id !== id.id) && tat > nowMs)
    return { now: [], later: [{ works, untilMs: tat }] };
  if (scopes.length === 0) return await placeInFlight(works, deps);
  if (deps.skewed()) return { now: [], later: [inLine(works, scopes, nowMs + HORIZON_MS, deps)] };
  // Whoever has not waited yet does not overtake the line; urgent deliveries and those that come back do.
  const lineMs = Math.max(...scopes.map((scope) => deps.limits.recall(scope).line ?? 0));
  const isBehind = ({ lane, appointed }: Prepared): boolean =>
    lineMs > nowMs + HORIZON_MS && lane === 'normal' && !appointed;
  const [behind, going] = split(works, isBehind);
  const ready = going.toSorted((a, b) => Number(b.appointed) - Number(a.appointed));
  return {
    now: [],
    later: behind.length > 0 ? [inLine(behind, scopes, nowMs, deps)] : [],
    ...(ready.length > 0 && { ready: { ...group, works: ready } }),
  };
}

/** Without a rate only urgent ones wait: for others of theirs that are in flight, to whichever worker. */
async function placeInFlight(works: readonly Prepared[], deps: BookDeps): Promise<Bookings> {
  if (works[0]!.lane !== 'urgent') return { now: works, later: [] };
  const places = await takePlaces(works, deps);
  return places
    ? { now: works.map((work) => Object.assign({}, work, { places })), later: [] }
    : { now: [], later: [{ works, untilMs: deps.now() }] };
}

async function bookCluster(groups: readonly Group[], deps: BookDeps): Promise<Bookings> {
  const members = groups.map(({ scopes, works }) => ({ scopes, count: works.length }));
  const { lane } = groups[0]!.works[0]!;
  const times = await bookTogether({ members, lane, leadMs: CLAIM_LEAD_MS }, deps);
  const bookings = groups.map(({ works, scopes, id }, index): Bookings => {
    const { slots, untilMs } = times[index]!;
    const rest = works.slice(slots.length);
    const { breaker } = deps.limits.recall(id);
    const againMs = breaker ? lookAgainMs(breaker, deps.now(), lane) : untilMs;
    return {
      now: at(works, slots),
      later: rest.length > 0 ? [inLine(rest, scopes, againMs, deps)] : [],
    };
  });
  return { now: bookings.flatMap(({ now }) => now), later: bookings.flatMap(({ later }) => later) };
}

/** A broken destination gets one delivery at a time, from whoever wins the probe. */
async function bookProbe(group: Group, breaker: Breaker, deps: BookDeps): Promise<Bookings> {
  const { works, id } = group;
  const { lane } = works[0]!;
  const won = mayProbe(breaker, deps.now(), lane) && (await deps.limits.probe(id, breaker, deps.owner));
  const { slots, untilMs } = won
    ? await bookProbeSlot(group, deps)
    : { slots: [], untilMs: lookAgainMs(breaker, deps.now(), lane) };
  const others = works.slice(slots.length);
  return {
    now: at(works, slots, { probe: true }),
    later: others.length > 0 ? [{ works: others, untilMs: Math.max(untilMs, deps.now() + HORIZON_MS) }] : [],
  };
}

/** A probe keeps to the limits like every send. */
async function bookProbeSlot({ scopes, works }: Group, deps: BookDeps) {
  if (scopes.length === 0) return { slots: [deps.now()], untilMs: deps.now() };
  const { lane } = works[0]!;
  return await bookOne(scopes, { lane, leadMs: CLAIM_LEAD_MS, probeOwner: deps.owner }, deps);
}

function at(
  works: readonly Prepared[],
  slots: readonly number[],
  marks: Pick<Booked, 'probe'> = {},
): Booked[] {
  return slots.map((slotAt, index) => Object.assign({}, works[index]!, marks, { slotAt }));
}

function split<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}
