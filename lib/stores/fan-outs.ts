import type { FanOut, FanOutKey } from '../core/fan-out.ts';
import { keys } from '../core/keys.ts';
import { modeOf } from '../core/mode.ts';
import { type KeptUntil, retentionOf } from '../core/retention.ts';
import { number } from './attributes.ts';
import { type ListText, readListTexts, toListText, writeParts } from './list-parts.ts';
import { parseLists } from './lists.ts';
import { type Statement, type Table, execute, getItems, insert, keyText, update } from './table.ts';

export function createFanOuts(table: Table, { now }: { readonly now: () => number }) {
  /** Reads records by key, in order; absent ones are `undefined`. */
  async function read(wanted: readonly FanOutKey[]): Promise<(FanOut | undefined)[]> {
    const items = await getItems(table, wanted.map(keyOf));
    const found = wanted.map((key) => ({ tenant: key.tenant, item: items.get(keyText(keyOf(key))) }));
    const texts = await readListTexts(table, found);
    // The key alone: who asks may plan otherwise by now.
    return wanted.map(({ tenant, topic, hour, pack }, index) => {
      const lists = texts[index];
      const item = found[index]?.item;
      if (lists === undefined || !item) return undefined;
      const { mode } = item;
      return {
        tenant,
        topic,
        hour,
        pack,
        ...parseLists(lists),
        ...(mode !== undefined && { mode: modeOf(mode) }),
        ...retentionOf({ retentionDays: number(item, 'retentionDays') }),
        ...(item['uncounted'] === true && { uncounted: true }),
      };
    });
  }

  /** Writes the records; where somebody was first, what is there is answered instead. */
  async function write(
    planned: readonly FanOut[],
    until: KeptUntil,
    statementFor: (fanOut: FanOut, text: ListText) => Statement,
  ): Promise<(FanOut | undefined)[]> {
    // A message that was received twice brings its records twice; one key may stand in a call only once.
    const unique = [...new Map(planned.map((fanOut) => [keyText(keyOf(fanOut)), fanOut])).values()];
    const texts = new Map(unique.map((fanOut) => [fanOut, toListText(fanOut, until)]));
    const safe = await writeParts(table, [...texts.values()]);
    const going = unique.filter((fanOut) => safe.has(texts.get(fanOut)!));
    const written = await execute(
      table,
      going.map((fanOut) => statementFor(fanOut, texts.get(fanOut)!)),
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
  }

  const inserted = (fanOut: FanOut, text: ListText): Statement => insert(table, toItem(fanOut, text, now()));

  /** Closes what is open as it is listed; answers what is there in the end. */
  async function close(planned: readonly FanOut[], until: KeptUntil): Promise<(FanOut | undefined)[]> {
    const open = new Set<FanOut>();
    const closed = planned.map((fanOut) => {
      if (!fanOut.uncounted) return fanOut;
      const { uncounted: _, ...counted } = fanOut;
      open.add(counted);
      return counted;
    });
    return await write(closed, until, (fanOut, text) =>
      open.has(fanOut)
        ? update(table, keyOf(fanOut), text.attributes, { uncounted: true }, 'uncounted')
        : inserted(fanOut, text),
    );
  }

  return {
    /**
     * Inserts the records, or closes those that are uncounted; where there is one already, the existing one is
     * answered instead, and counts for good even if somebody was about to count it. `undefined` stands for a record
     * whose fate is not known: its pack must come again.
     */
    record: async (planned: readonly FanOut[], until: KeptUntil): Promise<(FanOut | undefined)[]> => {
      const found = await close(planned, until);
      const open = found.flatMap((one) => (one?.uncounted ? [one] : []));
      if (open.length === 0) return found;
      const closed = await close(open, until);
      return found.map((one) => (one?.uncounted ? closed[open.indexOf(one)] : one));
    },

    /** Inserts the records as uncounted; otherwise like `record`. */
    open: (planned: readonly FanOut[], until: KeptUntil): Promise<(FanOut | undefined)[]> =>
      write(
        planned.map((fanOut) => ({ ...fanOut, uncounted: true })),
        until,
        inserted,
      ),

    read,
  };
}

function keyOf({ tenant, topic, hour, pack }: FanOutKey) {
  return keys.fanOut(tenant, topic, hour, pack);
}

function toItem(fanOut: FanOut, { attributes, ttl }: ListText, nowMs: number): Record<string, unknown> {
  const { mode, retentionDays, uncounted } = fanOut;
  return { ...keyOf(fanOut), ...attributes, mode, retentionDays, uncounted, at: nowMs, ttl };
}
