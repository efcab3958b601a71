import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { deliveryId } from '../core/delivery.ts';
import { type Event, hourOf } from '../core/event.ts';
import type { FanOut, FanOutKey } from '../core/fan-out.ts';
import { type Suppressed, reasonOf, ruleIds } from '../core/hush.ts';
import { FAILOVERS, type Key, OPEN_SHARDS, keys } from '../core/keys.ts';
import { parseJson } from '../core/parse-json.ts';
import type { DeliveryView, EventView, ListState } from '../core/views.ts';
import { claimOf, completionOf, number, text } from './attributes.ts';
import { iso, openAt, toAttempt, toDelivery, toOpenDelivery } from './delivery-views.ts';
import { failoverViews } from './failover-views.ts';
import { heldViews } from './held-views.ts';
import { type Item, type Table, fromAttributes, getItems, keyText, toAttributes } from './table.ts';

export interface ReadDeps {
  readonly readFanOuts: (wanted: readonly FanOutKey[]) => Promise<readonly (FanOut | undefined)[]>;
}

/** The ledger as people ask it: what became of an event, and what is not delivered. */
export function createReads(table: Table, { readFanOuts }: ReadDeps) {
  return {
    /** An event with its deliveries: those on record, and those the fan-out lists but nobody has claimed yet. */
    async findEvent(tenant: string, id: string): Promise<EventView | undefined> {
      const { pk } = keys.event(tenant, id);
      const items = await query(table, {
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: toAttributes({ ':pk': pk }),
      });
      const record = items.find(({ sk }) => sk === 'event');
      if (!record) return undefined;
      const event: Event = parseJson(text(record, 'body') ?? '{}');
      const pack = text(record, 'pack') ?? '';
      const [fanOut] = await readFanOuts([{ tenant, topic: event.topic, hour: hourOf(event), pack }]);
      const listed = fanOut?.destinations.get(id);
      const kept = fanOut?.suppressed?.get(id);
      // Without claims, a first attempt that succeeds is written nowhere.
      const unseen = fanOut?.mode === 'claimsOff' ? 'unrecorded' : 'pending';
      const claims = items.filter(({ sk }) => sk.startsWith('delivery#'));
      const completions = await readCompletions(table, tenant, claims);
      const waiting = await heldViews(table, tenant, claims);
      const attempts = items.filter(({ sk }) => sk.startsWith('attempt#'));
      const known = new Map(claims.map((claim) => [claim.sk.slice('delivery#'.length), claim]));
      const held = fanOut?.held?.get(id) ?? [];
      const failovers = failoverViews(items.filter(({ sk }) => sk.startsWith(FAILOVERS)));
      const names = [...(listed ?? []), ...held, ...known.keys(), ...failovers.keys()];
      const destinations = [...new Set(names)];
      return {
        id,
        topic: event.topic,
        time: event.time,
        ...(event.severity && { severity: event.severity }),
        ...(event.subject !== undefined && { subject: event.subject }),
        ...(event.source !== undefined && { source: event.source }),
        ...(event.replayOf !== undefined && { replayOf: event.replayOf }),
        receivedAt: iso(number(record, 'at') ?? 0),
        ...(event.scheduledAt !== undefined && { scheduledAt: event.scheduledAt }),
        ...planOf(record, listed !== undefined),
        pack,
        ...(listed?.length === 0 && held.length === 0 && !kept && { noRoute: true }),
        deliveries: [
          ...destinations.map((destination): DeliveryView => {
            const claim = known.get(destination);
            const own = attempts.filter(({ sk }) => sk.startsWith(`attempt#${destination}#`)).map(toAttempt);
            const completion = claim && completions.get(keyText(completionKey(tenant, claim)));
            const view = claim
              ? toDelivery(id, destination, claim, completion && completionOf(completion), own)
              : { id: deliveryId(id, destination), event: id, destination, state: unseen, attempt: 0 };
            return Object.assign(view, claim && waiting.get(claim.sk), failovers.get(destination));
          }),
          ...(kept ?? []).flatMap((group) => suppressedViews(id, group, known)),
        ],
      };
    },

    /**
     * Deliveries that are not delivered, newest change first. `after` is the `next` of the page before.
     * One query per shard, merged: a page costs four queries.
     */
    async listOpen(
      tenant: string,
      {
        state,
        limit,
        after,
      }: { readonly state?: ListState; readonly limit: number; readonly after?: string },
    ): Promise<{ items: DeliveryView[]; next?: string }> {
      const shards = Array.from({ length: OPEN_SHARDS }, (_, shard) => `T#${tenant}#U#${shard}`);
      const wanted = state === undefined || state === 'undelivered' ? undefined : state;
      const found = (
        await Promise.all(shards.map((shard) => openItems(table, shard, wanted, limit, after)))
      ).flat();
      const page = found.toSorted((a, b) => (openAt(a) < openAt(b) ? 1 : -1)).slice(0, limit);
      const last = page.at(-1);
      const more = found.length > page.length || page.length === limit;
      return { items: page.flatMap(toOpenDelivery), ...(more && last ? { next: openAt(last) } : {}) };
    },
  };
}

/** What was fanned out before its record was written is held no more, whatever that says. */
function planOf({ state }: Item, isFannedOut: boolean): Pick<EventView, 'state' | 'reason'> {
  if (state === 'scheduled' && !isFannedOut) return { state: 'held', reason: 'scheduled' };
  return state === 'cancelled' ? { state: 'discarded', reason: 'cancelled' } : {};
}

/** What rules kept back, but for what somebody has sent all the same. */
function suppressedViews(
  event: string,
  kept: Suppressed,
  known: ReadonlyMap<string, unknown>,
): DeliveryView[] {
  const [reason, by] = [reasonOf(kept), ruleIds(kept)];
  return kept.destinations
    .filter((destination) => !known.has(destination))
    .map((destination) => {
      const id = deliveryId(event, destination);
      return { id, event, destination, state: 'discarded', reason, by, attempt: 0 };
    });
}

interface QueryParts {
  readonly IndexName?: string;
  readonly KeyConditionExpression: string;
  readonly FilterExpression?: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ExpressionAttributeValues: ReturnType<typeof toAttributes>;
  readonly ScanIndexForward?: boolean;
}

/** Every item of a query, or the first `limit`. */
async function query(table: Table, parts: QueryParts, limit = Infinity): Promise<Item[]> {
  const items: Item[] = [];
  let start: ReturnType<typeof toAttributes> | undefined;
  do {
    const { Items = [], LastEvaluatedKey } = await table.client.send(
      new QueryCommand({ TableName: table.name, ...parts, ...(start ? { ExclusiveStartKey: start } : {}) }),
    );
    items.push(...Items.map(fromAttributes));
    start = LastEvaluatedKey;
  } while (start && items.length < limit);
  return items.slice(0, limit);
}

async function openItems(
  table: Table,
  shard: string,
  state: string | undefined,
  limit: number,
  after: string | undefined,
): Promise<Item[]> {
  return await query(
    table,
    {
      IndexName: 'open',
      KeyConditionExpression: after === undefined ? '#open = :shard' : '#open = :shard AND openAt < :after',
      ScanIndexForward: false,
      ExpressionAttributeNames: { '#open': 'open', ...(state ? { '#state': 'state' } : {}) },
      ExpressionAttributeValues: toAttributes({ ':shard': shard, ':after': after, ':state': state }),
      ...(state ? { FilterExpression: '#state = :state' } : {}),
    },
    limit,
  );
}

async function readCompletions(
  table: Table,
  tenant: string,
  claims: readonly Item[],
): Promise<Map<string, Item>> {
  const pointers = claims
    .filter(({ state }) => state === 'sending')
    .map((claim) => completionKey(tenant, claim));
  return await getItems(table, [...new Map(pointers.map((key) => [keyText(key), key])).values()]);
}

function completionKey(tenant: string, item: Item): Key {
  const { owner, k } = claimOf(item);
  return keys.completion(tenant, owner, k);
}
