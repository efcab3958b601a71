import { PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { Claim, DeliveryRef } from '../core/claim.ts';
import type { DueEntry } from '../core/due-entry.ts';
import { parseDeliveryId } from '../core/delivery.ts';
import type { Lane } from '../core/event.ts';
import { type Incident, readIncident } from '../core/incident.ts';
import { DUE_SHARDS, keys, minuteOf } from '../core/keys.ts';
import { type DeliveryMode, modeOf } from '../core/mode.ts';
import type { Notification } from '../core/notification.ts';
import { parseJson } from '../core/parse-json.ts';
import type { Written } from '../core/written.ts';
import { claimOf, number, optional, text } from './attributes.ts';
import { claimKey } from './claims.ts';
import { dueAttributes } from './outcomes.ts';
import {
  type Item,
  type Table,
  execute,
  fromAttributes,
  getItems,
  keyText,
  toAttributes,
  update,
} from './table.ts';

/** A delivery whose next attempt is due, or one that has been held long enough. */
export interface Due {
  readonly ref: DeliveryRef;
  /** Value of its index entry as it was found: the condition of moving it on. */
  readonly dueAt: string;
  readonly attempt: number;
  readonly channel: string;
  /** Absent: normal. */
  readonly lane?: Lane;
  readonly since: number;
  readonly content: Notification;
  readonly mode?: DeliveryMode;
  readonly retentionDays?: number;
  readonly expiresAtMs?: number;
  readonly keyUntilMs?: number;
  readonly incident?: Incident;
  /** Set for one that was held: its claim as it was found. */
  readonly held?: Claim;
}

/** Sweeps look this far back behind the last finished one, for entries written with a clock that ran late. */
const OVERLAP_MINUTES = 2;
/** Without a note of an earlier sweep, entries this old are still found. */
const FIRST_LOOK_BACK_MINUTES = 60;
/** Entries come with their content, up to 130 KiB each: a page must fit into memory. */
const PAGE = 100;

export function createDue(table: Table, { now }: { readonly now: () => number }) {
  return {
    /** Minutes not swept yet, oldest first, up to the current one. */
    async minutes(): Promise<number[]> {
      const key = keys.sweep();
      const note = (await getItems(table, [key])).get(keyText(key))?.['minute'];
      const current = minuteOf(now());
      const from = typeof note === 'number' ? note - OVERLAP_MINUTES : current - FIRST_LOOK_BACK_MINUTES;
      return Array.from({ length: Math.max(0, current - from + 1) }, (_, index) => from + index);
    },

    /** Notes that everything up to and including `minute` has been swept. */
    async swept(minute: number): Promise<void> {
      const item = { ...keys.sweep(), minute };
      await table.client.send(new PutItemCommand({ TableName: table.name, Item: toAttributes(item) }));
    },

    /** What is listed of one minute and due by now, of every kind, a page at a time. */
    async *entries(minute: number): AsyncGenerator<DueEntry[]> {
      const shards = Array.from({ length: DUE_SHARDS }, (_, shard) => `DUE#${shard}#${minute}`);
      const firsts = shards.map((shard) => page(table, shard, now()));
      for (const [index, first] of (await Promise.all(firsts)).entries()) {
        for (let found = first; ; found = await page(table, shards[index]!, now(), found.next)) {
          if (found.entries.length > 0) yield found.entries;
          if (!found.next) break;
        }
      }
    },

    /** The deliveries among these that still wait. */
    waiting: (entries: readonly DueEntry[]): Promise<Due[]> => waiting(table, entries.flatMap(toDelivery)),

    /**
     * Moves entries on by `byMs`, those that are as they were found: the messages are out, but may yet be lost.
     * A conflict is no harm: a claim has taken the delivery over.
     */
    postpone: (dues: readonly Due[], byMs: number): Promise<Written[]> =>
      execute(
        table,
        dues.map(({ ref, dueAt }) =>
          update(table, claimKey(ref), dueAttributes(ref, now() + byMs), { dueAt, state: 'retrying' }),
        ),
      ),
  };
}

/** A place in the due index. */
export interface Entry {
  readonly ref: DeliveryRef;
  readonly dueAt: string;
}

async function page(table: Table, shard: string, nowMs: number, start?: Item) {
  const { Items = [], LastEvaluatedKey } = await table.client.send(
    new QueryCommand({
      TableName: table.name,
      IndexName: 'due',
      Limit: PAGE,
      KeyConditionExpression: 'due = :shard AND dueAt <= :now',
      ExpressionAttributeValues: toAttributes({
        ':shard': shard,
        ':now': `${String(nowMs).padStart(15, '0')}~`,
      }),
      ...(start && { ExclusiveStartKey: toAttributes(start) }),
    }),
  );
  const entries = Items.flatMap((attributes) => dueEntryOf(fromAttributes(attributes)));
  return { entries, next: LastEvaluatedKey && fromAttributes(LastEvaluatedKey) };
}

/** The entry of a delivery. */
export function toEntry(item: Item): Entry[] {
  return dueEntryOf(item).flatMap(toDelivery);
}

function dueEntryOf(item: Item): DueEntry[] {
  const dueAt = text(item, 'dueAt') ?? '';
  const [, tenant, id] = dueAt.split('#');
  return tenant && id ? [{ tenant, id, dueAt }] : [];
}

function toDelivery({ tenant, id, dueAt }: DueEntry): Entry[] {
  const parsed = parseDeliveryId(id);
  return parsed ? [{ ref: { tenant, ...parsed }, dueAt }] : [];
}

/** The index runs behind: what was claimed or moved on meanwhile is left out. */
async function waiting(table: Table, entries: readonly Entry[]): Promise<Due[]> {
  if (entries.length === 0) return [];
  const items = await getItems(
    table,
    entries.map(({ ref }) => claimKey(ref)),
  );
  return entries.flatMap(({ ref, dueAt }) => {
    const item = items.get(keyText(claimKey(ref)));
    return item !== undefined && item['dueAt'] === dueAt && isWaiting(item) ? toDue(ref, dueAt, item) : [];
  });
}

function isWaiting({ state, reason }: Item): boolean {
  return state === 'retrying' || (state === 'held' && reason === 'ambiguous');
}

export function toDue(ref: DeliveryRef, dueAt: string, item: Item): Due[] {
  const body = text(item, 'content');
  if (body === undefined) return [];
  const content: Notification = parseJson(body);
  const attempt = number(item, 'attempt') ?? 0;
  return [
    {
      ref,
      dueAt,
      attempt,
      channel: text(item, 'channel') ?? '',
      since: number(item, 'since') ?? 0,
      content,
      ...(item['state'] === 'held' && { held: claimOf(item) }),
      ...(item['lane'] === 'urgent' && { lane: 'urgent' as const }),
      ...(item['mode'] !== undefined && { mode: modeOf(item['mode']) }),
      ...optional({
        expiresAtMs: number(item, 'expiresAtMs'),
        keyUntilMs: number(item, 'keyUntilMs'),
        retentionDays: number(item, 'retentionDays'),
        incident: readIncident(item['incident']),
      }),
    },
  ];
}
