import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { type Key, keys } from '../core/keys.ts';
import type { Silence } from '../core/silence.ts';
import { parseSilence, readItems } from './catalog.ts';
import { bumpVersion } from './catalog-writer.ts';
import { type Table, applies, toAttributes } from './table.ts';

/** So long people may look up what was silenced, and why. */
const KEPT_MS = 7 * 86_400_000;
/** Of those that ended, the last so many: every deployment may make one, and each is in every function's memory. */
const MAX_ENDED = 100;

/** The silences of a tenant, beside its catalog; functions see a change within 10 s, like any of the catalog. */
export function createSilences(table: Table) {
  const read = async (tenant: string): Promise<Silence[]> => {
    const items = await readItems(table.client, table.name, tenant, 'silence');
    return items.map(parseSilence).filter((silence) => silence !== undefined);
  };

  /** One that was made anew meanwhile stays. */
  const forget = async (tenant: string, silence: Silence): Promise<void> => {
    const command = new DeleteItemCommand({
      TableName: table.name,
      Key: toAttributes({ ...keyOf(tenant, silence.id) }),
      ConditionExpression: 'body = :seen',
      ExpressionAttributeValues: toAttributes({ ':seen': JSON.stringify(silence) }),
    });
    await applies(table.client.send(command));
  };

  return {
    /** Those that hold, will hold or ended within a week; of these at most `MAX_ENDED`. */
    list: read,

    /** Makes a silence or replaces it, and forgets those that ended long ago, or before many others. */
    async put(tenant: string, silence: Silence): Promise<void> {
      const item = { ...keyOf(tenant, silence.id), body: JSON.stringify(silence) };
      await table.client.send(new PutItemCommand({ TableName: table.name, Item: toAttributes(item) }));
      await bumpVersion(table, tenant);
      const ended = (await read(tenant)).filter((one) => endOf(one) <= silence.at);
      const old = ended
        .toSorted((a, b) => endOf(b) - endOf(a))
        .filter((one, at) => at >= MAX_ENDED || endOf(one) < silence.at - KEPT_MS);
      await Promise.all(old.map((one) => forget(tenant, one)));
    },
  };
}

function endOf({ endsAt = Infinity }: Silence): number {
  return endsAt;
}

function keyOf(tenant: string, id: string): Key {
  return keys.entry(tenant, 'silence', id);
}
