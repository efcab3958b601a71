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
  isContested: false,
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

  test('a record holds the whole event, and outlives the claims of its last attempts', async () => {
    const id = newId();
    expect(await events.write('acme', [eventWrite(id)])).toEqual(['h1']);
    const [item] = (await getItems(table, [keys.event('acme', id)])).values();
    expect(item).toMatchObject({ hash: 'h1', pack: 'p1', at: NOW, ttl: NOW / 1000 + 44 * DAY_SECONDS });
    expect(JSON.parse(String(item?.['body']))).toEqual(eventOf(id));
  });

  test('what is absent is absent, and tenants do not see each other', async () => {
    const id = newId();
    await events.write('acme', [eventWrite(id)]);
    expect((await events.read('other', [id])).size).toBe(0);
    expect(await events.read('acme', [])).toEqual(new Map());
    expect(await events.request('acme', id)).toBeUndefined();
  });

  test('who comes second leaves the record as it is, and is told whose it is where that matters', async () => {
    const id = newId();
    await events.write('acme', [eventWrite(id)]);
    expect(await events.write('acme', [eventWrite(id, { hash: 'h2' })])).toEqual(['h2']);
    const contested = { hash: 'h2', isContested: true };
    expect(await events.write('acme', [eventWrite(id, contested)])).toEqual(['h1']);
    expect((await events.read('acme', [id])).get(id)?.hash).toBe('h1');
  });

  test('reads and writes more than one call can carry', async () => {
    const ids = Array.from({ length: 130 }, newId);
    const written = await events.write(
      'acme',
      ids.map((id) => eventWrite(id)),
    );
    expect(new Set(written)).toEqual(new Set(['h1']));
    expect((await events.read('acme', ids)).size).toBe(130);
  });

  test('an expired record is replaced, unless somebody did so before', async () => {
    const id = newId();
    await events.write('acme', [eventWrite(id, { at: NOW - 45 * DAY_SECONDS * 1000, isAlert: true })]);
    const old = (await events.read('acme', [id])).get(id);
    const replace = (hash: string) => events.write('acme', [eventWrite(id, { hash, replaces: old?.ttl })]);
    await replace('h2');
    await replace('h3');
    expect((await events.read('acme', [id])).get(id)).toMatchObject({
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
      seenTtl: NOW / 1000 + 44 * DAY_SECONDS,
    });
    await events.write('acme', [reminder(1)]);
    await events.write('acme', [reminder(1)]);
    await events.write('acme', [reminder(3)]);
    expect((await events.read('acme', [id])).get(id)).toMatchObject({
      repeat: 1,
      latestId: `${id}-r1`,
      latestAt: at,
      ttl: NOW / 1000 + 54 * DAY_SECONDS,
    });
  });

  test('ends later where its topic is kept longer, and no reminder ends it sooner', async () => {
    const id = newId();
    await events.write('acme', [eventWrite(id, { event: { ...eventOf(id), retentionDays: 400 } })]);
    const ttlOf = async () => (await events.read('acme', [id])).get(id)!.ttl;
    expect(await ttlOf()).toBe(NOW / 1000 + 414 * DAY_SECONDS);
    const reminder = { kind: 'reminder', head: id, repeat: 1, latestId: `${id}-r1`, at: NOW } as const;
    await events.write('acme', [{ ...reminder, seenTtl: await ttlOf(), retentionDays: 30 }]);
    expect(await ttlOf()).toBe(NOW / 1000 + 414 * DAY_SECONDS);
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
    expect((await events.read('acme', [id])).get(id)?.hasDead).toBe(true);
  });

  test('an idempotency key outlives what came of it, and can be used anew', async () => {
    const id = newId();
    const use = { kind: 'request', key: id, hash: 'b1', generation: 0, at: NOW } as const;
    await events.write('acme', [use]);
    const first = await events.request('acme', id);
    expect(first).toEqual({ hash: 'b1', generation: 0, at: NOW, ttl: NOW / 1000 + 90 * DAY_SECONDS });
    const late = { ...use, key: newId(), retentionDays: 400 };
    await events.write('acme', [late]);
    expect((await events.request('acme', late.key))?.ttl).toBe(NOW / 1000 + 1_200 * DAY_SECONDS);
    const later = { at: NOW + DAY_SECONDS * 1000, replaces: first?.ttl };
    await events.write('acme', [{ ...use, ...later, hash: 'b2', generation: 1 }]);
    expect(await events.request('acme', id)).toMatchObject({ hash: 'b2', generation: 1 });
  });

  test('looking up leaves the bodies where they are', async () => {
    const ids = [newId(), newId()];
    const data = { text: 'x'.repeat(200_000) };
    await events.write(
      'acme',
      ids.map((id) => eventWrite(id, { event: { ...eventOf(id), data } })),
    );
    const heard: number[] = [];
    const send = table.client.send.bind(table.client) as (command: object) => Promise<object>;
    const client = Object.assign(Object.create(table.client), {
      async send(command: object) {
        const answer = await send(command);
        heard.push(JSON.stringify(answer).length);
        return answer;
      },
    });
    expect((await createEvents({ ...table, client }).read('acme', ids)).size).toBe(2);
    expect(Math.max(...heard)).toBeLessThan(2_000);
  });

  test('a table that does not answer makes writes fail and reads throw', async () => {
    const missing = createEvents({ ...table, name: 'missing' });
    expect(await missing.write('acme', [eventWrite('x')])).toEqual([undefined]);
    await expect(missing.read('acme', ['x'])).rejects.toThrow(/table|resource/i);
  });
});
