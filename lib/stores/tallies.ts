import { keys } from '../core/keys.ts';
import { parseJson } from '../core/parse-json.ts';
import type { Passed, Tally } from '../core/tally.ts';
import type { Written } from '../core/written.ts';
import { number, text } from './attributes.ts';
import { type Item, type Table, execute, getItems, insert, keyText, update } from './table.ts';

export interface TallyRef {
  readonly tenant: string;
  readonly name: string;
}

/** A tally as it was read; `version` 0: there is none. */
export interface TallyRead {
  readonly version: number;
  readonly tally: Tally;
}

export interface TallyWrite extends TallyRef {
  readonly seen: number;
  readonly tally: Tally;
  readonly ttl: number;
}

/** Counts of what was let through, each an item that is written under the condition that it is as it was read. */
export function createTallies(table: Table) {
  return {
    /** Throws when the table cannot be read. */
    async read(refs: readonly TallyRef[]): Promise<TallyRead[]> {
      const items = await getItems(table, refs.map(keyOf));
      return refs.map((ref) => tallyOf(items.get(keyText(keyOf(ref)))));
    },

    /** `conflict`: somebody else has written in between. */
    write: (writes: readonly TallyWrite[]): Promise<Written[]> =>
      execute(
        table,
        writes.map(({ seen, tally, ttl, ...ref }) => {
          const set = { version: seen + 1, lines: JSON.stringify([...tally]), ttl };
          if (seen === 0) return insert(table, { ...keyOf(ref), ...set });
          return update(table, keyOf(ref), set, { version: seen });
        }),
      ),
  };
}

function keyOf({ tenant, name }: TallyRef) {
  return keys.tally(tenant, name);
}

function tallyOf(item: Item | undefined): TallyRead {
  const lines = item && text(item, 'lines');
  if (!item || lines === undefined) return { version: 0, tally: new Map() };
  const entries: readonly (readonly [string, readonly Passed[]])[] = parseJson(lines);
  return { version: number(item, 'version') ?? 0, tally: new Map(entries) };
}
