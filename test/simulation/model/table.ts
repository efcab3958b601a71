import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { IndexSpec, TableSpec } from '../../../cdk/local/table-spec.ts';
import { type Attributes, invalid } from './values.ts';

/** A write as it happened. */
export interface Write {
  readonly table: string;
  readonly before: Attributes | undefined;
  readonly after: Attributes | undefined;
}

export interface TableHooks {
  /** Hears every write, as it happens. */
  readonly onWrite?: ((write: Write) => void) | undefined;
  /** Indexes follow their table when this calls back. */
  readonly later?: ((follow: () => void) => void) | undefined;
}

const MAX_ITEM_BYTES = 400 * 1024;

/** One table: items by key, and indexes that follow behind. */
export function createTable(spec: TableSpec, { onWrite, later = (act) => act() }: TableHooks = {}) {
  const items = createPartitions(spec.hash);
  const indexes = new Map(
    spec.indexes.map((index) => [index.name, { index, entries: createPartitions(index.hash) }]),
  );

  function follow(key: string): void {
    const item = items.get(key);
    for (const { index, entries } of indexes.values())
      entries.set(key, item && isListed(index, item) ? projected(spec, index, item) : undefined);
  }

  return {
    spec,
    get: (key: Attributes): Attributes | undefined => items.get(keyOf(spec, key)),

    /** Writes an item, or removes it. */
    set(key: Attributes, item: Attributes | undefined): void {
      const id = keyOf(spec, key);
      const before = items.get(id);
      if (item) checkItem(spec, item);
      items.set(id, item);
      if (indexes.size > 0) later(() => follow(id));
      onWrite?.({ table: spec.name, before, after: item });
    },

    /** Those of a partition of the table, or of an index, that are wanted, in the order of their sort key. */
    sorted(
      indexName: string | undefined,
      partition: string,
      isWanted: (item: Attributes) => boolean,
    ): Attributes[] {
      const found = indexName === undefined ? { index: spec, entries: items } : indexes.get(indexName);
      if (!found) throw invalid(`${spec.name} has no index ${indexName}`);
      const { index, entries } = found;
      const sortKey = (item: Attributes): string => item[index.range ?? index.hash]?.S ?? '';
      const wanted = entries.in(partition).filter(isWanted);
      return wanted.toSorted((a, b) =>
        sortKey(a) < sortKey(b) ? -1 : sortKey(a) > sortKey(b) ? 1 : keyOf(spec, a) < keyOf(spec, b) ? -1 : 1,
      );
    },

    keyOf: (item: Attributes): string => keyOf(spec, item),
    items: (): Attributes[] => items.all(),
  };
}

/** Items by an id, and by the partition that an attribute names, so that a query looks at no other. */
function createPartitions(hash: string) {
  const items = new Map<string, Attributes>();
  const partitions = new Map<string, Map<string, Attributes>>();
  const partitionOf = (item: Attributes): Map<string, Attributes> => {
    const name = item[hash]?.S ?? '';
    const partition = partitions.get(name) ?? new Map<string, Attributes>();
    partitions.set(name, partition);
    return partition;
  };

  return {
    get: (id: string): Attributes | undefined => items.get(id),
    set(id: string, item: Attributes | undefined): void {
      const before = items.get(id);
      if (before && before[hash]?.S !== item?.[hash]?.S) partitionOf(before).delete(id);
      if (item) {
        items.set(id, item);
        partitionOf(item).set(id, item);
      } else items.delete(id);
    },
    all: (): Attributes[] => [...items.values()],
    in: (partition: string): Attributes[] => [...(partitions.get(partition)?.values() ?? [])],
  };
}

export type TableModel = ReturnType<typeof createTable>;

function keyOf({ hash, range }: TableSpec, item: Attributes): string {
  return `${keyText(item, hash)}|${range === undefined ? '' : keyText(item, range)}`;
}

function keyText(item: Attributes, name: string): string {
  const text = item[name]?.S;
  if (text === undefined || text === '') throw invalid(`the key ${name} is a text and not empty`);
  return text;
}

function isListed({ hash, range }: IndexSpec, item: Attributes): boolean {
  return item[hash] !== undefined && (range === undefined || item[range] !== undefined);
}

function projected(table: TableSpec, index: IndexSpec, item: Attributes): Attributes {
  if (index.projection === 'ALL') return item;
  const more = typeof index.projection === 'string' ? [] : index.projection.include;
  const names = [table.hash, table.range, index.hash, index.range, ...more];
  const entries = names.flatMap((name): [string, AttributeValue][] => {
    const value = name === undefined ? undefined : item[name];
    return name === undefined || value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(entries);
}

function checkItem(spec: TableSpec, item: Attributes): void {
  for (const { hash, range } of spec.indexes) {
    for (const name of [hash, range]) {
      if (name !== undefined && item[name] !== undefined && !item[name].S)
        throw invalid(`the index key ${name} is a text and not empty`);
    }
  }
  if (sizeOf(item) > MAX_ITEM_BYTES) throw invalid('Item size has exceeded the maximum allowed size');
}

/** Nearly: texts count with their characters, what is nested with its notation. */
function sizeOf(item: Attributes): number {
  let size = 0;
  for (const [name, { S, N, ...nested }] of Object.entries(item))
    size += name.length + (S ?? N ?? JSON.stringify(nested)).length;
  return size;
}
