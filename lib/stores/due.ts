import {
  QueryCommand,
  UpdateItemCommand,
  ConditionalCheckFailedException,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Claim, DeliveryRef } from '../core/claim.ts';
import { parseDeliveryId } from '../core/delivery.ts';
import { DUE_SHARDS, keys, minuteOf } from '../core/keys.ts';
import type { Notification } from '../core/notification.ts';
import { claimKey } from './claims.ts';
import { dueAttributes } from './outcomes.ts';
import { type Table, fromAttributes, getItems, keyText, toAttributes } from './table.ts';

/** A delivery whose next attempt is due. */
export interface Due {
  readonly ref: DeliveryRef;
  /** Value of its index entry as it was found: the condition of moving it on. */
  readonly dueAt: string;
  readonly attempt: number;
  readonly channel: string;
  readonly since: number;
  readonly content: Notification;
}

/** Sweeps look this far back behind the last finished one, for entries written with a clock that ran late. */
const OVERLAP_MINUTES = 2;
/** Without a note of an earlier sweep, entries this old are still found. */
const FIRST_LOOK_BACK_MINUTES = 60;

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

    /** Entries of one minute that are due by now and still wait. */
    async find(minute: number): Promise<Due[]> {
      const shards = Array.from({ length: DUE_SHARDS }, (_, shard) => `DUE#${shard}#${minute}`);
      const refs = (await Promise.all(shards.map((shard) => entries(table, shard, now())))).flat();
      const items = await getItems(table, refs.map(claimKey));
      return refs.flatMap((ref) => {
        const item = items.get(keyText(claimKey(ref)));
        return item?.['state'] === 'retrying' && typeof item['dueAt'] === 'string' ? [toDue(ref, item)] : [];
      });
    },

    /** Moves an entry on by `byMs`, if it is as it was found: the message is out, but may yet be lost. */
    async postpone({ ref, dueAt }: Due, byMs: number): Promise<void> {
      const next = dueAttributes(ref, now() + byMs);
      try {
        await table.client.send(
          new UpdateItemCommand({
            TableName: table.name,
            Key: toAttributes({ ...claimKey(ref) }),
            UpdateExpression: 'SET due = :due, dueAt = :next',
            ConditionExpression: 'dueAt = :seen AND #state = :retrying',
            ExpressionAttributeNames: { '#state': 'state' },
            ExpressionAttributeValues: toAttributes({
              ':due': next.due,
              ':next': next.dueAt,
              ':seen': dueAt,
              ':retrying': 'retrying',
            }),
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
  };
}

async function entries(table: Table, shard: string, nowMs: number): Promise<DeliveryRef[]> {
  const refs: DeliveryRef[] = [];
  let start: Record<string, unknown> | undefined;
  do {
    const { Items = [], LastEvaluatedKey } = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        IndexName: 'due',
        KeyConditionExpression: 'due = :shard AND dueAt <= :now',
        ExpressionAttributeValues: toAttributes({
          ':shard': shard,
          ':now': `${String(nowMs).padStart(15, '0')}~`,
        }),
        ...(start ? { ExclusiveStartKey: toAttributes(start) } : {}),
      }),
    );
    for (const attributes of Items) {
      const [, tenant, id] = String(fromAttributes(attributes)['dueAt']).split('#');
      const parsed = parseDeliveryId(id ?? '');
      if (tenant && parsed) refs.push({ tenant, ...parsed });
    }
    start = LastEvaluatedKey && fromAttributes(LastEvaluatedKey);
  } while (start);
  return refs;
}

function toDue(ref: DeliveryRef, item: Readonly<Record<string, unknown>>): Due {
  const { attempt, channel, since, dueAt, content } = item as unknown as Claim & {
    readonly channel: string;
    readonly since: number;
    readonly dueAt: string;
    readonly content: string;
  };
  return { ref, dueAt, attempt, channel, since, content: JSON.parse(content) as Notification };
}
