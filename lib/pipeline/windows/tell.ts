import { canonicalHash } from '../../core/canonical.ts';
import { type Catalog, baseOf } from '../../core/catalog.ts';
import type { ChannelFacts } from '../../core/channel-facts.ts';
import type { Delivery } from '../../core/delivery.ts';
import { incidentOf } from '../../core/escalation.ts';
import { type Event, type Lane, hourOf } from '../../core/event.ts';
import { type EventRecord, type Kept, type RecordWrite, isLive } from '../../core/event-record.ts';
import type { FanOut } from '../../core/fan-out.ts';
import { watchesOf } from '../../core/failover.ts';
import type { GroupWindow, NewWindow } from '../../core/group-window.ts';
import { GROUP_DEFAULTS, compileRest } from '../../core/hold.ts';
import { type Links, linksOf } from '../../core/links.ts';
import type { DeliveryPack } from '../../core/message.ts';
import { render } from '../../core/render.ts';
import { type KeptUntil, retentionOf } from '../../core/retention.ts';
import { worstOf } from '../../core/severity.ts';
import { endNote } from '../../core/stand-in.ts';
import type { Written } from '../../core/written.ts';
import { type EscalateDeps, escalateEvents, tellsOfEscalated } from '../escalate.ts';
import { tellInPlace } from '../failovers/tell-in-place.ts';
import type { LinkDeps } from '../fan-out/links.ts';
import type { StandInDeps } from '../fan-out/stand-ins.ts';
import type { WatchDeps } from '../fan-out/watch.ts';
import { type DeliverQueues, type Enqueue, deliverQueue, enqueueAll, groupOf } from '../queues.ts';

export interface TellDeps
  extends
    Pick<EscalateDeps, 'escalations'>,
    Pick<LinkDeps, 'links'>,
    Pick<WatchDeps, 'failovers'>,
    Pick<StandInDeps, 'standIns'> {
  readonly windows: {
    readonly open: (windows: readonly NewWindow[], ttl: number) => Promise<readonly Written[]>;
  };
  readonly events: {
    readonly read: (tenant: string, ids: readonly string[]) => Promise<ReadonlyMap<string, EventRecord>>;
    readonly write: (tenant: string, writes: readonly RecordWrite[]) => Promise<Kept>;
  };
  readonly record: (planned: readonly FanOut[], until: KeptUntil) => Promise<readonly (FanOut | undefined)[]>;
  readonly catalog: (tenant: string) => Promise<Catalog>;
  readonly channels: ReadonlyMap<string, ChannelFacts>;
  readonly enqueue: Enqueue;
  readonly queues: DeliverQueues;
  readonly eventQueues: Readonly<Record<Lane, string>>;
  /** Epoch seconds until which windows are kept, and until which records of deliveries are. */
  readonly windowTtl: KeptUntil;
  readonly ttl: KeptUntil;
  readonly now: () => number;
}

/**
 * Does what a closed window leads to: its digest is put on record and sent, and what still fires gets a window that
 * closes when it is to be told again. All of it may be done twice: the second time it is the same. Answers whether it
 * is done.
 */
export async function tell(window: GroupWindow, deps: TellDeps): Promise<boolean> {
  const digest = window.outcome?.digest;
  if (digest && !(await writeDown(window, digest, deps))) return false;
  if (digest && !(await escalate(window, digest, deps))) return false;
  if (digest && !(await send(window, digest, deps))) return false;
  if (digest && !(await tellStandIns(window, digest, deps))) return false;
  const next = await nextOf(window, deps);
  if (!next) return true;
  const [written] = await deps.windows.open([next], deps.windowTtl());
  return written?.kind !== 'unknown';
}

/** It can be looked up, and replayed, like any event; the record of its fan-out says where it goes. */
async function writeDown(window: GroupWindow, digest: Event, deps: TellDeps): Promise<boolean> {
  const { tenant, destination } = window;
  const { id, topic } = digest;
  // The number of a group's window comes again when all that is known of the group was forgotten.
  const known = (await deps.events.read(tenant, [id])).get(id);
  const replaces = known && !isLive(known, deps.now()) ? known.ttl : undefined;
  const hash = canonicalHash(digest);
  const common = { kind: 'event', isAlert: false, isContested: false, pack: id, at: deps.now() } as const;
  const [kept] = await deps.events.write(tenant, [{ ...common, event: digest, hash, replaces }]);
  if (kept === undefined) return false;
  const destinations = new Map([[id, [destination]]]);
  const [listed] = await deps.record(
    [{ tenant, topic, hour: hourOf(digest), pack: id, destinations, ...retentionOf(digest) }],
    deps.ttl,
  );
  if (!listed) return false;
  const watches = watchesOf({ ...listed, mode: window.outcome?.mode }, await deps.catalog(tenant));
  const watched = watches.length === 0 ? [] : await deps.failovers.open(watches, []);
  return watched.every(({ kind }) => kind !== 'unknown');
}

/** A route escalates a group as one incident: it begins and ends with what is told of it. */
async function escalate({ tenant, rule }: GroupWindow, digest: Event, deps: TellDeps): Promise<boolean> {
  const catalog = await deps.catalog(tenant);
  if (!tellsOfEscalated(digest, catalog)) return true;
  // To the provider of a step it is one, too, whichever destination's window began it.
  const event = { ...digest, dedupeKey: incidentOf(digest) };
  return escalateEvents(tenant, { candidates: [{ event, routes: [rule] }], steps: [] }, catalog, deps);
}

async function send(window: GroupWindow, digest: Event, deps: TellDeps): Promise<boolean> {
  const { tenant, destination, outcome = {}, closedAt = deps.now() } = window;
  const { lane } = digest;
  const channel = baseOf(await deps.catalog(tenant), destination)?.channel ?? '';
  const { mode, alone, incident } = outcome;
  const payload = deps.channels.get(channel)?.payload ?? 'text';
  const notification = alone
    ? { ...alone, id: digest.id }
    : render(digest, undefined, payload, await linksFor(window, digest, deps));
  const delivery: Delivery = {
    notification,
    n: 1,
    since: closedAt,
    ...(mode && { mode }),
    ...retentionOf(digest),
    ...(incident && { incident }),
  };
  const pack: DeliveryPack = { v: 1, kind: 'deliveries', tenant, destination, lane, items: [delivery] };
  const message = { body: JSON.stringify(pack), groupId: groupOf(tenant, destination) };
  const [safe] = await enqueueAll(
    [{ queue: deliverQueue(deps.queues, channel, lane), message }],
    deps.enqueue,
  );
  return safe === true;
}

/** Who has heard of a group in place of its destination hears that it is over. */
async function tellStandIns(
  { tenant, destination }: GroupWindow,
  digest: Event,
  deps: TellDeps,
): Promise<boolean> {
  const { destinations } = await deps.catalog(tenant);
  const note = destinations.get(destination)?.failover && endNote(digest, destination, deps.now());
  if (!note) return true;
  const owed = await deps.standIns.note(tenant, [note]);
  return await tellInPlace(tenant, digest, owed, deps);
}

async function linksFor(window: GroupWindow, digest: Event, deps: TellDeps): Promise<Links | undefined> {
  const { tenant, destination, outcome } = window;
  const isEscalated = tellsOfEscalated(digest, await deps.catalog(tenant));
  if (!deps.links || !(isEscalated || outcome?.topics)) return undefined;
  const linked = { event: digest, destination, isEscalated, topics: outcome?.topics };
  return linksOf(linked, await deps.links(tenant));
}

/** The window in which what fires without a change is told again. */
async function nextOf(window: GroupWindow, deps: TellDeps): Promise<NewWindow | undefined> {
  const { tenant, group, kind, destination, rule, values, outcome, closedAt = deps.now() } = window;
  const { firing = [], toldAt = closedAt } = outcome?.alerts ?? {};
  if (firing.length === 0) return undefined;
  const { repeatMs = GROUP_DEFAULTS.repeatMs } = window;
  const target = baseOf(await deps.catalog(tenant), destination);
  const severity = worstOf(firing);
  const due = toldAt + repeatMs;
  return {
    tenant,
    group,
    kind,
    destination,
    rule,
    values,
    repeatMs,
    n: window.n + 1,
    afterMs: closedAt,
    dueAtMs: target ? compileRest(target)({ lane: 'normal', ...(severity && { severity }) }, due) : due,
    isEmpty: true,
  };
}
