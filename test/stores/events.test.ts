import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { beforeAll, expect, test } from 'vitest';
import type { Event } from '../../lib/core/event.ts';
import type { RecordWrite } from '../../lib/core/event-record.ts';
import { keys } from '../../lib/core/keys.ts';
import { type Events, createEvents } from '../../lib/stores/events.ts';
import { type Table, getItems, toAttributes } from '../../lib/stores/table.ts';
import { NOW, describeOnEngines } from './engines.ts';

const DAY_SECONDS = 86_400;

const eventOf = (id: string): Event => ({
  id,
  topic: 'a',
  time: '2026-11-21T10:00:00.000Z',
  lane: 'normal',
  data: { é: '"' },
});

const eventWrite = (id: string, more: object = {}): RecordWrite => ({
  kind: 'event',
  event: eventOf(id),
  hash: 'h1',
  pack: 'p1',
  at: NOW,
  isAlert: false,
  ...more,
});

describeOnEngines('event records', (store) => {
  let table: Table;
  let events: Events;
  let count = 0;

  beforeAll(() => {
    table = store().ledger;
    events = createEvents(table);
  });

  const newId = () => `e${count++}`;

  test('a record holds the whole event until its retention is over', async () => {
    const id = newId();
    expect(await events.write('acme', [eventWrite(id)])).toEqual([true]);
    const [item] = (await getItems(table, [keys.event('acme', id)])).values();
    expect(item).toMatchObject({ hash: 'h1', pack: 'p1', at: NOW, ttl: NOW / 1000 + 30 * DAY_SECONDS });
    expect(JSON.parse(String(item?.['body']))).toEqual(eventOf(id));
  });

  test('what is absent is absent, and tenants do not see each other', async () => {
    const id = newId();
    await events.write('acme', [eventWrite(id)]);
    expect((await events.read('other', [id])).events.size).toBe(0);
    expect(await events.read('acme', [])).toEqual({ events: new Map(), request: undefined });
  });

  test('who comes second leaves the record as it is and is told that it is there', async () => {
    const id = newId();
    await events.write('acme', [eventWrite(id)]);
    expect(await events.write('acme', [eventWrite(id, { hash: 'h2' })])).toEqual([true]);
    expect((await events.read('acme', [id])).events.get(id)?.hash).toBe('h1');
  });

  test('reads and writes more than one call can carry', async () => {
    const ids = Array.from({ length: 130 }, newId);
    const written = await events.write(
      'acme',
      ids.map((id) => eventWrite(id)),
    );
    expect(written.every(Boolean)).toBe(true);
    expect((await events.read('acme', ids)).events.size).toBe(130);
  });

  test('an expired record is replaced, unless somebody did so before', async () => {
    const id = newId();
    await events.write('acme', [eventWrite(id, { at: NOW - 40 * DAY_SECONDS * 1000, isAlert: true })]);
    const old = (await events.read('acme', [id])).events.get(id);
    const replace = (hash: string) => events.write('acme', [eventWrite(id, { hash, replaces: old?.ttl })]);
    await replace('h2');
    await replace('h3');
    expect((await events.read('acme', [id])).events.get(id)).toMatchObject({
      hash: 'h2',
      at: NOW,
      hasDead: false,
    });
  });

  test('the head of an alert counts each reminder once, and lives on', async () => {
    const id = newId();
    await events.write('acme', [eventWrite(id, { isAlert: true })]);
    const at = NOW + 10 * DAY_SECONDS * 1000;
    const reminder = (repeat: number): RecordWrite => ({
      kind: 'reminder',
      head: id,
      repeat,
      latestId: `${id}-r${repeat}`,
      at,
    });
    await events.write('acme', [reminder(1)]);
    await events.write('acme', [reminder(1)]);
    await events.write('acme', [reminder(3)]);
    expect((await events.read('acme', [id])).events.get(id)).toMatchObject({
      repeat: 1,
      latestId: `${id}-r1`,
      latestAt: at,
      ttl: NOW / 1000 + 40 * DAY_SECONDS,
    });
  });

  test('shows that a delivery died', async () => {
    const id = newId();
    await events.write('acme', [eventWrite(id)]);
    await table.client.send(
      new UpdateItemCommand({
        TableName: table.name,
        Key: toAttributes({ ...keys.event('acme', id) }),
        UpdateExpression: 'SET hasDead = :true',
        ExpressionAttributeValues: toAttributes({ ':true': true }),
      }),
    );
    expect((await events.read('acme', [id])).events.get(id)?.hasDead).toBe(true);
  });

  test('an idempotency key is read together with the events, and remembered for a day', async () => {
    const id = newId();
    await events.write('acme', [eventWrite(id), { kind: 'request', key: id, hash: 'b1', at: NOW }]);
    const read = await events.read('acme', [id], id);
    expect(read.events.size).toBe(1);
    expect(read.request).toMatchObject({ hash: 'b1', ttl: NOW / 1000 + DAY_SECONDS });
    await events.write('acme', [
      { kind: 'request', key: id, hash: 'b2', at: NOW, replaces: read.request?.ttl },
    ]);
    expect((await events.read('acme', [], id)).request?.hash).toBe('b2');
  });

  test('a table that does not answer makes writes fail and reads throw', async () => {
    const missing = createEvents({ ...table, name: 'missing' });
    expect(await missing.write('acme', [eventWrite('x')])).toEqual([false]);
    await expect(missing.read('acme', ['x'])).rejects.toThrow(/table|resource/i);
  });
});
