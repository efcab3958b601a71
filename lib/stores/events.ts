import type { EventRecord, RecordWrite, RequestRecord } from '../core/event-record.ts';
import { keys } from '../core/keys.ts';
import {
  type Item,
  type Statement,
  type Table,
  execute,
  getItems,
  insert,
  keyText,
  update,
} from './table.ts';

export interface EventRecords {
  readonly events: ReadonlyMap<string, EventRecord>;
  readonly request: RequestRecord | undefined;
}

export interface EventsOptions {
  /** How long events are kept. */
  readonly retentionDays?: number;
}

/** How long an idempotency key is remembered (promise P3). */
const REQUEST_TTL_SECONDS = 86_400;
const DEFAULT_RETENTION_DAYS = 30;

/** The ledger's event records: what was posted, and under which idempotency key. */
export function createEvents(table: Table, { retentionDays = DEFAULT_RETENTION_DAYS }: EventsOptions = {}) {
  const ttlOf = (atMs: number): number => Math.floor(atMs / 1000) + retentionDays * 86_400;

  return {
    /**
     * Reads the records of some events and of one idempotency key together, 100 a call. Records past their TTL
     * come along, because they have to be replaced. Throws when the table cannot be read.
     */
    async read(tenant: string, ids: readonly string[], requestKey?: string): Promise<EventRecords> {
      const request = requestKey === undefined ? [] : [keys.request(tenant, requestKey)];
      const items = await getItems(table, [...ids.map((id) => keys.event(tenant, id)), ...request]);
      const events = ids.flatMap((id) => {
        const item = items.get(keyText(keys.event(tenant, id)));
        return item ? [[id, item as Item & EventRecord] as const] : [];
      });
      const found = request[0] && items.get(keyText(request[0]));
      return { events: new Map(events), request: found as (Item & RequestRecord) | undefined };
    },

    /**
     * Writes records, 25 a call, at most one per key. Answers for each whether it is there now: one that
     * somebody else wrote first counts, because it records the same event.
     */
    async write(tenant: string, writes: readonly RecordWrite[]): Promise<boolean[]> {
      const written = await execute(
        table,
        writes.map((write) => statement(table, tenant, write, ttlOf(write.at))),
      );
      return written.map(({ kind }) => kind !== 'unknown');
    },
  };
}

export type Events = ReturnType<typeof createEvents>;

function statement(table: Table, tenant: string, write: RecordWrite, ttl: number): Statement {
  switch (write.kind) {
    case 'event': {
      const { event, hash, pack, at, isAlert } = write;
      const head = isAlert ? { repeat: 0, latestAt: at, latestId: event.id } : {};
      const item = { hash, body: JSON.stringify(event), pack, at, ttl, ...head };
      const key = keys.event(tenant, event.id);
      return write.replaces === undefined
        ? insert(table, { ...key, ...item })
        : update(table, key, { ...item, hasDead: false }, { ttl: write.replaces });
    }
    case 'reminder': {
      const { head, repeat, latestId, at } = write;
      return update(
        table,
        keys.event(tenant, head),
        { repeat, latestId, latestAt: at, ttl },
        { repeat: repeat - 1 },
      );
    }
    case 'request': {
      const { hash, at } = write;
      const key = keys.request(tenant, write.key);
      const item = { hash, at, ttl: Math.floor(at / 1000) + REQUEST_TTL_SECONDS };
      return write.replaces === undefined
        ? insert(table, { ...key, ...item })
        : update(table, key, item, { ttl: write.replaces });
    }
  }
}
