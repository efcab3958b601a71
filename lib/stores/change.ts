import { ConditionalCheckFailedException, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { Key } from '../core/keys.ts';
import { type Item, type Table, fromAttributes, getItems, keyText, toAttributes } from './table.ts';

/** One conditional update of an item, which it makes when absent, in the parts of an UpdateItem. */
export interface Change {
  /** `tat = :tat`. */
  readonly set?: string | undefined;
  /** `breaker, failures`. */
  readonly remove?: string | undefined;
  readonly where: string;
  readonly values: Readonly<Record<string, unknown>>;
}

interface Changed {
  readonly applied: boolean;
  /** The item before the change when it was applied, as it stands when it was not. */
  readonly item: Item | undefined;
}

/** Changes an item under a condition, in which its time to live is `#ttl`; `ttl` is the new one, epoch seconds. */
export async function change(
  table: Table,
  key: Key,
  { set, remove, where, values }: Change,
  ttl: number,
): Promise<Changed> {
  const sets = ['#ttl = :ttl', ...(set === undefined ? [] : [set])].join(', ');
  try {
    const { Attributes } = await table.client.send(
      new UpdateItemCommand({
        TableName: table.name,
        Key: toAttributes({ ...key }),
        UpdateExpression: `SET ${sets}${remove === undefined ? '' : ` REMOVE ${remove}`}`,
        ConditionExpression: where,
        ExpressionAttributeNames: { '#ttl': 'ttl' },
        ExpressionAttributeValues: toAttributes({ ...values, ':ttl': ttl }),
        ReturnValues: 'ALL_OLD',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    return { applied: true, item: Attributes && fromAttributes(Attributes) };
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    // Some engines leave the item out.
    const item = error.Item ? fromAttributes(error.Item) : await read(table, key);
    return { applied: false, item };
  }
}

async function read(table: Table, key: Key): Promise<Item | undefined> {
  return (await getItems(table, [key])).get(keyText(key));
}
