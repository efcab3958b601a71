import { expect, test } from 'vitest';
import type { Person } from '../../lib/core/recipient.ts';
import { createRecipientWriter, createRecipients } from '../../lib/stores/recipients.ts';
import { NOW, describeOnEngines } from './engines.ts';

describeOnEngines('recipients', (store) => {
  let tenants = 0;
  const alice: Person = { id: 'alice', inbox: true };

  function open(maxCharacters?: number) {
    const clock = { ms: NOW };
    const table = { ...store().catalog };
    const options = { now: () => clock.ms, ...(maxCharacters !== undefined && { maxCharacters }) };
    const read = createRecipients(table, options);
    const reads = () => store().sent.filter((name) => name === 'BatchGetItemCommand').length;
    return {
      tenant: `r${tenants++}`,
      clock,
      table,
      read,
      reads,
      writer: createRecipientWriter(store().catalog),
    };
  }

  test('are read together, and again after ten seconds', async () => {
    const { tenant, clock, read, reads, writer } = open();
    await writer.put(tenant, alice, undefined);
    const before = reads();
    const names = ['alice', 'ghost', 'alice'];
    expect([...(await read(tenant, names))]).toEqual([['alice', alice]]);
    clock.ms += 9_999;
    expect([...(await read(tenant, names))]).toEqual([['alice', alice]]);
    expect(reads() - before).toBe(1);
    await writer.put(tenant, { id: 'ghost', inbox: false }, undefined);
    clock.ms += 1;
    expect([...(await read(tenant, names)).keys()].toSorted()).toEqual(['alice', 'ghost']);
    expect(await read(`${tenant}-other`, names)).toEqual(new Map());
  });

  test('are as they last were while the table does not answer, for ten minutes', async () => {
    const { tenant, clock, table, read, writer } = open();
    await writer.put(tenant, alice, undefined);
    await read(tenant, ['alice']);
    table.name = 'no-such-table';
    clock.ms += 599_999;
    expect([...(await read(tenant, ['alice'])).keys()]).toEqual(['alice']);
    await expect(read(tenant, ['alice', 'bob'])).rejects.toThrow(/not found|no-such-table|non-existent/i);
    clock.ms += 1;
    await expect(read(tenant, ['alice'])).rejects.toThrow(/not found|no-such-table|non-existent/i);
  });

  test('are remembered as far as there is room', async () => {
    const { tenant, read, reads, writer } = open(2 * 300);
    for (const id of ['a', 'b', 'c']) await writer.put(tenant, { id, inbox: true }, undefined);
    for (const id of ['a', 'b', 'c']) await read(tenant, [id]);
    const before = reads();
    await read(tenant, ['b', 'c']);
    expect(reads() - before).toBe(0);
    await read(tenant, ['a']);
    expect(reads() - before).toBe(1);
    // More than there is room for are found all the same.
    expect((await read(tenant, ['a', 'b', 'c'])).size).toBe(3);
  });

  test('are written by whoever has seen the last state', async () => {
    const { tenant, writer } = open();
    expect(await writer.put(tenant, alice, undefined)).toBe(true);
    expect(await writer.put(tenant, alice, undefined)).toBe(false);
    const { etag = '' } = (await writer.find(tenant, 'alice')) ?? {};
    expect(await writer.put(tenant, { ...alice, name: 'Alice' }, etag)).toBe(true);
    expect(await writer.put(tenant, { ...alice, name: 'Bob' }, etag)).toBe(false);
    expect(await writer.remove(tenant, 'alice', etag)).toBe(false);
    const found = await writer.find(tenant, 'alice');
    expect(found?.recipient).toEqual({ ...alice, name: 'Alice' });
    expect(await writer.remove(tenant, 'alice', found?.etag ?? '')).toBe(true);
    expect(await writer.find(tenant, 'alice')).toBeUndefined();
  });

  test('are found together as they are now', async () => {
    const { tenant, writer } = open();
    await writer.put(tenant, alice, undefined);
    expect(await writer.findAll(tenant, ['alice', 'bob'])).toEqual(new Map([['alice', alice]]));
  });
});
