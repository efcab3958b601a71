import { type Scope, ownScopeId } from '../../channel.ts';
import { type Breaker, lookAgainMs, mayProbe } from '../../core/breaker.ts';
import type { Telemetry } from '../../core/metrics.ts';
import type { ScopeId, ScopeRef } from '../../core/scope.ts';
import { CLAIM_LEAD_MS, HORIZON_MS } from '../../core/slots.ts';
import { forEach } from '../each.ts';
import { type LimitedScope, type SlotDeps, bookAll, bookTogether, limitedScopes } from './book-together.ts';
import { type Booked, type Prepared, type Work, destinationKey } from './work.ts';

export interface BookDeps extends SlotDeps {
  readonly limits: SlotDeps['limits'] & {
    readonly peek: (scopes: readonly ScopeId[], maxAgeMs: number) => Promise<void>;
    readonly probe: (scope: ScopeId, seen: Breaker, owner: string) => Promise<boolean>;
  };
  /** Id of this batch: the owner of a probe. */
  readonly owner: string;
  /** This worker's clock cannot be trusted with slots. */
  readonly skewed: () => boolean;
  readonly telemetry: Telemetry;
}

/** It cannot be sent now: it comes back. `scope` is the one whose line to stand in; without it only `untilMs` counts. */
export interface Later {
  readonly works: readonly Work[];
  readonly untilMs: number;
  readonly scope?: ScopeRef | undefined;
}

interface Bookings {
  readonly now: readonly Booked[];
  readonly later: readonly Later[];
}

/** How old the remembered state of an unlimited destination may be before it is looked at again. */
const PEEK_MS = 5_000;

/**
 * Books send slots, destination by destination; what has none now goes back unclaimed. A destination whose
 * scope cannot be written is in neither list: without a slot nothing is sent.
 */
export async function book(works: readonly Prepared[], deps: BookDeps): Promise<Bookings> {
  const groups = [...Map.groupBy(works, destinationKey).values()].map(groupOf);
  // Scopes that no booking will show as they are. Should the look fail, there is no limit to exceed.
  const unseen = groups.filter(({ own }) => !own.limited || deps.limits.recall(own.id).breaker);
  const scopes = unseen.map(({ own }) => own.id);
  await forEach([scopes], (ids) => deps.limits.peek(ids, PEEK_MS), 'scopes cannot be read', deps);
  if (deps.skewed()) deps.telemetry.add('ClockSkewed');
  const bookings = await forEach(groups, (group) => bookGroup(group, deps), 'no slots could be booked', deps);
  return { now: bookings.flatMap(({ now }) => now), later: bookings.flatMap(({ later }) => later) };
}

/** Deliveries to one destination, and what limits them. */
interface Group {
  readonly works: readonly Prepared[];
  /** The destination's own scope: carries its breaker and its pushes, also when it has no rate. */
  readonly own: { readonly id: ScopeId; readonly limited: boolean };
  readonly scopes: readonly LimitedScope[];
}

function groupOf(works: readonly Prepared[]): Group {
  const { ref, target } = works[0]!;
  const id = ownScopeId(ref.destination);
  const limited = target?.scopes.some((scope: Scope) => scope.id === id && scope.limit > 0) ?? false;
  return { works, own: { id: { tenant: ref.tenant, id }, limited }, scopes: limitedScopes(works[0]!) };
}

async function bookGroup(group: Group, deps: BookDeps): Promise<Bookings> {
  const nowMs = deps.now();
  const [early, works] = split(group.works, ({ notBefore = 0 }) => notBefore > nowMs + HORIZON_MS);
  const waiting = early.map((work): Later => ({ works: [work], untilMs: work.notBefore ?? nowMs }));
  if (works.length === 0) return { now: [], later: waiting };
  const { now, later } = await bookReady({ ...group, works }, deps);
  return { now, later: [...later, ...waiting] };
}

async function bookReady(group: Group, deps: BookDeps): Promise<Bookings> {
  const { works, own, scopes } = group;
  const nowMs = deps.now();
  const { breaker, tat = 0 } = deps.limits.recall(own.id);
  if (breaker) return await bookProbe(group, breaker, deps);
  if (!own.limited && tat > nowMs) return { now: [], later: [{ works, untilMs: tat }] };
  if (scopes.length === 0) return { now: works, later: [] };

  const scope = scopes.toSorted((a, b) => b.periodMs - a.periodMs)[0];
  if (deps.skewed()) return { now: [], later: [{ works, untilMs: nowMs + HORIZON_MS, scope }] };
  // Whoever has not waited yet does not overtake the line; urgent deliveries and those that come back do.
  const lineMs = Math.max(...scopes.map((one) => deps.limits.recall(one).line ?? 0));
  const isBehind = ({ lane, appointed }: Prepared): boolean =>
    lineMs > nowMs + HORIZON_MS && lane === 'normal' && !appointed;
  const [behind, ready] = split(works, isBehind);
  const going = ready.toSorted((a, b) => Number(b.appointed) - Number(a.appointed));
  const { slots, untilMs } =
    going.length > 0
      ? await bookAll({ scopes, count: going.length, leadMs: CLAIM_LEAD_MS }, deps)
      : { slots: [], untilMs: nowMs };
  const rest = [...going.slice(slots.length), ...behind];
  return {
    now: at(going, slots),
    later: rest.length > 0 ? [{ works: rest, untilMs, scope }] : [],
  };
}

/** A broken destination gets one delivery at a time, from whoever wins the probe. */
async function bookProbe({ works, own, scopes }: Group, breaker: Breaker, deps: BookDeps): Promise<Bookings> {
  const won = mayProbe(breaker, deps.now()) && (await deps.limits.probe(own.id, breaker, deps.owner));
  const { slots, untilMs } = won
    ? await bookProbeSlot(scopes, deps)
    : { slots: [], untilMs: lookAgainMs(breaker, deps.now()) };
  const others = works.slice(slots.length);
  return {
    now: at(works, slots, { probe: true }),
    later: others.length > 0 ? [{ works: others, untilMs: Math.max(untilMs, deps.now() + HORIZON_MS) }] : [],
  };
}

/** A probe keeps to the limits like every send. */
async function bookProbeSlot(scopes: readonly LimitedScope[], deps: BookDeps) {
  if (scopes.length === 0) return { slots: [deps.now()], untilMs: deps.now() };
  return await bookTogether({ scopes, count: 1, leadMs: CLAIM_LEAD_MS, probeOwner: deps.owner }, deps);
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
