import { randomBytes } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Dynamo, createTables, dynamoEngines, startDynamo, testTables } from '../../cdk/local/dynamo.ts';
import { API_KEY_BYTES, createApiKey, formatApiKey, hashSecret } from '../../lib/core/api-key.ts';
import type { KeyItem } from '../../lib/core/caller.ts';
import { createCredentialWriter } from '../../lib/stores/credential-writer.ts';
import { createCredentials } from '../../lib/stores/credentials.ts';
import type { Table } from '../../lib/stores/table.ts';

const NOW = Date.UTC(2026, 10, 21);

describe.each(dynamoEngines())('credentials on %s', (engine) => {
  let dynamo: Dynamo;
  let table: Table;

  beforeAll(async () => {
    dynamo = await startDynamo({ engine });
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const client = new DynamoDBClient({ endpoint: dynamo.endpoint, region: 'us-east-1', credentials });
    const { catalog } = testTables();
    await createTables(client, [catalog]);
    table = { client, name: catalog.name, wait: () => Promise.resolve() };
  });
  afterAll(async () => {
    table.client.destroy();
    await dynamo.close();
  });

  async function newKey(more: Partial<KeyItem> = {}) {
    const key = createApiKey('live', randomBytes(API_KEY_BYTES));
    const item: KeyItem = {
      tenant: 'acme',
      hash: hashSecret(key.secret),
      scopes: ['send'],
      createdAt: NOW,
      ...more,
    };
    expect(await createCredentialWriter(table).putKey(key.id, item)).toBe(true);
    return { key, item, text: formatApiKey(key) };
  }
  const credentials = (now: () => number = () => NOW) =>
    createCredentials({ client: table.client, table: table.name, now });

  test.each([
    ['authorization', (text: string) => `Bearer ${text}`],
    ['authorization', (text: string) => `bearer  ${text} `],
    ['x-api-key', (text: string) => text],
  ])('a key in %s tells tenant and scopes', async (header, write) => {
    const { key, text } = await newKey();
    const caller = await credentials().authenticate({ [header]: write(text) });
    expect(caller).toMatchObject({ tenant: 'acme', keyId: key.id, scopes: ['send'] });
  });

  test('no key, another secret, an unknown id, an expired and a revoked key are all refused alike', async () => {
    const { key } = await newKey();
    const other = createApiKey('live', randomBytes(API_KEY_BYTES));
    const expired = await newKey({ expiresAt: NOW });
    const revoked = await newKey({ revoked: true });
    const { authenticate } = credentials();
    for (const header of [
      '',
      'x',
      formatApiKey({ ...key, secret: other.secret }),
      formatApiKey(other),
      expired.text,
      revoked.text,
    ]) {
      expect(await authenticate({ 'x-api-key': header })).toBeUndefined();
    }
    expect(await authenticate({})).toBeUndefined();
    expect(await authenticate({ authorization: 'Basic x' })).toBeUndefined();
  });

  test('a removed key works for at most a minute', async () => {
    let now = NOW;
    const { key, text } = await newKey();
    const { authenticate } = credentials(() => now);
    expect(await authenticate({ 'x-api-key': text })).toBeDefined();
    await createCredentialWriter(table).removeKey(key.id, 'acme');
    now = NOW + 59_999;
    expect(await authenticate({ 'x-api-key': text })).toBeDefined();
    now = NOW + 60_000;
    expect(await authenticate({ 'x-api-key': text })).toBeUndefined();
  });

  test('a key that was unknown a moment ago works after five seconds', async () => {
    let now = NOW;
    const key = createApiKey('live', randomBytes(API_KEY_BYTES));
    const { authenticate } = credentials(() => now);
    expect(await authenticate({ 'x-api-key': formatApiKey(key) })).toBeUndefined();
    const item: KeyItem = { tenant: 'acme', hash: hashSecret(key.secret), scopes: ['send'], createdAt: NOW };
    await createCredentialWriter(table).putKey(key.id, item);
    now = NOW + 5_000;
    expect(await authenticate({ 'x-api-key': formatApiKey(key) })).toBeDefined();
  });

  test('the id of a key belongs to one tenant', async () => {
    const { key, item, text } = await newKey();
    const writer = createCredentialWriter(table);
    expect(await writer.putKey(key.id, { ...item, tenant: 'other' })).toBe(false);
    await writer.removeKey(key.id, 'other');
    expect(await credentials().authenticate({ 'x-api-key': text })).toMatchObject({ tenant: 'acme' });
  });

  test('a hook names its tenant and source; anything else is nobody', async () => {
    const id = randomBytes(24).toString('base64url');
    await createCredentialWriter(table).putHook(id, { tenant: 'acme', source: 'alertmanager' });
    const { hook } = credentials();
    expect(await hook(id)).toEqual({ tenant: 'acme', source: 'alertmanager' });
    for (const other of [id.slice(1), '', 'x', `${id}#`]) expect(await hook(other)).toBeUndefined();
  });
});
