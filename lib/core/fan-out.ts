import { type Event, hourOf } from './event.ts';
import type { EventPack } from './message.ts';
import type { DeliveryMode } from './mode.ts';

/**
 * Which event of a pack goes to which destinations, decided once: inserted before any delivery is enqueued.
 * Whoever finds one sends exactly what it lists, because the catalog may have changed between two runs.
 */
export interface FanOut {
  readonly tenant: string;
  readonly topic: string;
  /** UTC hour of the events' time, `2026-11-21T04`. */
  readonly hour: string;
  readonly pack: string;
  /** Event id -> destination ids; an empty list says that no route wanted it. */
  readonly destinations: ReadonlyMap<string, readonly string[]>;
  /** How they are delivered; absent: at least once. */
  readonly mode?: DeliveryMode | undefined;
}

export type FanOutKey = Pick<FanOut, 'tenant' | 'topic' | 'hour' | 'pack'>;

/**
 * The records of a pack, one per topic and hour; `destinationsOf` is what the routes say now, `modeFor` what the
 * settings of topics do.
 */
export function planFanOuts(
  { tenant, pack, items }: EventPack,
  destinationsOf: (event: Event) => readonly string[],
  modeFor: (topic: string) => DeliveryMode | undefined = () => undefined,
): FanOut[] {
  const groups = Map.groupBy(uniqueById(items), (event) => `${event.topic}#${hourOf(event)}`);
  return [...groups].map(([group, events]) => {
    const [topic = '', hour = ''] = group.split('#');
    const destinations = new Map(events.map((event) => [event.id, destinationsOf(event)]));
    return { tenant, topic, hour, pack, destinations, mode: modeFor(topic) };
  });
}

/** An event of a pack, and where its record sends it. */
export interface Listed {
  readonly event: Event;
  readonly destinations: readonly string[];
  readonly mode: DeliveryMode | undefined;
}

/** What the records list for a pack's events, in the order that a pack's cursor counts. */
export function listedIn({ items }: EventPack, fanOuts: readonly FanOut[]): Listed[] {
  const lists = new Map(
    fanOuts.flatMap(({ destinations, mode }) =>
      [...destinations].map(([id, list]) => [id, { list, mode }] as const),
    ),
  );
  return uniqueById(items).map((event) => {
    const { list = [], mode } = lists.get(event.id) ?? {};
    return { event, destinations: list, mode };
  });
}

function uniqueById(events: readonly Event[]): Event[] {
  return [...new Map(events.map((event) => [event.id, event])).values()];
}
