import type { Catalog, Template } from '../core/catalog.ts';
import type { Delivery } from '../core/delivery.ts';
import { type Event, type Lane, hourOf } from '../core/event.ts';
import type { FanOut } from '../core/fan-out.ts';
import {
  type DeliveryPack,
  type EventPack,
  MAX_HOPS,
  type OutgoingMessage,
  PACK_MAX_DELIVERIES,
  PACK_TARGET_BYTES,
  type QueueRecord,
  packBySize,
  parseEventPack,
} from '../core/message.ts';
import { render } from '../core/render.ts';
import { type Matching, type RouteMatch, compileRoutes } from '../core/route.ts';
import { type DeliverQueues, type Enqueue, deliverQueue, enqueueAll, groupOf } from './queues.ts';
import { type ReadDeps, readMessages } from './read.ts';

export interface FanOutDeps extends ReadDeps {
  readonly catalog: (tenant: string) => Promise<Catalog>;
  /** Inserts fan-out records, or answers those that are there already; `undefined`: not known. */
  readonly record: (planned: readonly FanOut[], ttl: number) => Promise<readonly (FanOut | undefined)[]>;
  readonly enqueue: Enqueue;
  readonly queues: DeliverQueues;
  /** The queue this function reads from: what exceeds one invocation goes back there. */
  readonly ownQueue: string;
  /** Whether the channel's notifications carry the event's data. */
  readonly payloadOf: (channel: string) => 'text' | 'event';
  readonly now: () => number;
}

/** More deliveries than this are split over several invocations. */
export const MAX_DELIVERIES = 2_000;
const TTL_DAYS = 30;

/** One delivery to be made, and the message it descends from. */
interface Planned {
  readonly source: string;
  readonly tenant: string;
  readonly destination: string;
  readonly channel: string | undefined;
  readonly lane: Lane;
  readonly delivery: Delivery;
}

/** A pack with what became of its events. */
interface Routed {
  readonly record: QueueRecord;
  readonly pack: EventPack;
  readonly catalog: Catalog;
  readonly matches: Matches;
  readonly fanOuts: readonly FanOut[];
}

/** Event id -> the routes that want it. */
type Matches = ReadonlyMap<string, readonly RouteMatch[]>;

/**
 * Events in, deliveries out: read the packs, match the routes, write down who hears what, then enqueue
 * exactly what is written. Answers the ids of messages that must come again.
 */
export async function fanOut(records: readonly QueueRecord[], deps: FanOutDeps): Promise<string[]> {
  const { readable, failed } = await readMessages(records, parseEventPack, deps);
  const { routed, unrouted } = await route(readable, deps);
  const { planned, rest } = cutAtLimit(routed, deps);
  const lost = await send(planned, deps);
  const stranded = await sendRest(
    rest.filter(({ record }) => !lost.has(record.messageId)),
    deps,
  );
  return [...new Set([...failed, ...unrouted, ...lost, ...stranded])];
}

/** Matches every event, and records the result before anything is sent. */
async function route(
  packs: readonly { readonly record: QueueRecord; readonly message: EventPack }[],
  deps: FanOutDeps,
): Promise<{ routed: Routed[]; unrouted: string[] }> {
  const unrouted: string[] = [];
  const matched: (Omit<Routed, 'fanOuts'> & { readonly planned: FanOut[] })[] = [];
  for (const { record, message } of packs) {
    try {
      const catalog = await deps.catalog(message.tenant);
      const matches = matchEvents(message.items, routesOf(catalog));
      matched.push({ record, pack: message, catalog, matches, planned: planFanOuts(message, matches) });
    } catch (error) {
      deps.telemetry.log('error', 'catalog cannot be read', {
        tenant: message.tenant,
        error: error as Error,
      });
      unrouted.push(record.messageId);
    }
  }
  const ttl = Math.ceil(deps.now() / 1000) + TTL_DAYS * 86_400;
  const recorded = await deps.record(
    matched.flatMap(({ planned }) => planned),
    ttl,
  );
  const routed: Routed[] = [];
  let position = 0;
  for (const { planned, ...one } of matched) {
    const fanOuts = recorded.slice(position, (position += planned.length)).filter((one) => one !== undefined);
    if (fanOuts.length < planned.length) unrouted.push(one.record.messageId);
    else routed.push({ ...one, fanOuts });
  }
  return { routed, unrouted };
}

function matchEvents(events: readonly Event[], matching: Matching): Matches {
  return new Map(events.map((event) => [event.id, matching(event)]));
}

/** The fan-out records of a pack: one per topic and hour. */
function planFanOuts(pack: EventPack, matches: Matches): FanOut[] {
  const groups = Map.groupBy(uniqueById(pack.items), (event) => `${event.topic}#${hourOf(event)}`);
  return [...groups.values()].map((events) => {
    const [{ topic, time }] = events as [Event];
    const destinations = new Map(
      events.map(({ id }) => [id, (matches.get(id) ?? []).flatMap((match) => match.destinations)]),
    );
    return { tenant: pack.tenant, topic, hour: hourOf({ time }), pack: pack.pack, destinations };
  });
}

/** Makes the deliveries that the records list; beyond the limit of one invocation, packs go back with a cursor. */
function cutAtLimit(routed: readonly Routed[], deps: FanOutDeps): { planned: Planned[]; rest: RestOfPack[] } {
  const planned: Planned[] = [];
  const rest: RestOfPack[] = [];
  for (const one of routed) {
    const all = deliveriesOf(one, deps);
    const from = one.pack.cursor ?? 0;
    const to = Math.min(all.length, from + MAX_DELIVERIES - planned.length);
    planned.push(...all.slice(from, to));
    if (to < all.length)
      rest.push({ record: one.record, pack: { ...one.pack, cursor: to, hops: (one.pack.hops ?? 0) + 1 } });
  }
  return { planned, rest };
}

function deliveriesOf({ record, pack, catalog, matches, fanOuts }: Routed, deps: FanOutDeps): Planned[] {
  const listed = new Map(fanOuts.flatMap(({ destinations }) => [...destinations]));
  const since = deps.now();
  return uniqueById(pack.items).flatMap((event) => {
    const destinations = listed.get(event.id) ?? [];
    if (destinations.length === 0 && (pack.cursor ?? 0) === 0) deps.telemetry.add('NoRoute');
    return destinations.map((destination) => {
      const channel = catalog.destinations.get(destination)?.channel;
      const template = templateOf(matches.get(event.id) ?? [], destination, catalog);
      const payload = channel === undefined ? 'text' : deps.payloadOf(channel);
      const notification = render(event, template, payload);
      const delivery = { notification, n: 1, since };
      return {
        source: record.messageId,
        tenant: pack.tenant,
        destination,
        channel,
        lane: event.lane,
        delivery,
      };
    });
  });
}

/** The template of the route that leads to the destination. */
function templateOf(
  matches: readonly RouteMatch[],
  destination: string,
  catalog: Catalog,
): Template | undefined {
  const template = matches.find(({ destinations }) => destinations.includes(destination))?.template;
  return template === undefined ? undefined : catalog.templates.get(template);
}

/** Packs the deliveries by destination and enqueues them; answers the ids of messages that lost one. */
async function send(planned: readonly Planned[], deps: FanOutDeps): Promise<Set<string>> {
  const groups = Map.groupBy(planned, ({ tenant, destination, lane }) => `${tenant}#${destination}#${lane}`);
  const outgoing = [...groups.values()].flatMap((group) => {
    const [{ tenant, destination, lane, channel }] = group as [Planned];
    const items = group.map(({ delivery, source }) => ({ delivery, source }));
    return packBySize(items, PACK_TARGET_BYTES, PACK_MAX_DELIVERIES).map((part) => {
      const pack: DeliveryPack = {
        v: 1,
        kind: 'deliveries',
        tenant,
        destination,
        lane,
        items: part.map(({ delivery }) => delivery),
      };
      const message: OutgoingMessage = { body: JSON.stringify(pack), groupId: groupOf(tenant, destination) };
      return {
        queue: deliverQueue(deps.queues, channel, lane),
        message,
        sources: part.map(({ source }) => source),
      };
    });
  });
  const safe = await enqueueAll(outgoing, deps.enqueue);
  return new Set(outgoing.flatMap(({ sources }, index) => (safe[index] ? [] : sources)));
}

interface RestOfPack {
  readonly record: QueueRecord;
  readonly pack: EventPack;
}

/** Puts back what was too much for one invocation, before its message is acknowledged. */
async function sendRest(rest: readonly RestOfPack[], deps: FanOutDeps): Promise<string[]> {
  const runaways = rest.filter(({ pack }) => (pack.hops ?? 0) > MAX_HOPS);
  for (const { record } of runaways) await deps.poison(record, 'went round too often');
  const going = rest.filter((one) => !runaways.includes(one));
  const outgoing = going.map(({ pack }) => ({
    queue: deps.ownQueue,
    message: { body: JSON.stringify(pack), groupId: pack.tenant },
  }));
  const safe = await enqueueAll(outgoing, deps.enqueue);
  return going.filter((_, index) => !safe[index]).map(({ record }) => record.messageId);
}

function uniqueById(events: readonly Event[]): Event[] {
  return [...new Map(events.map((event) => [event.id, event])).values()];
}

const compiled = new WeakMap<Catalog, Matching>();

/** Routes are compiled once per catalog snapshot. */
function routesOf(catalog: Catalog): Matching {
  let routes = compiled.get(catalog);
  if (!routes) compiled.set(catalog, (routes = compileRoutes(catalog.routes)));
  return routes;
}
