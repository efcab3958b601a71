import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import type { TableSpec } from './table-spec.ts';

/**
 * Deletes what has expired, as DynamoDB's TTL does within days. Nothing may depend on it: an expired item
 * counts as absent by its `ttl`. Gives the number of items deleted.
 */
export async function sweep(
  client: DynamoDBClient,
  tables: readonly TableSpec[],
  nowMs: number,
): Promise<number> {
  let deleted = 0;
  for (const table of tables) {
    if (table.ttl === undefined) continue;
    const expired = {
      ExpressionAttributeNames: { '#ttl': table.ttl },
      ExpressionAttributeValues: { ':now': { N: String(Math.floor(nowMs / 1000)) } },
    };
    const keyNames = new Set([table.hash, table.range]);
    let from: Record<string, AttributeValue> | undefined;
    do {
      const { Items = [], LastEvaluatedKey } = await client.send(
        new ScanCommand({
          TableName: table.name,
          FilterExpression: '#ttl < :now',
          ...expired,
          Limit: PAGE,
          ...(from && { ExclusiveStartKey: from }),
        }),
      );
      for (const item of Items) {
        const Key = Object.fromEntries(Object.entries(item).filter(([name]) => keyNames.has(name)));
        const command = new DeleteItemCommand({
          TableName: table.name,
          Key,
          ConditionExpression: '#ttl < :now',
          ...expired,
        });
        deleted += await client.send(command).then(() => 1, unlessRenewed);
      }
      from = LastEvaluatedKey;
    } while (from);
  }
  return deleted;
}

const PAGE = 500;

function unlessRenewed(error: unknown): 0 {
  if (error instanceof ConditionalCheckFailedException) return 0;
  throw error;
}

/** Sweeps now and then. Gives a function that ends it. */
export function startSweeper(
  client: DynamoDBClient,
  tables: readonly TableSpec[],
  everyMs = 600_000,
): () => void {
  const timer = setInterval(() => void sweep(client, tables, Date.now()).catch(() => undefined), everyMs);
  return () => clearInterval(timer);
}
