import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { keys } from '../core/keys.ts';
import type { QueueRecord } from '../core/message.ts';
import { type Table, toAttributes } from './table.ts';

const KEPT_DAYS = 14;

type UnreadRecord = Pick<QueueRecord, 'messageId'> & { readonly body: unknown };

/** Keeps a note of messages that nobody could read: what was wrong, never what was in them. */
export function createPoison(table: Table, { now }: { readonly now: () => number }) {
  return async ({ messageId, body }: UnreadRecord, why: string): Promise<void> => {
    const item = {
      ...keys.poison(messageId),
      state: 'dead',
      reason: 'poison',
      why,
      bytes: typeof body === 'string' ? Buffer.byteLength(body) : 0,
      at: now(),
      ttl: Math.ceil(now() / 1000) + KEPT_DAYS * 86_400,
    };
    await table.client.send(new PutItemCommand({ TableName: table.name, Item: toAttributes(item) }));
  };
}
