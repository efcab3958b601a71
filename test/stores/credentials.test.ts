import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { API_KEY_BYTES, createApiKey, formatApiKey, hashSecret } from '../../lib/core/api-key.ts';
import type { KeyItem } from '../../lib/core/caller.ts';
import { createCredentialWriter } from '../../lib/stores/credential-writer.ts';
import { createCredentials } from '../../lib/stores/credentials.ts';
import { NOW, describeOnEngines } from './engines.ts';

describeOnEngines('credentials', (store) => {
  const writer = () => createCredentialWriter(store().catalog);

  async function newKey(more: Partial<KeyItem> = {}) {
    const key = createApiKey('live', randomBytes(API_KEY_BYTES));
    const item: KeyItem = {
      tenant: 'acme',
      hash: hashSecret(key.secret),
      scopes: ['send'],
      createdAt: NOW,
      ...more,
    };
    expect(await writer().putKey(key.id, item)).toBe(true);
    return { key, item, text: formatApiKey(key) };
  }
  const credentials = (now: () => number = () => NOW) => {
    const { client, name: table } = store().catalog;
    return createCredentials({ client, table, now });
  };

  test.each([
    ['authorization', (text: string) => `Bearer ${text}`],
    ['authorization', (text: string) => `bearer  ${text} `],
    ['x-api-key', (text: string) => text],
  ])('a key in %s tells tenant and scopes', async (header, write) => {
    const { key, text } = await newKey();
    const caller = await credentials().authenticate({ [header]: write(text) });
    expect(caller).toMatchObject({ tenant: 'acme', keyId: key.id, scopes: ['send'] });
  });

  test.each([{ eventsPerSecond: 250, urgentPerSecond: 20 }, { eventsPerSecond: 250 }, {}])(
    'a key tells its quotas: %j',
    async (quotas) => {
      const { text } = await newKey(quotas);
      const { eventsPerSecond, urgentPerSecond } =
        (await credentials().authenticate({ 'x-api-key': text })) ?? {};
      expect({ eventsPerSecond, urgentPerSecond }).toEqual(quotas);
    },
  );

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

  test.each([{ tenant: 1 }, { hash: undefined }, { scopes: 'send' }, { expiresAt: '2999-01-01' }])(
    'an item with %j is no key',
    async (odd) => {
      const { text } = await newKey(odd as Partial<KeyItem>);
      expect(await credentials().authenticate({ 'x-api-key': text })).toBeUndefined();
    },
  );

  test('scopes that nobody knows are none', async () => {
    const { text } = await newKey({ scopes: ['send', 'everything'] as KeyItem['scopes'] });
    expect(await credentials().authenticate({ 'x-api-key': text })).toMatchObject({ scopes: ['send'] });
  });

  test('a removed key works for at most a minute', async () => {
    let now = NOW;
    const { key, text } = await newKey();
    const { authenticate } = credentials(() => now);
    expect(await authenticate({ 'x-api-key': text })).toBeDefined();
    await writer().removeKey(key.id, 'acme');
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
    await writer().putKey(key.id, item);
    now = NOW + 5_000;
    expect(await authenticate({ 'x-api-key': formatApiKey(key) })).toBeDefined();
  });

  test('the id of a key belongs to one tenant', async () => {
    const { key, item, text } = await newKey();
    expect(await writer().putKey(key.id, { ...item, tenant: 'other' })).toBe(false);
    await writer().removeKey(key.id, 'other');
    expect(await credentials().authenticate({ 'x-api-key': text })).toMatchObject({ tenant: 'acme' });
  });

  test('a key lives as long as one of its holders', async () => {
    const { key, item, text } = await newKey();
    const works = async () => (await credentials().authenticate({ 'x-api-key': text })) !== undefined;
    for (const holder of ['a', 'b', 'b']) expect(await writer().putKey(key.id, item, holder)).toBe(true);
    await writer().removeKey(key.id, 'acme', 'a');
    expect(await works()).toBe(true);
    await writer().removeKey(key.id, 'acme', 'a');
    await writer().removeKey(key.id, 'acme', 'never');
    await writer().removeKey(key.id, 'other', 'b');
    expect(await works()).toBe(true);
    await writer().removeKey(key.id, 'acme', 'b');
    expect(await works()).toBe(false);
  });

  test('of holders that let go at the same time the last one ends the key', async () => {
    const { key, item, text } = await newKey();
    const holders = ['a', 'b', 'c'];
    for (const holder of holders) await writer().putKey(key.id, item, holder);
    await Promise.all(holders.map((holder) => writer().removeKey(key.id, 'acme', holder)));
    expect(await credentials().authenticate({ 'x-api-key': text })).toBeUndefined();
  });

  test('a key that is put again has the rights it is given, and no others', async () => {
    const { key, item, text } = await newKey({ expiresAt: NOW + 1, eventsPerSecond: 5 });
    const { expiresAt: _, eventsPerSecond: __, ...plain } = item;
    await writer().putKey(key.id, plain, 'a');
    const later = await credentials(() => NOW + 2).authenticate({ 'x-api-key': text });
    expect(later).toMatchObject({ scopes: ['send'] });
    expect(later).not.toHaveProperty('eventsPerSecond');
  });

  test('an id is taken for everybody but its tenant', async () => {
    const { key } = await newKey();
    expect(await writer().isTaken(key.id, 'acme')).toBe(false);
    expect(await writer().isTaken(key.id, 'other')).toBe(true);
    expect(await writer().isTaken('nobodysKey00', 'other')).toBe(false);
  });

  test('a hook names its tenant and source; anything else is nobody', async () => {
    const id = randomBytes(24).toString('base64url');
    await writer().putHook(id, { tenant: 'acme', source: 'alertmanager' });
    const { hook } = credentials();
    expect(await hook(id)).toEqual({ tenant: 'acme', source: 'alertmanager' });
    for (const other of [id.slice(1), '', 'x', `${id}#`]) expect(await hook(other)).toBeUndefined();
  });
});
