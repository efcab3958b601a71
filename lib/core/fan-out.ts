import { type Event, hourOf } from './event.ts';
import type { EventPack } from './message.ts';
import type { DeliveryMode } from './mode.ts';
import type { Hush } from './silence.ts';

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
  /** Event id -> what its routes named and a rule keeps back; absent where nothing is. */
  readonly suppressed?: ReadonlyMap<string, Suppressed>;
  /** How they are delivered; absent: at least once. */
  readonly mode?: DeliveryMode | undefined;
}

/** Destinations that do not hear of an event, and the rules that keep it from them. */
export interface Suppressed {
  readonly destinations: readonly string[];
  /** At most `MAX_RULES`, such as `silenced:maintenance`: the reason, and the id of its rule. */
  readonly by: readonly string[];
}

/** Ids of the rules, without the reasons before them. */
export function ruleIds({ by }: Pick<Suppressed, 'by'>): string[] {
  return by.map((rule) => rule.slice(rule.indexOf(':') + 1));
}

/** A record has room for so many rules an event; who wonders why needs one. */
const MAX_RULES = 3;

export type FanOutKey = Pick<FanOut, 'tenant' | 'topic' | 'hour' | 'pack'>;

/** What a catalog says of events now. */
export interface FanOutRules {
  readonly destinationsOf: (event: Event) => readonly string[];
  readonly modeFor?: (topic: string) => DeliveryMode | undefined;
  readonly hush?: Hush | undefined;
}

/** The records of a pack, one per topic and hour, as the rules would have them now. */
export function planFanOuts(
  { tenant, pack, items }: EventPack,
  { destinationsOf, modeFor = () => undefined, hush }: FanOutRules,
): FanOut[] {
  const groups = Map.groupBy(uniqueById(items), (event) => `${event.topic}#${hourOf(event)}`);
  return [...groups].map(([group, events]): FanOut => {
    const [topic = '', hour = ''] = group.split('#');
    const parted = events.map((event) => [event.id, part(event, destinationsOf(event), hush)] as const);
    const destinations = new Map(parted.map(([id, { heard }]) => [id, heard]));
    const suppressed = new Map(parted.flatMap(([id, { kept }]) => (kept ? [[id, kept] as const] : [])));
    const mode = modeFor(topic);
    const record = { tenant, topic, hour, pack, destinations, mode };
    return suppressed.size > 0 ? Object.assign(record, { suppressed }) : record;
  });
}

interface Parted {
  readonly heard: readonly string[];
  readonly kept?: Suppressed;
}

/**
 * Who hears of an event, and who is kept from it. What somebody sends to destinations by name is not silenced; nor is
 * the end of an alert: an incident that nobody closes swallows the next page, which merges into it.
 */
function part(event: Event, destinations: readonly string[], hush: Hush | undefined): Parted {
  const isHeard = event.to !== undefined || event.data['status'] === 'resolved';
  const rulesFor = isHeard ? undefined : hush?.(event);
  if (!rulesFor) return { heard: destinations };
  const rules = new Map(destinations.map((id) => [id, rulesFor(id)]));
  const isKept = (id: string): boolean => rules.get(id)!.length > 0;
  const kept = destinations.filter(isKept);
  if (kept.length === 0) return { heard: destinations };
  const by = [...new Set(kept.flatMap((id) => rules.get(id)!))].slice(0, MAX_RULES);
  return {
    heard: destinations.filter((id) => !isKept(id)),
    kept: { destinations: kept, by: by.map((id) => `silenced:${id}`) },
  };
}

/** An event of a pack, and where its record sends it. */
export interface Listed {
  readonly event: Event;
  readonly destinations: readonly string[];
  /** How many destinations a rule keeps it from. */
  readonly suppressed: number;
  readonly mode: DeliveryMode | undefined;
}

/** What the records list for a pack's events, in the order that a pack's cursor counts. */
export function listedIn({ items }: EventPack, fanOuts: readonly FanOut[]): Listed[] {
  const records = new Map(
    fanOuts.flatMap((one) => [...one.destinations.keys()].map((id) => [id, one] as const)),
  );
  return uniqueById(items).map((event) => {
    const record = records.get(event.id);
    return {
      event,
      destinations: record?.destinations.get(event.id) ?? [],
      suppressed: record?.suppressed?.get(event.id)?.destinations.length ?? 0,
      mode: record?.mode,
    };
  });
}

function uniqueById(events: readonly Event[]): Event[] {
  return [...new Map(events.map((event) => [event.id, event])).values()];
}
