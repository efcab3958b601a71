import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { type Key, keys } from '../core/keys.ts';
import type { Silence } from '../core/silence.ts';
import { parseSilence, readItems } from './catalog.ts';
import { bumpVersion } from './catalog-writer.ts';
import { type Table, toAttributes } from './table.ts';

/** So long people may look up what was silenced, and why. */
const KEPT_MS = 7 * 86_400_000;

/** The silences of a tenant, beside its catalog; functions see a change within 10 s, like any of the catalog. */
export function createSilences(table: Table) {
  const remove = async (tenant: string, { id }: Silence): Promise<void> => {
    const command = new DeleteItemCommand({
      TableName: table.name,
      Key: toAttributes({ ...keyOf(tenant, id) }),
    });
    await table.client.send(command);
  };

  return {
    /** Those that hold, will hold or ended within a week. */
    async list(tenant: string): Promise<Silence[]> {
      const items = await readItems(table.client, table.name, tenant, 'silence');
      return items.map(parseSilence).filter((silence) => silence !== undefined);
    },

    /** Makes a silence or replaces it, and forgets those that ended long ago. */
    async put(tenant: string, silence: Silence): Promise<void> {
      const item = { ...keyOf(tenant, silence.id), body: JSON.stringify(silence) };
      await table.client.send(new PutItemCommand({ TableName: table.name, Item: toAttributes(item) }));
      await bumpVersion(table, tenant);
      const old = (await this.list(tenant)).filter(({ endsAt = Infinity }) => endsAt < silence.at - KEPT_MS);
      await Promise.all(old.map((one) => remove(tenant, one)));
    },
  };
}

function keyOf(tenant: string, id: string): Key {
  return keys.entry(tenant, 'silence', id);
}
