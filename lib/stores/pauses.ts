import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { keys } from '../core/keys.ts';
import type { Pause } from '../core/pause.ts';
import { parsePause, readItems } from './catalog.ts';
import { bumpVersion } from './catalog-writer.ts';
import { type Table, applies, toAttributes } from './table.ts';

/** The pauses of a tenant, beside its catalog; functions see a change within 10 s, like any of the catalog. */
export function createPauses(table: Table) {
  return {
    list: async (tenant: string): Promise<Pause[]> => {
      const items = await readItems(table.client, table.name, tenant, 'pause');
      return items.map(parsePause).filter((pause) => pause !== undefined);
    },

    /** Makes a pause, or replaces the one of the same target. */
    put: async (tenant: string, pause: Pause): Promise<void> => {
      const item = { ...keys.entry(tenant, 'pause', pause.id), body: JSON.stringify(pause) };
      await table.client.send(new PutItemCommand({ TableName: table.name, Item: toAttributes(item) }));
      await bumpVersion(table, tenant);
    },

    /** False: there is none. */
    remove: async (tenant: string, id: string): Promise<boolean> => {
      const removed = await applies(
        table.client.send(
          new DeleteItemCommand({
            TableName: table.name,
            Key: toAttributes({ ...keys.entry(tenant, 'pause', id) }),
            ConditionExpression: 'attribute_exists(pk)',
          }),
        ),
      );
      // Also when there is none: whoever removed it may have died before this.
      await bumpVersion(table, tenant);
      return removed;
    },
  };
}
