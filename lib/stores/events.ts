import type { Event } from '../core/event.ts';
import type { EventRecord, Kept, RecordWrite, RequestRecord } from '../core/event-record.ts';
import { type Key, keys } from '../core/keys.ts';
import { parseJson } from '../core/parse-json.ts';
import { type Hold, type ScheduleState, wakeMs } from '../core/schedule.ts';
import { alertStatement } from './alerts.ts';
import { number, optional, text } from './attributes.ts';
import { recordTtl } from './event-life.ts';
import { scheduleEntry } from './schedule.ts';
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

type AlertWrite = Extract<RecordWrite, { kind: 'alert' }>;
type TimedWrite = Exclude<RecordWrite, AlertWrite>;

/** All but the body: that of 500 events would not fit into ingest's memory. */
const JUDGED = ['hash', 'at', 'ttl', 'pack', 'hasDead', 'repeat', 'latestAt', 'latestId'];

/** The ledger's event records: what was posted, and under which idempotency key. */
export function createEvents(table: Table) {
  const statementOf = (tenant: string, write: RecordWrite): Statement =>
    write.kind === 'alert'
      ? alertStatement(table, tenant, write)
      : statement(table, tenant, write, recordTtl(write));

  /**
   * Reads the records of some events, 100 a call. Records past their TTL come along, because they have to be
   * replaced. Throws when the table cannot be read.
   */
  async function read(tenant: string, ids: readonly string[]): Promise<Map<string, EventRecord>> {
    const wanted = ids.map((id) => keys.event(tenant, id));
    const items = await getItems(table, wanted, JUDGED);
    return new Map(
      ids.flatMap((id, index) => {
        const item = items.get(keyText(wanted[index]!));
        return item ? [[id, eventOf(item)] as const] : [];
      }),
    );
  }

  /** What stands under the ids of contested events, as far as it can be read: a conflict does not tell. */
  async function winners(tenant: string, ids: readonly string[]): Promise<ReadonlyMap<string, EventRecord>> {
    try {
      return ids.length === 0 ? new Map() : await read(tenant, ids);
    } catch {
      return new Map();
    }
  }

  return {
    read,

    /** The event itself, as it was posted. */
    body: async (tenant: string, id: string): Promise<Event | undefined> => {
      const key = keys.event(tenant, id);
      const body = text((await getItems(table, [key])).get(keyText(key)) ?? {}, 'body');
      return body === undefined ? undefined : parseJson(body);
    },

    /** Reads what an idempotency key stands for. Throws when the table cannot be read. */
    async request(tenant: string, id: string): Promise<RequestRecord | undefined> {
      const key = keys.request(tenant, id);
      const item = (await getItems(table, [key])).get(keyText(key));
      return item && requestOf(item);
    },

    /**
     * Writes records, 25 a call, at most one per key. A record that somebody else wrote first stays: it records
     * the same thing, unless its id is contested, where the first content that is written is the event.
     */
    async write(tenant: string, writes: readonly RecordWrite[]): Promise<Kept> {
      const written = await execute(
        table,
        writes.map((write) => statementOf(tenant, write)),
      );
      const lost = writes.flatMap((write, index) =>
        write.kind === 'event' && write.isContested && written[index]?.kind === 'conflict'
          ? [write.event.id]
          : [],
      );
      const kept = await winners(tenant, lost);
      return writes.map((write, index) => {
        if (written[index]?.kind === 'unknown') return undefined;
        if (write.kind === 'reminder') return write.latestId;
        if (write.kind === 'alert') return keptAlert(write, written[index]?.kind === 'conflict');
        const contested = write.kind === 'event' && lost.includes(write.event.id);
        return contested ? kept.get(write.event.id)?.hash : write.hash;
      });
    },
  };
}

export type Events = ReturnType<typeof createEvents>;

function eventOf(item: Item): EventRecord {
  return {
    hash: text(item, 'hash') ?? '',
    at: number(item, 'at') ?? 0,
    ttl: number(item, 'ttl') ?? 0,
    hasDead: item['hasDead'] === true,
    ...optional({
      repeat: number(item, 'repeat'),
      latestAt: number(item, 'latestAt'),
      latestId: text(item, 'latestId'),
      pack: text(item, 'pack'),
    }),
  };
}

function requestOf(item: Item): RequestRecord {
  return {
    hash: text(item, 'hash') ?? '',
    at: number(item, 'at') ?? 0,
    ttl: number(item, 'ttl') ?? 0,
    generation: number(item, 'generation') ?? 0,
  };
}

/**
 * Who was faster has said as much, unless this is the end of an alert: nobody may say it again, so it has to be.
 */
function keptAlert({ next: { alert } }: AlertWrite, isLate: boolean): string | undefined {
  return isLate && alert.status === 'resolved' ? undefined : alert.status;
}

function statement(table: Table, tenant: string, write: TimedWrite, ttl: number): Statement {
  if (write.kind === 'request') {
    const { key, hash, generation, at, replaces } = write;
    return put(table, keys.request(tenant, key), { hash, generation, at, ttl }, {}, replaces);
  }
  if (write.kind === 'reminder') {
    const { head, repeat, latestId, at } = write;
    const set = { repeat, latestId, latestAt: at, ttl };
    return update(table, keys.event(tenant, head), set, { repeat: repeat - 1 });
  }
  const { event, text: body = JSON.stringify(event), hash, pack, at, isAlert, hold, replaces } = write;
  const head = isAlert ? { repeat: 0, latestAt: at, latestId: event.id } : {};
  const held = hold ? heldUntil(tenant, event.id, hold) : {};
  const item = { hash, body, pack, at, ttl, ...head, ...held };
  return put(
    table,
    keys.event(tenant, event.id),
    item,
    { hasDead: false, state: held.state ?? 'taken' },
    replaces,
  );
}

/** What the timers do not find the queue brings by itself. */
function heldUntil(tenant: string, event: string, hold: Hold): { readonly state?: ScheduleState } {
  const listed = hold.by === 'timers' ? scheduleEntry(tenant, event, wakeMs(hold)) : {};
  return Object.assign({ state: 'scheduled' as const, heldUntil: hold.untilMs }, listed);
}

/** Inserts, or replaces the expired item that still stands there; `reset` is what that one may have had. */
function put(table: Table, key: Key, item: object, reset: object, replaces: number | undefined): Statement {
  if (replaces === undefined) return insert(table, { ...key, ...item });
  return update(table, key, { ...item, ...reset }, { ttl: replaces });
}
