import { DynamoDB } from '@aws-sdk/client-dynamodb';
import { createSender } from './sender.ts';
import { NAIVE_TABLES } from './tables.ts';

/** The sender as Lambda would load it. */
export const handler = createSender({
  dynamo: new DynamoDB({}),
  tables: { idempotency: NAIVE_TABLES.idempotency.name, limits: NAIVE_TABLES.limits.name },
  perSecond: 1_000,
  fetch,
});
