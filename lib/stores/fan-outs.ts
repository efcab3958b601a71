import type { FanOut, FanOutKey } from '../core/fan-out.ts';
import { keys } from '../core/keys.ts';
import { type Table, execute, getItems, insert, keyText } from './table.ts';

export function createFanOuts(table: Table, { now }: { readonly now: () => number }) {
  /** Reads records by key, in order; absent ones are `undefined`. */
  async function read(wanted: readonly FanOutKey[]): Promise<(FanOut | undefined)[]> {
    const items = await getItems(table, wanted.map(keyOf));
    return wanted.map((key) => {
      const lists = items.get(keyText(keyOf(key)))?.['lists'];
      return typeof lists === 'string' ? { ...key, destinations: parseLists(lists) } : undefined;
    });
  }

  return {
    /**
     * Inserts the records; where one exists already, the existing one is answered instead. `undefined` stands
     * for a record whose fate is not known: its pack must come again.
     */
    async record(planned: readonly FanOut[], ttl: number): Promise<(FanOut | undefined)[]> {
      // A message that was received twice brings its records twice; one key may stand in a call only once.
      const unique = [...new Map(planned.map((fanOut) => [keyText(keyOf(fanOut)), fanOut])).values()];
      const written = await execute(
        table,
        unique.map((fanOut) => insert(table, toItem(fanOut, now(), ttl))),
      );
      const existing = unique.filter((_, index) => written[index]?.kind === 'conflict');
      const found = existing.length > 0 ? await read(existing) : [];
      const known = new Map<string, FanOut | undefined>();
      unique.forEach((fanOut, index) => {
        const kind = written[index]?.kind;
        const record =
          kind === 'written' ? fanOut : kind === 'conflict' ? found[existing.indexOf(fanOut)] : undefined;
        known.set(keyText(keyOf(fanOut)), record);
      });
      return planned.map((fanOut) => known.get(keyText(keyOf(fanOut))));
    },

    read,
  };
}

export type FanOuts = ReturnType<typeof createFanOuts>;

function keyOf({ tenant, topic, hour, pack }: FanOutKey) {
  return keys.fanOut(tenant, topic, hour, pack);
}

/** Events of a pack mostly go to the same places: each distinct list is written once. */
function toItem(fanOut: FanOut, nowMs: number, ttl: number): Record<string, unknown> {
  const sets: string[][] = [];
  const indexes = new Map<string, number>();
  const of: Record<string, number> = {};
  for (const [event, destinations] of fanOut.destinations) {
    const text = destinations.join(' ');
    let index = indexes.get(text);
    if (index === undefined) {
      index = sets.push([...destinations]) - 1;
      indexes.set(text, index);
    }
    of[event] = index;
  }
  return { ...keyOf(fanOut), lists: JSON.stringify({ sets, of }), at: nowMs, ttl };
}

function parseLists(text: string): Map<string, readonly string[]> {
  const { sets, of } = JSON.parse(text) as { sets: string[][]; of: Record<string, number> };
  return new Map(Object.entries(of).map(([event, index]) => [event, sets[index] ?? []]));
}
