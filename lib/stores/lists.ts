import type { FanOut } from '../core/fan-out.ts';
import type { Suppressed } from '../core/hush.ts';
import { parseJson } from '../core/parse-json.ts';

type Decided = Pick<FanOut, 'destinations' | 'held' | 'suppressed'>;

/** Marks in a list: a destination that hears of the event when a window closes; one that is kept from the event; behind some, a rule that keeps it from them. No name begins so. */
const HELD = '+';
const KEPT = '!';
const RULE = '@';

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
 * of 128 characters, each with a list of its own of 100 destinations, comes to less than 380 KB, with six rules each.
 */
const NAMED_BYTES = 256 * 1024;
const RADIX = 36;
const DIGITS = 2;
const MAX_NAMES = RADIX ** DIGITS;

/** Who hears of which event, and who is kept from it, as one text. */
export function writeLists({ destinations, held, suppressed }: Decided): string {
  const sets = new Map<string, { readonly index: number; readonly list: readonly string[] }>();
  const of = [...destinations].map(([event, heard]): [string, number] => {
    const waiting = (held?.get(event) ?? []).map((id) => HELD + id);
    const list = [...heard, ...waiting, ...(suppressed?.get(event) ?? []).flatMap(textsOf)];
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
export function parseLists(text: string): Decided {
  const { sets, of, names = [] }: Lists = parseJson(text);
  const lists = sets.map((set) => (typeof set === 'string' ? namesIn(set, names) : set)).map(partsOf);
  const events = Object.entries(of).map(([event, index]) => [event, lists[index] ?? partsOf([])] as const);
  const kept = events.filter(([, { suppressed }]) => suppressed.length > 0);
  const waiting = events.filter(([, { held }]) => held.length > 0);
  return {
    destinations: new Map(events.map(([event, { heard }]) => [event, heard])),
    ...(waiting.length > 0 && { held: new Map(waiting.map(([event, { held }]) => [event, held])) }),
    ...(kept.length > 0 && {
      suppressed: new Map(kept.map(([event, { suppressed }]) => [event, suppressed])),
    }),
  };
}

function textsOf({ destinations, by }: Suppressed): string[] {
  return [...destinations.map((id) => KEPT + id), ...by.map((rule) => RULE + rule)];
}

/** The rules behind some destinations are those of all of them. */
function partsOf(list: readonly string[]) {
  const heard: string[] = [];
  const held: string[] = [];
  const suppressed: { readonly destinations: string[]; readonly by: string[] }[] = [];
  for (const one of list) {
    const last = suppressed.at(-1);
    if (one.startsWith(RULE)) last?.by.push(one.slice(RULE.length));
    else if (one.startsWith(HELD)) held.push(one.slice(HELD.length));
    else if (!one.startsWith(KEPT)) heard.push(one);
    else if (last && last.by.length === 0) last.destinations.push(one.slice(KEPT.length));
    else suppressed.push({ destinations: [one.slice(KEPT.length)], by: [] });
  }
  return { heard, held, suppressed };
}

function namesIn(set: string, names: readonly string[]): string[] {
  const places = Array.from({ length: set.length / DIGITS }, (_, at) =>
    set.slice(at * DIGITS, (at + 1) * DIGITS),
  );
  return places.flatMap((place) => names[Number.parseInt(place, RADIX)] ?? []);
}
