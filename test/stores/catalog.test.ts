import { expect, onTestFinished, test } from 'vitest';
import { etagOf } from '../../lib/core/catalog-entry.ts';
import { createCatalogs } from '../../lib/stores/catalog.ts';
import { createCatalogWriter } from '../../lib/stores/catalog-writer.ts';
import { describeOnEngines } from './engines.ts';

const slack = { channel: 'slack', settings: { webhookUrl: { secret: 'a' } }, enabled: true };

describeOnEngines('catalog', (store) => {
  let count = 0;
  const newTenant = () => `tenant${count++}`;
  const writer = () => createCatalogWriter(store().catalog);
  const reader = (now: () => number) => {
    const { client, name: table } = store().catalog;
    return createCatalogs({ client, table, now });
  };

  test('an entry is new once, and changes only for who has seen it', async () => {
    const tenant = newTenant();
    expect(await writer().put(tenant, 'destination', 'a', slack, undefined)).toBe(true);
    expect(await writer().put(tenant, 'destination', 'a', slack, undefined)).toBe(false);
    expect(await writer().put(tenant, 'destination', 'a', { ...slack, title: 'x' }, 'stale')).toBe(false);
    expect(await writer().put(tenant, 'destination', 'a', { ...slack, title: 'x' }, etagOf(slack))).toBe(
      true,
    );
    expect(await writer().find(tenant, 'destination', 'a')).toMatchObject({ body: { title: 'x' } });
    expect(await writer().remove(tenant, 'destination', 'a', etagOf(slack))).toBe(false);
    expect(await writer().remove(tenant, 'destination', 'a', etagOf({ ...slack, title: 'x' }))).toBe(true);
    expect(await writer().find(tenant, 'destination', 'a')).toBeUndefined();
  });

  test('tenants and kinds do not see each other', async () => {
    const [one, other] = [newTenant(), newTenant()];
    await writer().put(one, 'destination', 'a', slack, undefined);
    await writer().put(one, 'template', 'a', { text: 'x' }, undefined);
    expect(await writer().list(other)).toEqual([]);
    expect((await writer().list(one, 'template')).map(({ kind }) => kind)).toEqual(['template']);
    expect(await writer().list(one)).toHaveLength(2);
  });

  test('a round of changes begins at the version it was made for, and at no other', async () => {
    const tenant = newTenant();
    expect(await writer().begin(tenant, 0)).toBe(true);
    expect(await writer().begin(tenant, 0)).toBe(false);
    const version = await writer().version(tenant);
    await writer().put(tenant, 'destination', 'a', slack, undefined);
    expect(await writer().begin(tenant, version)).toBe(false);
    expect(await writer().begin(tenant, await writer().version(tenant))).toBe(true);
  });

  test('of more catalogs than fit into memory, those seen least recently are read again', async () => {
    const { client, name: table } = store().catalog;
    const tenants = [newTenant(), newTenant(), newTenant()];
    for (const tenant of tenants) {
      await writer().put(tenant, 'template', 'long', { text: 'x'.repeat(8_000) }, undefined);
    }
    const readsAgain = async (maxCharacters: number): Promise<string[]> => {
      const catalogs = createCatalogs({ client, table, now: () => 0, maxCharacters });
      for (const tenant of tenants) await catalogs.get(tenant);
      const again: string[] = [];
      for (const tenant of tenants.toReversed()) {
        const before = store().sent.length;
        await catalogs.get(tenant);
        if (store().sent.length > before) again.push(tenant);
      }
      return again;
    };
    expect(await readsAgain(60_000)).toEqual([]);
    expect(await readsAgain(40_000)).toEqual([tenants[0]]);
    expect(await readsAgain(10_000)).toEqual([tenants[2], tenants[1], tenants[0]]);
  });

  test('a snapshot has everything in order, and is the same object while nothing changes', async () => {
    const tenant = newTenant();
    let now = 0;
    const catalogs = reader(() => now);
    expect(await catalogs.get(tenant)).toMatchObject({ version: 0, routes: [] });
    await writer().put(tenant, 'destination', 'a', slack, undefined);
    await writer().put(tenant, 'route', 'z', { order: 1, destinations: ['a'] }, undefined);
    await writer().put(tenant, 'route', 'b', { order: 2, destinations: ['a'] }, undefined);
    await writer().put(tenant, 'route', 'c', { order: 1, destinations: ['a'] }, undefined);
    await writer().put(tenant, 'topic', 't', { topics: ['a'], mode: 'atMostOnce' }, undefined);
    expect((await catalogs.get(tenant)).routes).toEqual([]);
    now = 10_000;
    const catalog = await catalogs.get(tenant);
    expect(catalog.topics).toEqual([{ id: 't', topics: ['a'], mode: 'atMostOnce' }]);
    expect(catalog.routes.map(({ id }) => id)).toEqual(['c', 'z', 'b']);
    expect(catalog.destinations.get('a')).toEqual({ id: 'a', ...slack });
    now = 20_000;
    expect(await catalogs.get(tenant)).toBe(catalog);
  });

  test('callers at the same time share one read', async () => {
    const catalogs = reader(() => 0);
    const tenant = newTenant();
    const [a, b] = await Promise.all([catalogs.get(tenant), catalogs.get(tenant)]);
    expect(a).toBe(b);
  });

  test('while the table cannot be read, a copy serves for ten minutes', async () => {
    const tenant = newTenant();
    let now = 0;
    let down = false;
    const { middlewareStack } = store().catalog.client;
    middlewareStack.add((next) => (args) => (down ? Promise.reject(new Error('down')) : next(args)), {
      step: 'initialize',
      name: 'down',
    });
    onTestFinished(() => void middlewareStack.remove('down'));
    const catalogs = reader(() => now);
    const catalog = await catalogs.get(tenant);
    down = true;
    now = 599_999;
    expect(await catalogs.get(tenant)).toBe(catalog);
    now = 600_000;
    await expect(catalogs.get(tenant)).rejects.toThrow('down');
  });
});
