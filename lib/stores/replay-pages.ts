import { QueryCommand } from '@aws-sdk/client-dynamodb';
import type { DeliveryRef } from '../core/claim.ts';
import { parseDeliveryId } from '../core/delivery.ts';
import { EVENT_ID } from '../core/event.ts';
import { type Key, OPEN_SHARDS, keys } from '../core/keys.ts';
import { parseJson } from '../core/parse-json.ts';
import {
  type Candidate,
  type DeadFilter,
  type EventFilter,
  type Page,
  REPLAY_PREFIX,
} from '../core/replay.ts';
import { text } from './attributes.ts';
import { openAt } from './delivery-views.ts';
import { parseLists } from './fan-outs.ts';
import { type Item, type Table, fromAttributes, toAttributes } from './table.ts';

export interface DeadCandidate extends Candidate {
  readonly ref: DeliveryRef;
}

export interface EventCandidate extends Candidate {
  readonly event: string;
  /** Where it went the first time. */
  readonly listed: readonly string[];
}

/** Queries of one page: bounds its time where a filter leaves almost nothing over, or hours are empty. */
const QUERIES = 50;

/** What a replay may send again, a page at a time, in an order that stands still. */
export function createReplayPages(table: Table) {
  return {
    /** Dead deliveries, those that died first in front: four shards of the index, merged. */
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

    /** Past events as the fan-out records list them, hour by hour. */
    async events(
      tenant: string,
      filter: EventFilter,
      cursor: string,
      limit: number,
    ): Promise<Page<EventCandidate>> {
      const candidates: EventCandidate[] = [];
      let place = cursor === '' ? firstOf(hourAt(filter.from)) : parsePlace(cursor);
      for (let queries = 0; queries < QUERIES; queries++) {
        const { records, isLast } = await recordsFrom(table, tenant, filter.topic, place);
        for (const { pack, lists } of records) {
          for (const [index, [event, listed]] of [...lists].entries()) {
            if (pack === place.pack && index <= place.index) continue;
            if (candidates.length === limit)
              return { candidates, next: candidates.at(-1)!.position, isLast: false };
            const position = JSON.stringify([place.hour, pack, index]);
            const to = filter.destinations ?? listed;
            if (to.length > 0 && EVENT_ID.test(event)) candidates.push({ event, listed, to, position });
          }
          place = { hour: place.hour, pack, index: ALL };
        }
        if (isLast) place = firstOf(hourAfter(place.hour));
        if (place.hour > hourAt(filter.to))
          return { candidates, next: JSON.stringify(placeList(place)), isLast: true };
      }
      return { candidates, next: JSON.stringify(placeList(place)), isLast: false };
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
  { destination, reason, from, to }: DeadFilter,
  cursor: string,
  limit: number,
): Promise<Shard> {
  const items: Item[] = [];
  let start: Record<string, unknown> | undefined;
  for (let queries = 1; ; queries++) {
    const { Items = [], LastEvaluatedKey } = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        IndexName: 'open',
        KeyConditionExpression: '#open = :shard AND openAt BETWEEN :from AND :to',
        FilterExpression: ['#state = :dead', ...(reason === undefined ? [] : ['#reason = :reason'])].join(
          ' AND ',
        ),
        ExpressionAttributeNames: {
          '#open': 'open',
          '#state': 'state',
          ...(reason && { '#reason': 'reason' }),
        },
        ExpressionAttributeValues: toAttributes({
          ':shard': shard,
          // A space comes before everything that an id is made of: the first place behind the cursor.
          ':from': cursor === '' ? timeText(Date.parse(from ?? '') || 0) : `${cursor} `,
          ':to': `${timeText(Date.parse(to))}~`,
          ':dead': 'dead',
          ':reason': reason,
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

/** The last thing dealt with: an event of a pack, or `ALL` of it. */
interface Place {
  readonly hour: string;
  readonly pack: string;
  readonly index: number;
}

const ALL = Number.MAX_SAFE_INTEGER;

function firstOf(hour: string): Place {
  return { hour, pack: '', index: ALL };
}

function placeList({ hour, pack, index }: Place): unknown[] {
  return [hour, pack, index];
}

function parsePlace(cursor: string): Place {
  const [hour, pack, index]: [string, string, number] = parseJson(cursor);
  return { hour, pack, index };
}

function hourAt(time: string): string {
  return time.slice(0, 13);
}

function hourAfter(hour: string): string {
  return hourAt(new Date(Date.parse(`${hour}:00:00Z`) + 3_600_000).toISOString());
}

/** Records from a place on; copies that replays have made are not replayed themselves. */
async function recordsFrom(table: Table, tenant: string, topic: string, { hour, pack, index }: Place) {
  const { pk } = keys.fanOut(tenant, topic, hour, '');
  const { Items = [], LastEvaluatedKey } = await table.client.send(
    new QueryCommand({
      TableName: table.name,
      KeyConditionExpression:
        pack === '' ? 'pk = :pk' : `pk = :pk AND sk ${index === ALL ? '>' : '>='} :pack`,
      ExpressionAttributeValues: toAttributes({ ':pk': pk, ...(pack !== '' && { ':pack': pack }) }),
      Limit: 20,
    }),
  );
  const records = Items.map(fromAttributes).map((item) => ({
    pack: item.sk,
    lists: item.sk.startsWith(`${REPLAY_PREFIX}_`)
      ? new Map<string, readonly string[]>()
      : parseLists(text(item, 'lists') ?? '{}'),
  }));
  return { records, isLast: LastEvaluatedKey === undefined };
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
