import { type Event, hourOf } from './event.ts';
import type { Hold } from './hold.ts';
import { type Hush, type Suppressed, groupKept } from './hush.ts';
import type { EventPack } from './message.ts';
import type { DeliveryMode } from './mode.ts';
import { longestOf } from './retention.ts';
import type { RouteMatch } from './route.ts';

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
  readonly suppressed?: ReadonlyMap<string, readonly Suppressed[]>;
  /** Event id -> who hears of it when a window closes; absent where nobody does. */
  readonly held?: ReadonlyMap<string, readonly string[]>;
  /** How they are delivered; absent: at least once. */
  readonly mode?: DeliveryMode | undefined;
  /** How long it is kept: as the longest of its events. */
  readonly retentionDays?: number;
  /** Counts may still keep something back; it is on record so that every run asks for the same. */
  readonly uncounted?: true;
}

export type FanOutKey = Pick<FanOut, 'tenant' | 'topic' | 'hour' | 'pack'>;

/** What a catalog says of events at a time. */
export interface FanOutRules {
  readonly matchesOf: (event: Event) => readonly RouteMatch[];
  readonly modeFor?: (topic: string) => DeliveryMode | undefined;
  readonly hush?: Hush;
  /** What it waits for that a match leads to a destination. */
  readonly holdOf?: (
    tenant: string,
    event: Event,
    match: RouteMatch,
    destination: string,
  ) => Hold | undefined;
}

/** The records of a pack, one per topic and hour, as the rules would have them. */
export function planFanOuts({ tenant, pack, items, order }: EventPack, rules: FanOutRules): FanOut[] {
  const { matchesOf, modeFor = () => undefined, hush, holdOf = () => undefined } = rules;
  const groups = Map.groupBy(uniqueById(items), (event) => `${event.topic}#${hourOf(event)}`);
  return [...groups].map(([group, events]): FanOut => {
    const [topic = '', hour = ''] = group.split('#');
    const parted = events.map((event) => {
      const matches = matchesOf(event);
      const { heard, kept } = part(event, matches, hush);
      // What stays in order would be overtaken.
      const waits =
        order === undefined ? waiting(matches, (...which) => holdOf(tenant, event, ...which)) : NOBODY;
      const held = heard.filter((id) => waits.has(id));
      return { id: event.id, kept, held, heard: heard.filter((id) => !waits.has(id)) };
    });
    const suppressed = new Map(parted.flatMap(({ id, kept }) => (kept ? [[id, kept] as const] : [])));
    const held = new Map(parted.flatMap((one) => (one.held.length > 0 ? [[one.id, one.held] as const] : [])));
    const destinations = new Map(parted.map(({ id, heard }) => [id, heard]));
    const record = { tenant, topic, hour, pack, destinations, mode: modeFor(topic) };
    return Object.assign(
      record,
      longestOf(events),
      suppressed.size > 0 && { suppressed },
      held.size > 0 && { held },
    );
  });
}

const NOBODY: ReadonlySet<string> = new Set();

/** The destinations of some matches for which it waits. */
function waiting(
  matches: readonly RouteMatch[],
  holdOf: (match: RouteMatch, destination: string) => Hold | undefined,
): ReadonlySet<string> {
  return new Set(
    matches.flatMap((match) => match.destinations.filter((id) => holdOf(match, id) !== undefined)),
  );
}

interface Parted {
  readonly heard: readonly string[];
  readonly kept?: readonly Suppressed[];
}

/** Who hears of an event, and who is kept from it. */
function part(event: Event, matches: readonly RouteMatch[], hush: Hush | undefined): Parted {
  const destinations = matches.flatMap((match) => match.destinations);
  const kept = refusedIn(matches, destinations);
  if (!isAlwaysHeard(event)) {
    const rulesFor = hush?.(event);
    for (const match of matches)
      for (const id of match.destinations) {
        const by = [...mutes(match), ...(rulesFor?.(id) ?? [])];
        if (by.length > 0) kept.set(id, by);
      }
  }
  if (kept.size === 0) return { heard: destinations };
  return { heard: destinations.filter((id) => !kept.has(id)), kept: groupKept(kept) };
}

/** A record with more kept back than before: event -> destination -> the rules that keep it. */
export function keepBack(
  fanOut: FanOut,
  kept: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>,
): FanOut {
  const own = [...kept].filter(([event]) => fanOut.destinations.has(event));
  if (own.length === 0) return fanOut;
  const destinations = new Map(fanOut.destinations);
  const suppressed = new Map(fanOut.suppressed);
  for (const [event, more] of own) {
    const before = (suppressed.get(event) ?? []).flatMap(({ destinations: ids, by }) =>
      ids.map((id) => [id, by] as const),
    );
    destinations.set(
      event,
      destinations.get(event)!.filter((id) => !more.has(id)),
    );
    suppressed.set(event, groupKept(new Map([...before, ...more])));
  }
  return { ...fanOut, destinations, suppressed };
}

/** What everybody refuses who could hear of it there. */
function refusedIn(
  matches: readonly RouteMatch[],
  destinations: readonly string[],
): Map<string, readonly string[]> {
  const refused = matches.flatMap((match) => [...(match.refused ?? [])]);
  if (refused.length === 0) return new Map();
  const heard = new Set(destinations);
  return new Map(refused.filter(([id]) => !heard.has(id)));
}

/**
 * What somebody sends to destinations by name is kept from nobody; nor is the end of an alert: an incident that nobody
 * closes swallows the next page, which merges into it.
 */
export function isAlwaysHeard({ to, data }: Pick<Event, 'to' | 'data'>): boolean {
  return to !== undefined || data['status'] === 'resolved';
}

function mutes({ route, muted }: RouteMatch): string[] {
  return muted ? [`silenced:route:${route}`] : [];
}

/** An event of a pack, and where its record sends it. */
export interface Listed {
  readonly event: Event;
  readonly destinations: readonly string[];
  /** Behind the destinations. */
  readonly held: readonly string[];
  /** How many destinations a rule keeps it from. */
  readonly suppressed: number;
  readonly mode: DeliveryMode | undefined;
}

/** What the records list for a pack's events. */
export function listedIn({ items }: EventPack, fanOuts: readonly FanOut[]): Listed[] {
  const records = new Map(
    fanOuts.flatMap((one) => [...one.destinations.keys()].map((id) => [id, one] as const)),
  );
  return uniqueById(items).map((event) => {
    const record = records.get(event.id);
    return {
      event,
      destinations: record?.destinations.get(event.id) ?? [],
      held: record?.held?.get(event.id) ?? [],
      suppressed: countOf(record?.suppressed?.get(event.id)),
      mode: record?.mode,
    };
  });
}

/** One event and one of the destinations that its record lists. */
export interface Pair {
  readonly event: Event;
  readonly destination: string;
  readonly mode: DeliveryMode | undefined;
  /** It waits for a window to close. */
  readonly waits: boolean;
}

/** In the order that a pack's cursor counts. */
export function pairsIn(listed: readonly Listed[]): Pair[] {
  return listed.flatMap(({ event, destinations, held, mode }) => [
    ...destinations.map((destination) => ({ event, destination, mode, waits: false })),
    ...held.map((destination) => ({ event, destination, mode, waits: true })),
  ]);
}

function countOf(kept: readonly Suppressed[] = []): number {
  return kept.reduce((sum, { destinations }) => sum + destinations.length, 0);
}

function uniqueById(events: readonly Event[]): Event[] {
  return [...new Map(events.map((event) => [event.id, event])).values()];
}
