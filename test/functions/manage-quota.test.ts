import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ENTRY_KINDS, SECTIONS } from '../../lib/core/catalog-entry.ts';
import { CATALOG_QUOTA } from '../../lib/core/catalog-quota.ts';
import { NOW, type Rig, startManage, verdict } from './manage-rig.ts';

let rig: Rig;
let key: string;

beforeAll(async () => {
  rig = await startManage();
  key = await rig.newKey('acme');
  rig.secrets.set('signing/good', `whsec_${Buffer.alloc(32, 1).toString('base64')}`);
});
afterAll(() => rig.close());

const webhook = (settings: object): object => ({
  channel: 'webhook',
  settings: { url: 'https://example.com/x', ...settings },
});
/** Headers of about 4 KiB each. */
const bigHeaders = (many: number) =>
  Object.fromEntries(Array.from({ length: many }, (_, i) => [`x-${i}`, 'a'.repeat(4_050)]));

describe('limits', () => {
  test('the 101st destination is one too many', async () => {
    const many = await rig.newKey('many');
    const destinations = Array.from({ length: 100 }, (_, i) => ({ id: `d${i}`, ...webhook({}) }));
    expect(await verdict(rig.ask('PUT /v1/catalog', { key: many, body: { destinations } }))).toBe('200');
    expect(await verdict(rig.ask('PUT /v1/destinations/more', { key: many, body: webhook({}) }))).toBe(
      '409 quota',
    );
    const more = [...destinations, { id: 'more', ...webhook({}) }];
    const ask = { key: many, body: { destinations: more }, headers: { 'if-match': '*' } };
    expect(await verdict(rig.ask('PUT /v1/catalog', ask))).toBe('409 quota');
  });

  test.each([
    'destinations',
    'templates',
    'hooks',
    'keys',
    'topics',
    'limits',
    'inhibitions',
    'heartbeats',
    'routes',
  ])('%s are bounded by number, and the one too many is named', async (section) => {
    const kind = ENTRY_KINDS.find((one) => SECTIONS[one] === section)!;
    const most = CATALOG_QUOTA[kind].entries;
    const bodies = {
      destination: webhook({}),
      template: { text: 'x' },
      hook: { source: 'generic' },
      key: { secret: 'a', scopes: ['send'] },
      topic: { topics: ['a'] },
      limit: { rate: { limit: 1, perMs: 1_000 } },
      inhibition: { source: { topics: ['a'] }, target: { topics: ['b'] } },
      heartbeat: { everyMs: 60_000 },
      route: { destinations: ['d'] },
    };
    const list = Array.from({ length: most + 1 }, (_, i) => ({ id: `e${i}`, ...bodies[kind] }));
    const who = await rig.newKey(`many-${section}`);
    const answer = await rig.ask('PUT /v1/catalog', { key: who, body: { [section]: list } });
    expect(answer).toMatchObject({
      status: 409,
      body: { type: '/problems/quota', errors: [{ pointer: `/${section}/${most}`, code: 'quota' }] },
    });
    expect(JSON.stringify(answer.body)).toContain(`e${most}`);
    expect((await rig.ask('GET /v1/catalog', { key: who })).body).toMatchObject({ [section]: [] });
  });

  test('an entry is bounded by size, alone and in a catalog', async () => {
    const who = await rig.newKey('large');
    const large = { settings: { url: 'https://example.com/x', headers: bigHeaders(9) } };
    const ask = (line: string, body: unknown, headers = {}) =>
      verdict(rig.ask(line, { key: who, body, headers }));
    expect(await ask('PUT /v1/destinations/big', { channel: 'webhook', ...large })).toBe('422 validation');
    const list = [
      { id: 'small', ...webhook({}) },
      { id: 'big', channel: 'webhook', ...large },
    ];
    const answer = await rig.ask('PUT /v1/catalog', { key: who, body: { destinations: list } });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: '/destinations/1' }] } });
    const just = { channel: 'webhook', settings: { ...large.settings, headers: bigHeaders(7) } };
    expect(await ask('PUT /v1/destinations/big', just)).toBe('201');
    const match = Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`f${i}`, ['x'.repeat(40)]]));
    expect(await ask('PUT /v1/routes/big', { destinations: ['big'], match: { data: match } })).toBe(
      '422 validation',
    );
  });

  test('a catalog is bounded as a whole, however it grows', async () => {
    const who = await rig.newKey('heavy');
    const body = webhook({ headers: bigHeaders(7) });
    const list = Array.from({ length: 18 }, (_, i) => ({ id: `d${i}`, ...body }));
    expect(await verdict(rig.ask('PUT /v1/catalog', { key: who, body: { destinations: list } }))).toBe('200');
    const more = await rig.ask('PUT /v1/destinations/more', { key: who, body });
    expect(more).toMatchObject({ status: 409, body: { type: '/problems/quota' } });
    expect(JSON.stringify(more.body)).toContain('\\"more\\" is too many');
    const whole = { destinations: [...list, { id: 'more', ...body }] };
    const ask = { key: who, body: whole, headers: { 'if-match': '*' } };
    expect(await verdict(rig.ask('PUT /v1/catalog', ask))).toBe('409 quota');
  });

  test('the eleventh signing secret is one too many', async () => {
    await rig.ask('PUT /v1/destinations/rotating', { key, body: webhook({}) });
    const rotate = () =>
      rig.ask('POST /v1/destinations/rotating/rotate', { key, body: { secret: 'signing/good' } });
    for (let i = 0; i < 10; i++) expect(await verdict(rotate())).toBe('200');
    expect(await verdict(rotate())).toBe('409 too-many-secrets');
  });

  test('health needs no key and tells nothing more', async () => {
    expect(await rig.ask('GET /healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
  });
});

test('routes may hold so many tests of data that are no exact values, and no more', async () => {
  const own = await rig.newKey('matchers');
  await rig.ask('PUT /v1/destinations/ops', {
    key: own,
    body: { channel: 'webhook', settings: { url: 'https://example.com/x' } },
  });
  const wildcards = (count: number) => ({
    destinations: ['ops'],
    match: { data: { a: Array.from({ length: count }, (_, n) => ({ wildcard: `*${n}*` })) } },
  });
  expect(await verdict(rig.ask('PUT /v1/routes/one', { key: own, body: wildcards(600) }))).toBe('201');
  const more = await rig.ask('PUT /v1/routes/two', { key: own, body: wildcards(401) });
  expect(more).toMatchObject({ status: 422, body: { errors: [{ pointer: '', code: 'quota' }] } });
  expect(await verdict(rig.ask('PUT /v1/routes/two', { key: own, body: wildcards(400) }))).toBe('201');
  const silence = { ...wildcards(201), endsAt: new Date(NOW + 60_000).toISOString(), reason: 'x' };
  expect(await verdict(rig.ask('POST /v1/silences', { key: own, body: silence }))).toBe('409 quota');
  // Exact values and topics are as many as fit.
  const exact = {
    destinations: ['ops'],
    topics: Array.from({ length: 100 }, (_, n) => `t${n}.*`),
    match: { data: { a: Array.from({ length: 500 }, (_, n) => `v${n}`) } },
  };
  expect(await verdict(rig.ask('PUT /v1/routes/three', { key: own, body: exact }))).toBe('201');
});

test('routes within a route count what is asked above them again', async () => {
  const own = await rig.newKey('tests');
  await rig.ask('PUT /v1/destinations/ops', {
    key: own,
    body: { channel: 'webhook', settings: { url: 'https://example.com/x' } },
  });
  const tree = (values: number) => ({
    destinations: ['ops'],
    match: { data: { a: Array.from({ length: values }, (_, n) => `${n}`) } },
    routes: Array.from({ length: 99 }, (_, n) => ({ id: `r${n}` })),
  });
  const more = await rig.ask('PUT /v1/routes/tree', { key: own, body: tree(2_001) });
  expect(more).toMatchObject({ status: 422, body: { errors: [{ pointer: '', code: 'quota' }] } });
  expect(await verdict(rig.ask('PUT /v1/routes/tree', { key: own, body: tree(2_000) }))).toBe('201');
});
