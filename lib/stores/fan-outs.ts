import type { FanOut, FanOutKey } from '../core/fan-out.ts';
import { keys } from '../core/keys.ts';
import { modeOf } from '../core/mode.ts';
import { type ListText, readListTexts, toListText, writeParts } from './list-parts.ts';
import { parseLists } from './lists.ts';
import { type Table, execute, getItems, insert, keyText } from './table.ts';

export function createFanOuts(table: Table, { now }: { readonly now: () => number }) {
  /** Reads records by key, in order; absent ones are `undefined`. */
  async function read(wanted: readonly FanOutKey[]): Promise<(FanOut | undefined)[]> {
    const items = await getItems(table, wanted.map(keyOf));
    const found = wanted.map((key) => ({ tenant: key.tenant, item: items.get(keyText(keyOf(key))) }));
    const texts = await readListTexts(table, found);
    return wanted.map((key, index) => {
      const lists = texts[index];
      const mode = found[index]?.item?.['mode'];
      if (lists === undefined) return undefined;
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
      const texts = new Map(unique.map((fanOut) => [fanOut, toListText(fanOut)]));
      const safe = await writeParts(table, [...texts.values()], ttl);
      const going = unique.filter((fanOut) => safe.has(texts.get(fanOut)!));
      const written = await execute(
        table,
        going.map((fanOut) => insert(table, toItem(fanOut, texts.get(fanOut)!, now(), ttl))),
      );
      const kinds = new Map(going.map((fanOut, index) => [fanOut, written[index]?.kind]));
      const existing = unique.filter((fanOut) => kinds.get(fanOut) === 'conflict');
      const found = existing.length > 0 ? await read(existing) : [];
      const known = new Map<string, FanOut | undefined>();
      unique.forEach((fanOut) => {
        const kind = kinds.get(fanOut);
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

function toItem(
  fanOut: FanOut,
  { attributes }: ListText,
  nowMs: number,
  ttl: number,
): Record<string, unknown> {
  return { ...keyOf(fanOut), ...attributes, mode: fanOut.mode, at: nowMs, ttl };
}
