import { DeleteItemCommand, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { HookOwner, KeyItem } from '../core/caller.ts';
import { type Key, keys } from '../core/keys.ts';
import { type Table, applies, toAttributes } from './table.ts';

/**
 * Makes and removes what callers present. An id in use by another tenant is never touched. `holder` is the
 * catalog entry that stands behind a credential: each is noted, and the credential ends with the last of them,
 * so that neither a rename nor the end of a second entry with the same secret takes a key away from its users.
 */
export interface CredentialWriter {
  /** False when the id belongs to another tenant. */
  readonly putKey: (id: string, item: KeyItem, holder?: string) => Promise<boolean>;
  readonly removeKey: (id: string, tenant: string, holder?: string) => Promise<void>;
  readonly putHook: (id: string, owner: HookOwner, holder?: string) => Promise<boolean>;
  readonly removeHook: (id: string, tenant: string, holder?: string) => Promise<void>;
  /** Whether another tenant has this key. */
  readonly isTaken: (id: string, tenant: string) => Promise<boolean>;
}

/** Each round fails only if another entry let go of the credential in its middle. */
const ROUNDS = 3;
/** What an earlier form of a key may have left behind. */
const OPTIONAL = ['expiresAt', 'eventsPerSecond', 'urgentPerSecond'];

export function createCredentialWriter(table: Table): CredentialWriter {
  const { client, name } = table;

  async function put(key: Key, item: KeyItem | HookOwner, holder: string | undefined): Promise<boolean> {
    const given = Object.entries(item).filter(([, value]) => value !== undefined);
    const absent = OPTIONAL.filter((member) => !given.some(([named]) => named === member));
    const update = [
      `SET ${given.map((_, index) => `#${index} = :${index}`).join(', ')}`,
      ...(absent.length > 0 ? [`REMOVE ${absent.join(', ')}`] : []),
      ...(holder === undefined ? [] : ['ADD holders :holder']),
    ];
    return await applies(
      client.send(
        new UpdateItemCommand({
          TableName: name,
          Key: toAttributes({ ...key }),
          UpdateExpression: update.join(' '),
          ConditionExpression: 'attribute_not_exists(pk) OR tenant = :tenant',
          ExpressionAttributeNames: Object.fromEntries(given.map(([member], index) => [`#${index}`, member])),
          ExpressionAttributeValues: toAttributes({
            ...Object.fromEntries(given.map(([, value], index) => [`:${index}`, value])),
            ':tenant': item.tenant,
            ...(holder !== undefined && { ':holder': new Set([holder]) }),
          }),
        }),
      ),
    );
  }

  /** The last holder takes the item with it, in one write; another one only takes its name off. */
  async function remove(key: Key, tenant: string, holder = '-'): Promise<void> {
    const where = {
      TableName: name,
      Key: toAttributes({ ...key }),
      ExpressionAttributeValues: toAttributes({ ':tenant': tenant, ':holder': new Set([holder]) }),
    };
    const isLast = 'tenant = :tenant AND (attribute_not_exists(holders) OR holders = :holder)';
    const isOther = 'tenant = :tenant AND attribute_exists(holders) AND holders <> :holder';
    for (let round = 1; round <= ROUNDS; round++) {
      if (await applies(client.send(new DeleteItemCommand({ ...where, ConditionExpression: isLast }))))
        return;
      const UpdateExpression = 'DELETE holders :holder';
      const other = { ...where, UpdateExpression, ConditionExpression: isOther };
      if (await applies(client.send(new UpdateItemCommand(other)))) return;
    }
  }

  return {
    putKey: (id, item, holder) => put(keys.apiKey(id), item, holder),
    removeKey: (id, tenant, holder) => remove(keys.apiKey(id), tenant, holder),
    putHook: (id, owner, holder) => put(keys.hook(id), owner, holder),
    removeHook: (id, tenant, holder) => remove(keys.hook(id), tenant, holder),
    async isTaken(id, tenant) {
      const Key = toAttributes({ ...keys.apiKey(id) });
      const { Item } = await client.send(new GetItemCommand({ TableName: name, Key, ConsistentRead: true }));
      return Item !== undefined && Item['tenant']?.S !== tenant;
    },
  };
}
