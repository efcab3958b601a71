import { QueryCommand } from '@aws-sdk/client-dynamodb';
import type { Group } from '../core/group-window.ts';
import { keys } from '../core/keys.ts';
import { number, text } from './attributes.ts';
import { type Table, fromAttributes, toAttributes } from './table.ts';
import { readWindows } from './windows.ts';

/**
 * The groups in which a route gathered an event's alerts: its held claims point to them, from before it joined one
 * until the ledger forgets it. A pointer may move on to another window meanwhile, but to none of another group.
 */
export function createEventGroups(table: Table) {
  return async (tenant: string, event: string): Promise<readonly Group[]> => {
    const { pk, sk } = keys.claim(tenant, event, '');
    const { Items = [] } = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :sk)',
        ExpressionAttributeValues: toAttributes({ ':pk': pk, ':sk': sk }),
      }),
    );
    const pointers = Items.map(fromAttributes).flatMap((claim) => {
      const [group, n] = [text(claim, 'group'), number(claim, 'n')];
      return group === undefined || n === undefined ? [] : [{ tenant, group, n }];
    });
    const windows = pointers.length === 0 ? [] : (await readWindows(table, pointers)).values();
    return [...windows].filter(({ kind }) => kind === 'group');
  };
}
