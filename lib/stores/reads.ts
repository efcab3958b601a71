import { QueryCommand } from '@aws-sdk/client-dynamodb';
import type { Claim, Completion } from '../core/claim.ts';
import { coversDelivery } from '../core/claim.ts';
import { deliveryId, parseDeliveryId } from '../core/delivery.ts';
import { type Event, hourOf } from '../core/event.ts';
import type { FanOut, FanOutKey } from '../core/fan-out.ts';
import { type Key, OPEN_SHARDS, keys } from '../core/keys.ts';
import type { AttemptView, DeliveryView, EventView, ListState } from '../core/views.ts';
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
      const event = JSON.parse(text(record, 'body') ?? '{}') as Event;
      const pack = text(record, 'pack') ?? '';
      const [fanOut] = await readFanOuts([{ tenant, topic: event.topic, hour: hourOf(event), pack }]);
      const listed = fanOut?.destinations.get(id);
      const claims = items.filter(({ sk }) => sk.startsWith('delivery#'));
      const completions = await readCompletions(table, tenant, claims);
      const attempts = items.filter(({ sk }) => sk.startsWith('attempt#'));
      const known = new Map(claims.map((claim) => [claim.sk.slice('delivery#'.length), claim]));
      const destinations = [...new Set([...(listed ?? []), ...known.keys()])];
      return {
        id,
        topic: event.topic,
        time: event.time,
        ...(event.severity && { severity: event.severity }),
        ...(event.subject !== undefined && { subject: event.subject }),
        ...(event.source !== undefined && { source: event.source }),
        receivedAt: iso(number(record, 'at') ?? 0),
        pack,
        ...(listed?.length === 0 && { noRoute: true }),
        deliveries: destinations.map((destination) => {
          const claim = known.get(destination);
          const own = attempts.filter(({ sk }) => sk.startsWith(`attempt#${destination}#`)).map(toAttempt);
          return claim
            ? toDelivery(id, destination, claim, completionOf(tenant, claim, completions), own)
            : { id: deliveryId(id, destination), event: id, destination, state: 'pending', attempt: 0 };
        }),
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

export type Reads = ReturnType<typeof createReads>;

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

function completionKey(tenant: string, claim: Item): Key {
  return keys.completion(tenant, text(claim, 'owner') ?? '', number(claim, 'k') ?? 0);
}

function completionOf(
  tenant: string,
  claim: Item,
  completions: ReadonlyMap<string, Item>,
): Completion | undefined {
  return completions.get(keyText(completionKey(tenant, claim))) as unknown as Completion | undefined;
}

function toDelivery(
  event: string,
  destination: string,
  item: Item,
  completion: Completion | undefined,
  attempts: readonly AttemptView[],
): DeliveryView {
  const claim = item as unknown as Claim;
  const delivered = claim.state === 'sending' && coversDelivery(completion, claim);
  const reason = text(item, 'reason');
  return {
    id: deliveryId(event, destination),
    event,
    destination,
    ...optional('channel', text(item, 'channel')),
    state: delivered ? 'delivered' : claim.state,
    ...(claim.state === 'sending' || claim.state === 'delivered' ? {} : optional('reason', reason)),
    attempt: claim.attempt,
    ...(claim.state === 'retrying' ? optional('nextAt', time(item, 'nextAt')) : {}),
    ...optional('since', time(item, 'since')),
    ...optional('changedAt', time(item, 'changedAt')),
    attempts: [...attempts, ...success(item, delivered ? completion : undefined)],
  };
}

/** The attempt that delivered: told by the completion record, or by the claim itself after a retry. */
function success(item: Item, completion: Completion | undefined): AttemptView[] {
  const claim = item as unknown as Claim;
  const at = completion?.at ?? (claim.state === 'delivered' ? number(item, 'changedAt') : undefined);
  if (at === undefined) return [];
  const ms = completion?.ms?.[claim.i] ?? undefined;
  return [{ n: claim.attempt, at: iso(at), outcome: 'delivered', ...optional('ms', ms) }];
}

function toOpenDelivery(item: Item): DeliveryView[] {
  const parsed = parseDeliveryId(openAt(item).split('#')[1] ?? '');
  if (!parsed) return [];
  const { event, destination } = parsed;
  return [
    {
      id: deliveryId(event, destination),
      event,
      destination,
      ...optional('channel', text(item, 'channel')),
      state: text(item, 'state') ?? 'unknown',
      ...optional('reason', text(item, 'reason')),
      attempt: number(item, 'attempt') ?? 0,
      ...optional('nextAt', time(item, 'nextAt')),
      ...optional('since', time(item, 'since')),
      changedAt: iso(Number(openAt(item).split('#')[0])),
    },
  ];
}

function toAttempt(item: Item): AttemptView {
  return {
    n: number(item, 'n') ?? 0,
    at: time(item, 'at') ?? '',
    outcome: text(item, 'outcome') ?? '',
    ...optional('reason', text(item, 'reason')),
    ...optional('status', number(item, 'status')),
    ...optional('ms', number(item, 'ms')),
    ...optional('detail', text(item, 'detail')),
  };
}

function openAt(item: Item): string {
  return text(item, 'openAt') ?? '';
}

function text(item: Item, name: string): string | undefined {
  const value = item[name];
  return typeof value === 'string' ? value : undefined;
}

function number(item: Item, name: string): number | undefined {
  const value = item[name];
  return typeof value === 'number' ? value : undefined;
}

function time(item: Item, name: string): string | undefined {
  const ms = number(item, name);
  return ms === undefined ? undefined : iso(ms);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function optional<K extends string, V>(name: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [P in K]?: V });
}
