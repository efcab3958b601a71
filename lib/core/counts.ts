import type { Catalog, Destination, Topic } from './catalog.ts';
import { throughOf } from './destination-id.ts';
import type { Event } from './event.ts';
import { digest } from './order.ts';
import type { Gate } from './tally.ts';
import { compilePath, textOf } from './template.ts';
import { closestEntry } from './topic.ts';

/** What an event is counted by, for one of its destinations; a tally is one item, and one write for all of its lines. */
export interface Count extends Gate {
  /** Reason and id of the rule, such as `duplicate:topic:orders`. */
  readonly rule: string;
}

/** How an event counts for a destination; `undefined`: not at all. */
export type Counting = (event: Event, destination: string) => Count | undefined;

/** The countings of a catalog in the order in which they are asked; empty where nothing is counted. */
export function compileCountings({
  topics,
  destinations,
}: Pick<Catalog, 'topics' | 'destinations'>): readonly Counting[] {
  const hasDuplicates = topics.some(({ dedupeMs }) => dedupeMs !== undefined);
  const hasCaps = [...destinations.values()].some(({ cap }) => cap !== undefined);
  return [...(hasDuplicates ? [duplicates(topics)] : []), ...(hasCaps ? [caps(destinations)] : [])];
}

/**
 * The first event with a key is heard, and those that follow it within the time are duplicates, for each destination.
 * The end of an alert is none, and what comes after it is a beginning: else a second incident would be nobody's.
 */
function duplicates(topics: readonly Topic[]): Counting {
  const entryOf = closestEntry(topics);
  const keyOf = new Map(topics.map((entry) => [entry, keyAt(entry.dedupeBy)]));
  return (event, destination) => {
    const entry = entryOf(event.topic);
    if (entry?.dedupeMs === undefined || event.to) return undefined;
    const key = keyOf.get(entry)!(event);
    if (key === '') return undefined;
    return {
      name: `duplicates#${entry.id}#${digest(key)}`,
      line: destination,
      bound: { max: 1, perMs: entry.dedupeMs },
      rule: `duplicate:topic:${entry.id}`,
      clears: event.data['status'] === 'resolved',
    };
  };
}

function keyAt(path: string | undefined): (event: Event) => string {
  if (path === undefined) return ({ dedupeKey = '' }) => dedupeKey;
  const valueOf = compilePath(path);
  return (event) => textOf(valueOf(event));
}

/**
 * What is urgent passes, and so does the end of an alert; neither is counted. What leads to people through a
 * destination is counted for each of them.
 */
function caps(destinations: ReadonlyMap<string, Destination>): Counting {
  return (event, id) => {
    const through = throughOf(id);
    const bound = destinations.get(through)?.cap;
    const isFree =
      event.lane === 'urgent' || event.severity === 'critical' || event.data['status'] === 'resolved';
    if (!bound || isFree || event.to) return undefined;
    return { name: `cap#${id}`, line: '', bound, rule: `capped:destination:${through}` };
  };
}
