import type { EventRecord, RecordWrite, RequestRecord } from '../core/event-record.ts';
import { type Key, keys } from '../core/keys.ts';
import { number, optional, text } from './attributes.ts';
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
        return item ? [[id, eventOf(item)] as const] : [];
      });
      const found = request[0] && items.get(keyText(request[0]));
      return { events: new Map(events), request: found && requestOf(found) };
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

function eventOf(item: Item): EventRecord {
  return {
    ...requestOf(item),
    at: number(item, 'at') ?? 0,
    hasDead: item['hasDead'] === true,
    ...optional({
      repeat: number(item, 'repeat'),
      latestAt: number(item, 'latestAt'),
      latestId: text(item, 'latestId'),
    }),
  };
}

function requestOf(item: Item): RequestRecord {
  return { hash: text(item, 'hash') ?? '', ttl: number(item, 'ttl') ?? 0 };
}

function statement(table: Table, tenant: string, write: RecordWrite, ttl: number): Statement {
  if (write.kind === 'request') return requestStatement(table, tenant, write);
  if (write.kind === 'reminder') {
    const { head, repeat, latestId, at } = write;
    const set = { repeat, latestId, latestAt: at, ttl };
    return update(table, keys.event(tenant, head), set, { repeat: repeat - 1 });
  }
  const { event, hash, pack, at, isAlert, replaces } = write;
  const head = isAlert ? { repeat: 0, latestAt: at, latestId: event.id } : {};
  const item = { hash, body: JSON.stringify(event), pack, at, ttl, ...head };
  return put(table, keys.event(tenant, event.id), item, { hasDead: false }, replaces);
}

function requestStatement(
  table: Table,
  tenant: string,
  write: Extract<RecordWrite, { kind: 'request' }>,
): Statement {
  const { key, hash, at, replaces } = write;
  const item = { hash, at, ttl: Math.floor(at / 1000) + REQUEST_TTL_SECONDS };
  return put(table, keys.request(tenant, key), item, {}, replaces);
}

/** Inserts, or replaces the expired item that still stands there; `reset` is what that one may have had. */
function put(table: Table, key: Key, item: object, reset: object, replaces: number | undefined): Statement {
  if (replaces === undefined) return insert(table, { ...key, ...item });
  return update(table, key, { ...item, ...reset }, { ttl: replaces });
}
