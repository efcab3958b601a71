import { ConditionalCheckFailedException, DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import type { HookOwner, KeyItem } from '../core/caller.ts';
import { type Key, keys } from '../core/keys.ts';
import { putIf, type Table, toAttributes } from './table.ts';

/** Makes and removes what callers present. An id in use by another tenant is never touched. */
export interface CredentialWriter {
  /** False when the id belongs to another tenant. */
  readonly putKey: (id: string, item: KeyItem) => Promise<boolean>;
  readonly removeKey: (id: string, tenant: string) => Promise<void>;
  readonly putHook: (id: string, owner: HookOwner) => Promise<boolean>;
  readonly removeHook: (id: string, tenant: string) => Promise<void>;
}

export function createCredentialWriter(table: Table): CredentialWriter {
  const put = (key: Key, item: KeyItem | HookOwner): Promise<boolean> =>
    putIf(table, { ...key, ...item }, 'attribute_not_exists(pk) OR tenant = :tenant', {
      ':tenant': item.tenant,
    });

  async function remove(key: Key, tenant: string): Promise<void> {
    try {
      await table.client.send(
        new DeleteItemCommand({
          TableName: table.name,
          Key: toAttributes({ ...key }),
          ConditionExpression: 'attribute_not_exists(pk) OR tenant = :tenant',
          ExpressionAttributeValues: toAttributes({ ':tenant': tenant }),
        }),
      );
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }

  return {
    putKey: (id, item) => put(keys.apiKey(id), item),
    removeKey: (id, tenant) => remove(keys.apiKey(id), tenant),
    putHook: (id, owner) => put(keys.hook(id), owner),
    removeHook: (id, tenant) => remove(keys.hook(id), tenant),
  };
}
