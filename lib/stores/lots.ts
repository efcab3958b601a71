import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { LOTS, keys, lotKeys } from '../core/keys.ts';
import type { Lot } from '../core/lot.ts';
import type { KeptUntil } from '../core/retention.ts';
import type { Written } from '../core/written.ts';
import { number, text } from './attributes.ts';
import { claimKey } from './claims.ts';
import { type Due, type Entry, toDue, toEntry } from './due.ts';
import { type Lasting, writeLasting } from './event-life.ts';
import { dueAttributes, openAttributes } from './outcomes.ts';
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

/** A delivery that waits for the end of a pause. */
export interface Parked extends Due {
  /** Epoch ms of its parking: the condition of its release. */
  readonly parkedAt: number;
}

export interface ParkedPage {
  readonly parked: readonly Parked[];
  /** Place behind all that was looked at; absent: that is all there is. */
  readonly next?: string;
}

/** Comes behind everything that a place is made of. */
const LAST = '~';
/** Lots of a page of their list, and pages: names only, so that all of them fit into memory. */
const PAGE = 1_000;
const MAX_PAGES = 50;

/** Deliveries parked by destination: a lot is a part of the due index, and a note that the timers find it by. */
export function createLots(table: Table, { now }: { readonly now: () => number }) {
  return {
    /** Lots of all tenants, closed ones left out; 50,000 at most. */
    async list(): Promise<Lot[]> {
      const lots: Lot[] = [];
      let after = '';
      for (let page = 1; page <= MAX_PAGES; page++) {
        const items = await queryDue(table, LOTS, after, LAST, PAGE);
        lots.push(...items.flatMap(lotOf));
        if (items.length < PAGE) break;
        after = text(items.at(-1)!, 'dueAt') ?? LAST;
      }
      return lots;
    },

    /** Epoch ms of its last note: nothing was parked there much later. */
    async notedAt({ tenant, destination }: Lot): Promise<number | undefined> {
      const key = keys.lot(tenant, destination);
      const note = (await getItems(table, [key])).get(keyText(key));
      return note && number(note, 'notedAt');
    },

    /** What was parked until `untilMs`, first come first; `after` is the `next` of the page before. */
    async page(
      { tenant, destination }: Lot,
      untilMs: number,
      after: string,
      limit: number,
    ): Promise<ParkedPage> {
      const until = `${String(untilMs).padStart(15, '0')}${LAST}`;
      const shards = lotKeys(tenant, destination).map((shard) => queryDue(table, shard, after, until, limit));
      const found = (await Promise.all(shards)).flat().flatMap(toEntry);
      const entries = found.toSorted((a, b) => (a.dueAt < b.dueAt ? -1 : 1)).slice(0, limit);
      const parked = await parkedOf(table, entries);
      return entries.length < limit ? { parked } : { parked, next: entries.at(-1)!.dueAt };
    },

    /**
     * Lets deliveries go on with the attempt they were parked with. One write each puts them into the timers'
     * hands, which send at `dueAtMs` what nobody has claimed by then. `conflict`: no longer parked.
     */
    release: (parked: readonly Parked[], dueAtMs: number, until: KeptUntil): Promise<Written[]> =>
      writeLasting(
        table,
        parked.map(({ ref, channel, since, parkedAt, retentionDays }): Lasting => {
          const nowMs = now();
          const set = {
            state: 'retrying',
            channel,
            since,
            nextAt: nowMs,
            changedAt: nowMs,
            ttl: until(retentionDays),
            ...openAttributes(ref, nowMs),
            ...dueAttributes(ref, dueAtMs),
          };
          const where = { state: 'held', reason: 'paused', changedAt: parkedAt };
          return {
            ref: { ...ref, retentionDays },
            statement: update(table, claimKey(ref), set, where, 'reason'),
          };
        }),
        until,
      ),

    /** Forgets a lot. `conflict`: it has been noted again. */
    async close({ tenant, destination }: Lot, notedAt: number): Promise<Written> {
      const key = keys.lot(tenant, destination);
      const [written] = await execute(table, [update(table, key, { closedAt: now() }, { notedAt }, 'dueAt')]);
      return written!;
    },
  };
}

function lotOf(item: Item): Lot[] {
  const [tenant, destination] = (text(item, 'dueAt') ?? '').split('#');
  return tenant && destination ? [{ tenant, destination }] : [];
}

async function queryDue(
  table: Table,
  partition: string,
  after: string,
  until: string,
  limit: number,
): Promise<Item[]> {
  const { Items = [] } = await table.client.send(
    new QueryCommand({
      TableName: table.name,
      IndexName: 'due',
      Limit: limit,
      KeyConditionExpression: 'due = :partition AND dueAt BETWEEN :from AND :until',
      ExpressionAttributeValues: toAttributes({
        ':partition': partition,
        // A space comes before everything that a place is made of, and a key is never empty.
        ':from': `${after} `,
        ':until': until,
      }),
    }),
  );
  return Items.map(fromAttributes);
}

/** The index runs behind: what was released or ended meanwhile is left out. */
async function parkedOf(table: Table, entries: readonly Entry[]): Promise<Parked[]> {
  const items = await getItems(
    table,
    entries.map(({ ref }) => claimKey(ref)),
  );
  return entries.flatMap(({ ref, dueAt }) => {
    const item = items.get(keyText(claimKey(ref)));
    if (item === undefined || item['dueAt'] !== dueAt || item['state'] !== 'held') return [];
    const [due] = toDue(ref, dueAt, item);
    return due ? [{ ...due, parkedAt: number(item, 'changedAt') ?? 0 }] : [];
  });
}
