import type { FanOut, FanOutKey } from '../core/fan-out.ts';
import { keys } from '../core/keys.ts';
import { modeOf } from '../core/mode.ts';
import { parseLists, writeLists } from './lists.ts';
import { type Item, type Table, execute, getItems, insert, keyText } from './table.ts';

export function createFanOuts(table: Table, { now }: { readonly now: () => number }) {
  /** Reads records by key, in order; absent ones are `undefined`. */
  async function read(wanted: readonly FanOutKey[]): Promise<(FanOut | undefined)[]> {
    const items = await getItems(table, wanted.map(keyOf));
    return wanted.map((key) => {
      const item: Partial<Item> = items.get(keyText(keyOf(key))) ?? {};
      const { lists, mode } = item;
      if (typeof lists !== 'string') return undefined;
      return { ...key, ...parseLists(lists), ...(mode !== undefined && { mode: modeOf(mode) }) };
    });
  }

  return {
    /**
     * Inserts the records; where one exists already, the existing one is answered instead. `undefined` stands
     * for a record whose fate is not known: its pack must come again.
     */
    record: async (planned: readonly FanOut[], ttl: number): Promise<(FanOut | undefined)[]> => {
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

function keyOf({ tenant, topic, hour, pack }: FanOutKey) {
  return keys.fanOut(tenant, topic, hour, pack);
}

function toItem(fanOut: FanOut, nowMs: number, ttl: number): Record<string, unknown> {
  return { ...keyOf(fanOut), lists: writeLists(fanOut), mode: fanOut.mode, at: nowMs, ttl };
}
