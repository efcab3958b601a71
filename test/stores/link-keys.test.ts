import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { keys } from '../../lib/core/keys.ts';
import { createLinkKeys } from '../../lib/stores/link-keys.ts';
import { toAttributes } from '../../lib/stores/table.ts';
import { NOW, describeOnEngines } from './engines.ts';

describeOnEngines('keys of links', (store) => {
  let tenants = 0;
  let made = 0;
  const random = () => new Uint8Array(32).fill(++made);

  function open() {
    const clock = { ms: NOW };
    const table = { ...store().ledger };
    const calls = () => store().sent.length;
    const create = () => createLinkKeys(table, { now: () => clock.ms });
    return { tenant: `l${tenants++}`, clock, table, calls, create, linkKeys: create() };
  }

  test('are made once, whoever is first, and kept', async () => {
    const { tenant, create, linkKeys } = open();
    expect(await linkKeys.find(tenant)).toBeUndefined();
    const all = await Promise.all(Array.from({ length: 5 }, () => create().findOrMake(tenant, random)));
    expect(new Set(all).size).toBe(1);
    expect(all[0]).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(await create().find(tenant)).toBe(all[0]);
    expect(await create().findOrMake(tenant, random)).toBe(all[0]);
    expect(await create().findOrMake(`${tenant}-other`, random)).not.toBe(all[0]);
  });

  test('cost no call for ten minutes, and bridge none after that', async () => {
    const { tenant, clock, table, calls, linkKeys } = open();
    const key = await linkKeys.findOrMake(tenant, random);
    const before = calls();
    clock.ms += 599_999;
    for (let count = 0; count < 100; count++) expect(await linkKeys.findOrMake(tenant, random)).toBe(key);
    expect(calls() - before).toBe(0);
    clock.ms += 1;
    table.name = 'no-such-table';
    await expect(linkKeys.findOrMake(tenant, random)).rejects.toThrow(
      /not found|no-such-table|non-existent/i,
    );
  });

  test('a tenant without one is asked about again after five seconds', async () => {
    const { tenant, clock, calls, create, linkKeys } = open();
    await linkKeys.find(tenant);
    const before = calls();
    for (let count = 0; count < 100; count++) expect(await linkKeys.find(tenant)).toBeUndefined();
    expect(calls() - before).toBe(0);
    const key = await create().findOrMake(tenant, random);
    clock.ms += 5_000;
    expect(await linkKeys.find(tenant)).toBe(key);
  });

  test('one that was taken away is made anew', async () => {
    const { tenant, table, create } = open();
    const key = await create().findOrMake(tenant, random);
    const Key = toAttributes({ ...keys.linkKey(tenant) });
    await table.client.send(new DeleteItemCommand({ TableName: table.name, Key }));
    expect(await create().findOrMake(tenant, random)).not.toBe(key);
  });
});
