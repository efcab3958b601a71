import { QueryCommand } from '@aws-sdk/client-dynamodb';
import type { DeliveryRef } from '../core/claim.ts';
import { parseDeliveryId } from '../core/delivery.ts';
import { type Key, OPEN_SHARDS, keys } from '../core/keys.ts';
import type { Candidate, DeadFilter, Page } from '../core/replay.ts';
import { openAt } from './delivery-views.ts';
import { type Item, type Table, fromAttributes, toAttributes } from './table.ts';

export interface DeadCandidate extends Candidate {
  readonly ref: DeliveryRef;
}

/** Queries of one page: bounds its time where a filter leaves almost nothing over. */
const QUERIES = 50;

/** Dead deliveries, a page at a time, in an order that stands still. */
export function createDeadPages(table: Table) {
  return {
    /** Those that died first in front: four shards of the index, merged. */
    async dead(
      tenant: string,
      filter: DeadFilter,
      cursor: string,
      limit: number,
    ): Promise<Page<DeadCandidate>> {
      const shards = Array.from({ length: OPEN_SHARDS }, (_, shard) => `T#${tenant}#U#${shard}`);
      const found = await Promise.all(shards.map((shard) => deadOf(table, shard, filter, cursor, limit)));
      // What lies behind the end of one shard may have something of it in between: that is for the next page.
      const ends = found.flatMap(({ upTo }) => (upTo === undefined ? [] : [upTo])).toSorted();
      const [end] = ends;
      const covered = found
        .flatMap(({ items }) => items)
        .filter((item) => end === undefined || openAt(item) <= end)
        .toSorted((a, b) => (openAt(a) < openAt(b) ? -1 : 1));
      const page = covered.slice(0, limit);
      const isCut = covered.length > page.length;
      const last = page.at(-1);
      const next = isCut && last ? openAt(last) : (end ?? (last ? openAt(last) : cursor));
      return {
        candidates: page.flatMap((item) => deadCandidate(tenant, item)),
        next,
        isLast: !isCut && end === undefined,
      };
    },

    /** Of some deliveries, how many have an attempt that may have arrived. */
    async ambiguous(refs: readonly DeliveryRef[]): Promise<number> {
      const found = await Promise.all(refs.map((ref) => mayHaveArrived(table, ref)));
      return found.filter(Boolean).length;
    },
  };
}

interface Shard {
  readonly items: readonly Item[];
  /** The shard is known up to here; absent: to its end. */
  readonly upTo?: string;
}

async function deadOf(
  table: Table,
  shard: string,
  { destination, reason, cause, from, to }: DeadFilter,
  cursor: string,
  limit: number,
): Promise<Shard> {
  const wanted = { state: 'dead', ...(reason && { reason }), ...(cause && { cause }) };
  const items: Item[] = [];
  let start: Record<string, unknown> | undefined;
  for (let queries = 1; ; queries++) {
    const { Items = [], LastEvaluatedKey } = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        IndexName: 'open',
        KeyConditionExpression: '#open = :shard AND openAt BETWEEN :from AND :to',
        FilterExpression: Object.keys(wanted)
          .map((name) => `#${name} = :${name}`)
          .join(' AND '),
        ExpressionAttributeNames: Object.fromEntries(
          ['open', ...Object.keys(wanted)].map((name) => [`#${name}`, name]),
        ),
        ExpressionAttributeValues: toAttributes({
          ':shard': shard,
          // A space comes before everything that an id is made of: the first place behind the cursor.
          ':from': cursor === '' ? timeText(Date.parse(from ?? '') || 0) : `${cursor} `,
          ':to': `${timeText(Date.parse(to))}~`,
          ...Object.fromEntries(Object.entries(wanted).map(([name, value]) => [`:${name}`, value])),
        }),
        ...(start && { ExclusiveStartKey: toAttributes(start) }),
      }),
    );
    // A filter expression may not speak of keys, and the destination stands in one.
    items.push(...Items.map(fromAttributes).filter((item) => isFor(item, destination)));
    start = LastEvaluatedKey && fromAttributes(LastEvaluatedKey);
    if (items.length > limit) return { items: items.slice(0, limit), upTo: openAt(items[limit - 1]!) };
    if (!start) return { items };
    if (queries === QUERIES) return { items, upTo: String(start['openAt']) };
  }
}

function isFor(item: Item, destination: string | undefined): boolean {
  return destination === undefined || openAt(item).endsWith(`:${destination}`);
}

function deadCandidate(tenant: string, item: Item): DeadCandidate[] {
  const position = openAt(item);
  const parsed = parseDeliveryId(position.split('#')[1] ?? '');
  return parsed ? [{ ref: { tenant, ...parsed }, to: [parsed.destination], position }] : [];
}

function timeText(ms: number): string {
  return String(ms).padStart(15, '0');
}

async function mayHaveArrived(table: Table, { tenant, event, destination }: DeliveryRef): Promise<boolean> {
  const { pk }: Key = keys.event(tenant, event);
  const { Count = 0 } = await table.client.send(
    new QueryCommand({
      TableName: table.name,
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :attempts)',
      FilterExpression: 'outcome = :maybe',
      ExpressionAttributeValues: toAttributes({
        ':pk': pk,
        ':attempts': `attempt#${destination}#`,
        ':maybe': 'maybe',
      }),
      Select: 'COUNT',
    }),
  );
  return Count > 0;
}
