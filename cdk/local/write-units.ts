import type { ItemWrite } from './dynamo-call.ts';
import type { IndexSpec, TableSpec } from './table-spec.ts';

/** How a write ended, as far as its price depends on it. */
export type WriteResult = 'written' | 'conflict' | 'failed';

/**
 * Prices writes by one rule for every engine: a unit per started KiB, also for a write whose condition failed;
 * plus what the indexes cost. A sparse index costs one unit when an item enters or leaves it or a projected
 * attribute changes, two when its index key changes. Sizes are those the calls tell, so an update of a large
 * item is priced too low.
 */
export interface WriteMeter {
  readonly units: (write: ItemWrite, result: WriteResult) => number;
}

export function createWriteMeter(tables: readonly TableSpec[]): WriteMeter {
  /** Which items stand in which index, learnt from the writes themselves. */
  const members = new Map<IndexSpec, Set<string>>();
  const byName = new Map(tables.map((table) => [table.name, table]));
  for (const index of tables.flatMap(({ indexes }) => indexes)) members.set(index, new Set());

  return {
    units(write, result) {
      if (result === 'failed') return 0;
      const own = Math.max(1, Math.ceil(write.bytes / 1024));
      if (result === 'conflict') return own;
      const indexes = byName.get(write.table)?.indexes ?? [];
      return indexes.reduce(
        (sum, index) => sum + indexUnits(index, members.get(index) ?? new Set(), write),
        own,
      );
    },
  };
}

function indexUnits(index: IndexSpec, members: Set<string>, write: ItemWrite): number {
  const { key, kind, sets, removes } = write;
  const before = key !== undefined && members.has(key);
  const after = kind === 'put' ? sets.has(index.hash) : isMemberAfter(index, write, before);
  if (key !== undefined) {
    if (after) members.add(key);
    else members.delete(key);
  }
  if (!before && !after) return 0;
  if (before !== after) return 1;
  const touches = (name: string): boolean => sets.has(name) || removes.has(name);
  if (touches(index.hash) || (index.range !== undefined && touches(index.range))) return 2;
  const { projection } = index;
  if (projection === 'KEYS_ONLY') return 0;
  return projection === 'ALL' || projection.include.some(touches) ? 1 : 0;
}

function isMemberAfter(index: IndexSpec, { kind, sets, removes }: ItemWrite, before: boolean): boolean {
  if (kind === 'delete') return false;
  const keys = index.range === undefined ? [index.hash] : [index.hash, index.range];
  if (keys.some((name) => removes.has(name))) return false;
  return before || sets.has(index.hash);
}
