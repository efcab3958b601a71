import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { keys } from '../../lib/core/keys.ts';
import { createCatalogs } from '../../lib/stores/catalog.ts';
import { createSilences } from '../../lib/stores/silences.ts';
import { getItems, toAttributes } from '../../lib/stores/table.ts';
import { NOW, type Rig, startManage, verdict } from './manage-rig.ts';

let rig: Rig;
let key: string;
let tenant: string;
let count = 0;

beforeAll(async () => {
  rig = await startManage();
});
afterAll(() => rig.close());
beforeEach(async () => {
  tenant = `tenant${count++}`;
  key = await rig.newKey(tenant);
  await ask('PUT /v1/destinations/ops', { channel: 'webhook', settings: { url: 'https://example.com/x' } });
});

const ask = (line: string, body?: unknown, who = key) =>
  rig.ask(line, { key: who, ...(body !== undefined && { body }) });
const iso = (ms: number) => new Date(ms).toISOString();
const HOUR = 3_600_000;
const body = { topics: ['disk.*'], endsAt: iso(NOW + HOUR), reason: 'maintenance', author: 'ada' };
const items = async () =>
  ((await ask('GET /v1/silences')).body as { items: { id: string; reason: string }[] }).items;

test('a silence is made, listed, reaches the functions, and is ended', async () => {
  const { client, name } = rig.catalog;
  let ms = NOW;
  const catalogs = createCatalogs({ client, table: name, now: () => ms });
  expect((await catalogs.get(tenant)).silences).toEqual([]);
  const made = await ask('POST /v1/silences', { ...body, id: 'db', destinations: ['ops'] });
  const view = {
    id: 'db',
    topics: ['disk.*'],
    destinations: ['ops'],
    reason: 'maintenance',
    author: 'ada',
    state: 'active',
    startsAt: iso(NOW),
    endsAt: iso(NOW + HOUR),
    changedAt: iso(NOW),
  };
  expect(made).toMatchObject({ status: 201, body: view });
  expect(await items()).toEqual([view]);
  expect((await ask('GET /v1/silences/db')).body).toEqual(view);
  ms += 10_000;
  expect((await catalogs.get(tenant)).silences).toMatchObject([
    { id: 'db', startsAt: NOW, endsAt: NOW + HOUR },
  ]);

  expect(await verdict(ask('DELETE /v1/silences/db'))).toBe('204');
  expect(await items()).toMatchObject([{ id: 'db', state: 'ended', endsAt: iso(NOW) }]);
  // Ending it again changes nothing.
  expect(await verdict(ask('DELETE /v1/silences/db'))).toBe('204');
});

test('the same id again replaces it, and no id makes one up', async () => {
  await ask('POST /v1/silences', { ...body, id: 'db' });
  expect(await ask('POST /v1/silences', { ...body, id: 'db', reason: 'longer' })).toMatchObject({
    status: 200,
  });
  const { body: other } = await ask('POST /v1/silences', body);
  const reasons = (await items()).map(({ reason }) => reason);
  expect(reasons.toSorted()).toEqual(['longer', 'maintenance']);
  expect((other as { id: string }).id).toMatch(/^[A-Za-z][\w-]{15}$/);
});

test('what ended more than a week ago is forgotten with the next one', async () => {
  const silences = createSilences(rig.catalog);
  const old = { ...body, id: 'old', startsAt: 0, endsAt: NOW - 7 * 24 * HOUR - 1, at: 0 };
  await silences.put(tenant, old);
  await silences.put(tenant, { ...old, id: 'kept', endsAt: NOW - 7 * 24 * HOUR });
  await ask('POST /v1/silences', { ...body, id: 'new' });
  expect((await items()).map(({ id }) => id).toSorted()).toEqual(['kept', 'new']);
});

test.each<[string, object, string]>([
  ['nothing', {}, '422 validation'],
  ['no end', { ...body, endsAt: undefined }, '422 validation'],
  ['a destination that does not exist', { ...body, destinations: ['ops', 'none'] }, '422 validation'],
])('%s is refused', async (_, bad, expected) => {
  expect(await verdict(ask('POST /v1/silences', bad))).toBe(expected);
  expect(await items()).toEqual([]);
});

test('there are at most 200 that hold or will', async () => {
  const silences = createSilences(rig.catalog);
  const one = { topics: ['a'], startsAt: NOW, endsAt: NOW + HOUR, reason: 'x', at: NOW };
  await Promise.all(Array.from({ length: 200 }, (_, n) => silences.put(tenant, { ...one, id: `s${n}` })));
  expect(await verdict(ask('POST /v1/silences', body))).toBe('409 quota');
  // Changing one, or ending one and making another, stays possible.
  expect(await verdict(ask('POST /v1/silences', { ...body, id: 's7' }))).toBe('200');
  await ask('DELETE /v1/silences/s7');
  expect(await verdict(ask('POST /v1/silences', body))).toBe('201');
});

test('each is small, and all that hold are together', async () => {
  const when = (letters: number) => `subject == "${'x'.repeat(letters)}"`;
  const values = Array.from({ length: 500 }, (_, n) => `${n}`.padStart(30, 'x'));
  const large = { ...body, match: { subject: values } };
  expect(await verdict(ask('POST /v1/silences', large))).toBe('422 validation');
  const silences = createSilences(rig.catalog);
  const one = { when: when(3_900), startsAt: NOW, endsAt: NOW + HOUR, reason: 'x', at: NOW };
  await Promise.all(Array.from({ length: 65 }, (_, n) => silences.put(tenant, { ...one, id: `s${n}` })));
  expect(await verdict(ask('POST /v1/silences', { ...body, when: when(3_900) }))).toBe('409 quota');
  // What it replaces does not count.
  expect(await verdict(ask('POST /v1/silences', { ...body, when: when(3_900), id: 's7' }))).toBe('200');
});

test('of those that ended the last 100 stay', async () => {
  const silences = createSilences(rig.catalog);
  const one = { topics: ['a'], startsAt: 0, reason: 'x', at: 0 };
  const ends = (n: number) => ({ ...one, id: `s${n}`, endsAt: NOW - 1_000 + n });
  await Promise.all(Array.from({ length: 101 }, (_, n) => silences.put(tenant, ends(n))));
  await ask('POST /v1/silences', { ...body, id: 'new' });
  const ids = new Set((await items()).map(({ id }) => id));
  expect([ids.size, ids.has('new'), ids.has('s0'), ids.has('s1')]).toEqual([101, true, false, true]);
});

test('ending one again tells the functions what a crash kept from them', async () => {
  const { client, name } = rig.catalog;
  let ms = NOW;
  const catalogs = createCatalogs({ client, table: name, now: () => ms });
  await ask('POST /v1/silences', { ...body, id: 'db' });
  const [silence] = (await catalogs.get(tenant)).silences;
  const Item = toAttributes({
    ...keys.entry(tenant, 'silence', 'db'),
    body: JSON.stringify({ ...silence, endsAt: NOW }),
  });
  await client.send(new PutItemCommand({ TableName: name, Item }));
  expect(await verdict(ask('DELETE /v1/silences/db'))).toBe('204');
  ms += 10_000;
  expect((await catalogs.get(tenant)).silences).toMatchObject([{ id: 'db', endsAt: NOW }]);
});

test('silences are their tenant’s, and for those who may', async () => {
  await ask('POST /v1/silences', { ...body, id: 'db' });
  const other = await rig.newKey(`${tenant}-other`);
  expect(await verdict(ask('GET /v1/silences/db', undefined, other))).toBe('404 not-found');
  expect(await verdict(ask('DELETE /v1/silences/db', undefined, other))).toBe('404 not-found');
  const reader = await rig.newKey(tenant, ['read']);
  expect(await verdict(ask('GET /v1/silences', undefined, reader))).toBe('200');
  expect(await verdict(ask('POST /v1/silences', body, reader))).toBe('403 forbidden');
});

test('who is to be told of it has to exist, is shown, and has it watched', async () => {
  const unknown = await ask('POST /v1/silences', { ...body, id: 'db', notify: ['ops', 'nobody'] });
  expect(unknown).toMatchObject({
    status: 422,
    body: { errors: [{ pointer: '/notify/1', code: 'unknown' }] },
  });
  expect(await ask('POST /v1/silences', { ...body, id: 'db', notify: ['ops'] })).toMatchObject({
    status: 201,
    body: { notify: ['ops'] },
  });
  const watched = async (id: string) => (await getItems(rig.ledger, [keys.watch(tenant, id)])).size;
  await ask('POST /v1/silences', { ...body, id: 'quiet' });
  expect([await watched('db'), await watched('quiet')]).toEqual([1, 0]);
});
