import { createDeadPages } from './dead-pages.ts';
import { createEventPages } from './event-pages.ts';
import type { Table } from './table.ts';

/** What a replay may send again. */
export function createReplayPages(table: Table) {
  return { ...createDeadPages(table), ...createEventPages(table) };
}
