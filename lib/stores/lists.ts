import type { FanOut } from '../core/fan-out.ts';
import { parseJson } from '../core/parse-json.ts';

type Destinations = FanOut['destinations'];

/** As a record keeps them: events of a pack mostly go to the same places. */
interface Lists {
  /** The distinct lists of destinations: their names, or their places in `names`. */
  readonly sets: readonly (readonly string[] | string)[];
  /** Event id -> position of its list. */
  readonly of: Readonly<Record<string, number>>;
  readonly names?: readonly string[];
}

/*
 * DynamoDB takes 400 KB for an item. Names are up to 63 characters long: where events go to many destinations, each
 * to others, they are written once, and lists are two characters per destination. A pack of 1,000 events with ids
 * of 128 characters, each with a list of its own of 100 destinations, comes to less than 360 KB.
 */
const NAMED_BYTES = 256 * 1024;
const RADIX = 36;
const DIGITS = 2;
const MAX_NAMES = RADIX ** DIGITS;

/** Event id -> destination ids, as one text. */
export function writeLists(destinations: Destinations): string {
  const sets = new Map<string, { readonly index: number; readonly list: readonly string[] }>();
  const of = [...destinations].map(([event, list]): [string, number] => {
    const text = list.join(' ');
    const set = sets.get(text) ?? { index: sets.size, list };
    sets.set(text, set);
    return [event, set.index];
  });
  const named: Lists = {
    sets: [...sets.values()].map(({ list }) => list),
    // `fromEntries` makes an own member even of an event called `__proto__`.
    of: Object.fromEntries(of),
  };
  const text = JSON.stringify(named);
  const names = [...new Set([...sets.values()].flatMap(({ list }) => list))];
  if (Buffer.byteLength(text) <= NAMED_BYTES || names.length > MAX_NAMES) return text;
  const places = new Map(names.map((name, at) => [name, at.toString(RADIX).padStart(DIGITS, '0')]));
  const placed = [...sets.values()].map(({ list }) => list.map((name) => places.get(name)).join(''));
  return JSON.stringify({ ...named, sets: placed, names } satisfies Lists);
}

/** The reverse. */
export function parseLists(text: string): Map<string, readonly string[]> {
  const { sets, of, names = [] }: Lists = parseJson(text);
  const lists = sets.map((set) => (typeof set === 'string' ? namesIn(set, names) : set));
  return new Map(Object.entries(of).map(([event, index]) => [event, lists[index] ?? []]));
}

function namesIn(set: string, names: readonly string[]): string[] {
  const places = Array.from({ length: set.length / DIGITS }, (_, at) =>
    set.slice(at * DIGITS, (at + 1) * DIGITS),
  );
  return places.flatMap((place) => names[Number.parseInt(place, RADIX)] ?? []);
}
