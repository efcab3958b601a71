import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { OPERATOR } from '../../lib/core/pause.ts';
import { createCatalogs } from '../../lib/stores/catalog.ts';
import { createPauses } from '../../lib/stores/pauses.ts';
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
const pause = (body: object) => ask('POST /v1/pauses', body);
const items = async (who = key) => (await ask('GET /v1/pauses', undefined, who)).body;
const since = new Date(NOW).toISOString();

test.each([
  [{ destination: 'ops' }, 'destination:ops'],
  [{ channel: 'slack' }, 'channel:slack'],
  [{ tenant: true }, 'tenant'],
])('a pause of %j is listed until it is ended, and reaches the functions', async (target, id) => {
  const { client, name } = rig.catalog;
  let ms = NOW;
  const catalogs = createCatalogs({ client, table: name, now: () => ms });
  expect((await catalogs.get(tenant)).pauses).toEqual([]);
  const view = { id, ...target, reason: 'Slack is down', since };
  expect(await pause({ ...target, reason: 'Slack is down' })).toMatchObject({ status: 201, body: view });
  expect(await items()).toEqual({ items: [view] });
  ms += 10_000;
  const { pauses, destinations } = await catalogs.get(tenant);
  expect(pauses).toEqual([{ id, target, reason: 'Slack is down', at: NOW }]);
  expect([...destinations.keys()]).toEqual(['ops']);

  expect(await verdict(ask(`DELETE /v1/pauses/${id}`))).toBe('204');
  expect(await items()).toEqual({ items: [] });
  ms += 10_000;
  // Its time is known for some days, so that it does not count for the age of what waited in order.
  const ended = { id, target, reason: 'Slack is down', at: NOW, until: NOW };
  expect((await catalogs.get(tenant)).pauses).toEqual([ended]);
  expect(await verdict(ask(`DELETE /v1/pauses/${id}`))).toBe('404 not-found');
});

test('the same target again is the same pause, with another reason', async () => {
  await pause({ channel: 'slack', reason: 'one' });
  expect(await pause({ channel: 'slack' })).toMatchObject({ status: 200 });
  expect(await items()).toEqual({ items: [{ id: 'channel:slack', channel: 'slack', since }] });
});

test.each<[string, object]>([
  ['nothing', {}],
  ['two targets', { channel: 'slack', tenant: true }],
  ['a tenant by name', { tenant: 'acme' }],
  ['no destination of theirs', { destination: 'none' }],
  ['no channel', { channel: 'pigeon' }],
  ['no name', { destination: 'A#B' }],
  ['an unknown member', { channel: 'slack', until: 'x' }],
  ['an empty reason', { channel: 'slack', reason: '' }],
])('%s is refused', async (_, body) => {
  expect(await verdict(pause(body))).toBe('422 validation');
  expect(await items()).toEqual({ items: [] });
});

test('a pause of a destination that is gone can be ended still', async () => {
  await pause({ destination: 'ops' });
  await ask('DELETE /v1/destinations/ops');
  expect((await ask('DELETE /v1/pauses/destination:ops')).status).toBe(204);
});

test('a pause is no part of the catalog file: applying one leaves it', async () => {
  await pause({ channel: 'slack' });
  const catalog = await ask('GET /v1/catalog');
  expect(catalog.body).not.toHaveProperty('pauses');
  const headers = { 'if-match': String(catalog.headers?.['etag']) };
  expect((await rig.ask('PUT /v1/catalog', { key, body: {}, headers })).status).toBe(200);
  expect(await items()).toMatchObject({ items: [{ id: 'channel:slack' }] });
});

test('whoever reads sees pauses, whoever manages makes and ends them, each of their own tenant', async () => {
  await pause({ tenant: true });
  const reader = await rig.newKey(tenant, ['read']);
  expect(await items(reader)).toMatchObject({ items: [{ id: 'tenant' }] });
  expect((await ask('POST /v1/pauses', { tenant: true }, reader)).status).toBe(403);
  expect((await ask('DELETE /v1/pauses/tenant', undefined, reader)).status).toBe(403);
  const other = await rig.newKey('other');
  expect(await items(other)).toEqual({ items: [] });
  expect(await verdict(ask('DELETE /v1/pauses/tenant', undefined, other))).toBe('404 not-found');
});

test('a tenant sees what whoever runs the stack has paused, and cannot end it', async () => {
  const pauses = createPauses(rig.catalog);
  const all = { id: 'channel:slack', target: { channel: 'slack' }, at: NOW };
  await pauses.put(OPERATOR, all);
  expect(await items()).toEqual({ items: [{ id: all.id, channel: 'slack', since, operator: true }] });
  expect(await verdict(ask('DELETE /v1/pauses/channel:slack'))).toBe('404 not-found');
  await pauses.remove(OPERATOR, all.id, NOW);
});

test('pauses that are over are forgotten after a week, and the oldest of more than 100', async () => {
  const pauses = createPauses(rig.catalog);
  const DAY = 86_400_000;
  const known = async () => (await createCatalogs({ ...table(), now: () => NOW }).get(tenant)).pauses;
  const table = () => ({ client: rig.catalog.client, table: rig.catalog.name });
  const target = { channel: 'slack' };
  const round = async (at: number) => {
    await pauses.put(tenant, { id: 'channel:slack', target, at });
    await pauses.remove(tenant, 'channel:slack', at + 1_000);
  };
  await round(NOW);
  await round(NOW + 6 * DAY);
  expect((await known()).map(({ until }) => until)).toEqual([NOW + 1_000, NOW + 6 * DAY + 1_000]);
  await round(NOW + 8 * DAY);
  expect((await known()).map(({ at }) => at)).toEqual([NOW + 6 * DAY, NOW + 8 * DAY]);
  for (let i = 1; i < 100; i++) await round(NOW + 8 * DAY + i * 10_000);
  expect(await known()).toHaveLength(100);
  expect((await known())[0]?.at).toBe(NOW + 8 * DAY);
});

test('there are 200 at most', async () => {
  const pauses = createPauses(rig.catalog);
  for (let i = 0; i < 200; i++) {
    const target = { destination: `gone${i}` };
    await pauses.put(tenant, { id: `destination:gone${i}`, target, at: NOW });
  }
  expect(await verdict(pause({ destination: 'ops' }))).toBe('409 quota');
  expect((await pause({ destination: 'gone7' })).status).toBe(200);
});
