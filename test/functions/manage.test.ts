import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { API_KEY_BYTES, createApiKey, formatApiKey } from '../../lib/core/api-key.ts';
import { parseEventPack } from '../../lib/core/message.ts';
import { MANAGE_OPERATIONS } from '../../lib/core/operations.ts';
import type { HttpAnswer } from '../../lib/platform/router.ts';
import { type Rig, startManage } from './manage-rig.ts';

let rig: Rig;
let key: string;
let count = 0;

beforeAll(async () => {
  rig = await startManage();
});
afterAll(() => rig.close());

/** Each test has a tenant of its own. */
async function newTenant(): Promise<string> {
  const tenant = `tenant${count++}`;
  key = await rig.newKey(tenant);
  return tenant;
}

const webhook = { channel: 'webhook', settings: { url: 'https://example.com/x' } };
const put = (path: string, body: unknown, headers = {}): Promise<HttpAnswer> =>
  rig.ask(`PUT ${path}`, { key, body, headers });
const get = (path: string): Promise<HttpAnswer> => rig.ask(`GET ${path}`, { key });
const etagOf = ({ headers }: HttpAnswer): string => headers?.['etag'] ?? '';

describe('entries of the catalog', () => {
  test('are made, read, replaced by who has read them, and removed', async () => {
    await newTenant();
    const made = await put('/v1/destinations/ops', webhook);
    expect(made).toMatchObject({ status: 201, body: { id: 'ops', ...webhook, enabled: true } });
    expect(await get('/v1/destinations/ops')).toMatchObject({
      status: 200,
      headers: { etag: etagOf(made) },
      body: made.body,
    });

    const titled = { ...webhook, title: 'Ops' };
    expect((await put('/v1/destinations/ops', titled)).status).toBe(428);
    expect((await put('/v1/destinations/ops', titled, { 'if-match': '"old"' })).status).toBe(412);
    expect((await put('/v1/destinations/ops', titled, { 'if-none-match': '*' })).status).toBe(412);
    expect((await put('/v1/destinations/none', titled, { 'if-match': '*' })).status).toBe(412);
    const changed = await put('/v1/destinations/ops', titled, { 'if-match': `"x", ${etagOf(made)}` });
    expect(changed).toMatchObject({ status: 200, body: { title: 'Ops' } });
    expect(etagOf(changed)).not.toBe(etagOf(made));

    expect(
      (await rig.ask('DELETE /v1/destinations/ops', { key, headers: { 'if-match': etagOf(made) } })).status,
    ).toBe(412);
    expect(await rig.ask('DELETE /v1/destinations/ops', { key })).toMatchObject({ status: 204 });
    expect((await rig.ask('DELETE /v1/destinations/ops', { key })).status).toBe(404);
    expect(await get('/v1/destinations')).toMatchObject({ status: 200, body: { items: [] } });
  });

  test('secrets are shown as the references they were given as', async () => {
    await newTenant();
    rig.secrets.set('slack/x', 'https://hooks.slack.com/services/T/B/hidden');
    const slack = { channel: 'slack', settings: { webhookUrl: { secret: 'slack/x' } } };
    const answers = [
      await put('/v1/destinations/a', slack),
      await get('/v1/destinations/a'),
      await get('/v1/catalog'),
    ];
    for (const { body } of answers) {
      expect(JSON.stringify(body)).toContain('"slack/x"');
      expect(JSON.stringify(body)).not.toContain('hidden');
    }
  });

  test('a reference without a value yet is no error', async () => {
    await newTenant();
    const slack = { channel: 'slack', settings: { webhookUrl: { secret: 'slack/to-come' } } };
    expect((await put('/v1/destinations/a', slack)).status).toBe(201);
  });

  test('routes name what exists, and what they name cannot go', async () => {
    await newTenant();
    const route = { destinations: ['ops'], template: 'short' };
    expect(await put('/v1/routes/all', route)).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/destinations/0' }, { pointer: '/template' }] },
    });
    await put('/v1/destinations/ops', webhook);
    await put('/v1/templates/short', { text: '{{data.text}}' });
    expect((await put('/v1/routes/all', route)).status).toBe(201);
    expect((await rig.ask('DELETE /v1/destinations/ops', { key })).status).toBe(409);
    expect((await rig.ask('DELETE /v1/templates/short', { key })).status).toBe(409);
    expect((await rig.ask('DELETE /v1/routes/all', { key })).status).toBe(204);
    expect((await rig.ask('DELETE /v1/destinations/ops', { key })).status).toBe(204);
  });

  test('templates speak for channels that exist', async () => {
    await newTenant();
    const slack = { slack: { title: 'x' } };
    const fax = { 'fax/2': { title: 'x' } };
    expect(await put('/v1/templates/a', { channels: { ...slack, inbox: { text: 'y' } } })).toMatchObject({
      status: 201,
    });
    expect(await put('/v1/templates/b', { channels: fax, locales: { de: { channels: fax } } })).toMatchObject(
      {
        status: 422,
        body: { errors: [{ pointer: '/channels/fax~12' }, { pointer: '/locales/de/channels/fax~12' }] },
      },
    );
  });

  test('routes within a route name what exists, and have names of their own', async () => {
    await newTenant();
    await put('/v1/destinations/ops', webhook);
    await put('/v1/destinations/db', webhook);
    await put('/v1/templates/short', { text: '{{data.text}}' });
    expect((await put('/v1/routes/other', { destinations: ['ops'] })).status).toBe(201);
    const tree = (...routes: object[]) => ({ destinations: ['ops'], routes });
    const inner = { id: 'in', destinations: ['db'], template: 'short' };
    expect(
      await put('/v1/routes/all', tree({ id: 'in', destinations: ['gone'], template: 'long' })),
    ).toMatchObject({
      status: 422,
      body: {
        errors: [{ pointer: '/routes/0/destinations/0' }, { pointer: '/routes/0/template' }],
      },
    });
    for (const id of ['all', 'other', 'in'])
      expect(await put('/v1/routes/all', tree(inner, { id }))).toMatchObject({
        status: 422,
        body: { errors: [{ pointer: '/routes/1/id' }] },
      });
    expect((await put('/v1/routes/all', tree(inner))).status).toBe(201);
    const again = { key, body: tree(inner), headers: { 'if-match': '*' } };
    expect((await rig.ask('PUT /v1/routes/all', again)).status).toBe(200);
    expect((await put('/v1/routes/in', { destinations: ['ops'] })).status).toBe(422);
    expect((await rig.ask('DELETE /v1/destinations/db', { key })).status).toBe(409);
    expect((await rig.ask('DELETE /v1/templates/short', { key })).status).toBe(409);
  });

  test('limits name what exists, or nobody, and what they name cannot go', async () => {
    await newTenant();
    const limit = { rate: { limit: 50, perMs: 1_000 }, destinations: ['ops'] };
    expect(await put('/v1/limits/gateway', limit)).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/destinations/0' }] },
    });
    expect((await put('/v1/limits/tenant', { rate: limit.rate })).status).toBe(201);
    await put('/v1/destinations/ops', webhook);
    expect((await put('/v1/limits/gateway', limit)).status).toBe(201);
    expect(await rig.ask('DELETE /v1/destinations/ops', { key })).toMatchObject({
      status: 409,
      body: { detail: 'Still named by limit gateway.' },
    });
    expect((await rig.ask('DELETE /v1/limits/gateway', { key })).status).toBe(204);
    expect((await rig.ask('DELETE /v1/destinations/ops', { key })).status).toBe(204);
  });

  test('of topics, no two entries name the same pattern', async () => {
    await newTenant();
    expect((await put('/v1/topics/money', { topics: ['payments.*'], mode: 'atMostOnce' })).status).toBe(201);
    expect(await put('/v1/topics/cash', { topics: ['cash', 'payments.*'] })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/topics/1', detail: expect.stringContaining('"money"') }] },
    });
    const again = { topics: ['payments.*', 'cash'] };
    expect((await put('/v1/topics/money', again, { 'if-match': '*' })).status).toBe(200);
    expect(await get('/v1/topics/money')).toMatchObject({ body: again });
    expect((await rig.ask('DELETE /v1/topics/money', { key })).status).toBe(204);
  });

  test('only a channel whose messages may tell of several events can merge them', async () => {
    await newTenant();
    const slack = { channel: 'slack', settings: { webhookUrl: { secret: 'slack/to-come' } } };
    expect(await put('/v1/destinations/a', { ...webhook, merge: true })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/merge', detail: expect.stringContaining('tells of one event') }] },
    });
    expect((await put('/v1/destinations/a', { ...webhook, merge: false })).status).toBe(201);
    expect((await put('/v1/destinations/b', { ...slack, merge: true })).status).toBe(201);
  });

  test('only a channel with idempotency keys can use them', async () => {
    await newTenant();
    const slack = { channel: 'slack', settings: { webhookUrl: { secret: 'slack/to-come' } } };
    expect(await put('/v1/destinations/a', { ...slack, maybe: 'providerKey' })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/maybe', detail: expect.stringContaining('write resend or hold') }] },
    });
    expect((await put('/v1/destinations/a', { ...slack, maybe: 'hold', holdMs: 60_000 })).status).toBe(201);
    expect((await put('/v1/destinations/b', { ...webhook, maybe: 'providerKey' })).status).toBe(201);
  });

  test('a hook has an address that keeps while its source does, and ends with it', async () => {
    const tenant = await newTenant();
    const { body } = await put('/v1/hooks/prom', { source: 'alertmanager' });
    const path = (body as { path: string }).path;
    const id = path.split('/').at(-1) ?? '';
    expect(path).toMatch(/^\/v1\/hooks\/alertmanager\/[A-Za-z0-9_-]{32}$/);
    expect(await rig.credentials.hook(id)).toEqual({ tenant, source: 'alertmanager' });
    const again = await put('/v1/hooks/prom', { source: 'alertmanager' }, { 'if-match': '*' });
    expect(again.body).toMatchObject({ path });
    const other = await put('/v1/hooks/prom', { source: 'prometheus' }, { 'if-match': '*' });
    expect((other.body as { path: string }).path).not.toContain(id);
    expect((await put('/v1/hooks/bad', { source: 'fax' })).status).toBe(422);
  });

  test('a key comes from its secret and does what its scopes say', async () => {
    const tenant = await newTenant();
    expect((await put('/v1/keys/ci', { secret: 'keys/ci', scopes: ['send'] })).status).toBe(422);
    rig.secrets.set('keys/ci', 'not a key');
    expect((await put('/v1/keys/ci', { secret: 'keys/ci', scopes: ['send'] })).status).toBe(422);
    const text = formatApiKey(createApiKey('live', randomBytes(API_KEY_BYTES)));
    rig.secrets.set('keys/ci', `${text}\n`);
    const quotas = { eventsPerSecond: 50, urgentPerSecond: 5 };
    const made = await put('/v1/keys/ci', { secret: 'keys/ci', scopes: ['send'], ...quotas });
    expect(made).toMatchObject({ status: 201, body: { id: 'ci', secret: 'keys/ci', scopes: ['send'] } });
    expect(JSON.stringify(made.body)).not.toContain(text.slice(-43));
    expect(await rig.credentials.authenticate({ 'x-api-key': text })).toMatchObject({
      tenant,
      scopes: ['send'],
      ...quotas,
    });

    const other = await rig.newKey('someone-else');
    expect(
      (await rig.ask('PUT /v1/keys/theirs', { key: other, body: { secret: 'keys/ci', scopes: ['send'] } }))
        .status,
    ).toBe(409);
  });
});

const shown = ({ body }: HttpAnswer) =>
  (body as { changes: { op: string; kind: string; id: string }[] }).changes;

describe('the whole catalog', () => {
  const catalog = {
    destinations: [{ id: 'a', ...webhook }],
    templates: [],
    hooks: [{ id: 'prom', source: 'alertmanager' }],
    keys: [],
    routes: [{ id: 'all', default: true, destinations: ['a'] }],
  };

  test('is applied after a look, and reads back as something that changes nothing', async () => {
    await newTenant();
    const plan = await put('/v1/catalog?dryRun=true', catalog);
    const created = ['destination a', 'hook prom', 'route all'];
    expect(shown(plan).map(({ kind, id }) => `${kind} ${id}`)).toEqual(created);
    expect((await get('/v1/destinations/a')).status).toBe(404);

    const done = await put('/v1/catalog', catalog, { 'if-match': etagOf(plan) });
    expect(done.status).toBe(200);
    const read = await get('/v1/catalog');
    expect(etagOf(read)).toBe(etagOf(done));
    expect(read.body).toMatchObject({ destinations: [{ id: 'a' }], routes: [{ id: 'all', order: 1 }] });
    expect(shown(await put('/v1/catalog?dryRun=true', read.body))).toEqual([]);
  });

  test('is not written over a change that nobody has seen', async () => {
    await newTenant();
    const plan = await put('/v1/catalog?dryRun=true', catalog);
    await put('/v1/destinations/b', webhook);
    expect((await put('/v1/catalog', catalog, { 'if-match': etagOf(plan) })).status).toBe(412);
    expect((await put('/v1/catalog', catalog)).status).toBe(428);
    expect((await get('/v1/destinations/a')).status).toBe(404);
  });

  test('loses what is not named, unless it is to be kept', async () => {
    await newTenant();
    await put('/v1/catalog', catalog);
    const next = { destinations: [{ id: 'b', ...webhook }] };
    const kept = await put('/v1/catalog?keep=true', next, { 'if-match': '*' });
    expect(kept.body).toMatchObject({ changes: [{ op: 'create', kind: 'destination', id: 'b' }] });
    const path = ((await get('/v1/hooks/prom')).body as { path: string }).path;
    await put('/v1/catalog', next, { 'if-match': '*' });
    expect((await get('/v1/catalog')).body).toMatchObject({
      destinations: [{ id: 'b' }],
      hooks: [],
      routes: [],
    });
    expect(await rig.credentials.hook(path.split('/').at(-1) ?? '')).toBeUndefined();
  });

  test('stays as it was when anything is wrong, and every error has its place', async () => {
    await newTenant();
    const wrong = {
      ...catalog,
      destinations: [
        { id: 'a', ...webhook },
        { id: 'b', channel: 'webhook', settings: { url: 'ftp://x' } },
      ],
      keys: [{ id: 'k', secret: 'keys/none', scopes: ['send'] }],
      routes: [{ id: 'all', destinations: ['c'] }],
    };
    const answer = await put('/v1/catalog', wrong);
    const { errors } = answer.body as { errors: { pointer: string }[] };
    expect(answer.status).toBe(422);
    expect(errors.map(({ pointer }) => pointer)).toEqual([
      '/destinations/1/settings/url',
      '/routes/0/destinations/0',
      '/keys/0/secret',
    ]);
    expect((await get('/v1/catalog')).body).toMatchObject({ destinations: [] });
  });
});

describe('a catalog that is applied in part', () => {
  const catalog = {
    destinations: [
      { id: 'a', ...webhook },
      { id: 'b', ...webhook },
    ],
    routes: [{ id: 'all', default: true, destinations: ['a'] }],
  };

  /** Something happens right before the first entry is written. */
  function beforeFirstWrite(meanwhile: (id: string) => Promise<void>): void {
    const { middlewareStack } = rig.catalog.client;
    middlewareStack.add(
      (next, { commandName = '' }) =>
        async (args) => {
          if (commandName === 'PutItemCommand') await meanwhile(JSON.stringify(args.input));
          return await next(args);
        },
      { step: 'initialize', name: 'meanwhile' },
    );
    onTestFinished(() => void middlewareStack.remove('meanwhile'));
  }

  test('says what became of every change, and a repeat does the rest', async () => {
    await newTenant();
    let done = false;
    beforeFirstWrite(async (item) => {
      if (done || !item.includes('destination#b')) return;
      done = true;
      await put('/v1/destinations/b', { ...webhook, title: 'Meanwhile' });
    });
    const answer = await put('/v1/catalog', catalog);
    expect(answer).toMatchObject({
      status: 409,
      body: {
        type: '/problems/conflict',
        detail: expect.stringContaining('1 of 3'),
        errors: [
          { pointer: '/destinations', code: 'applied', detail: 'create destination "a" is done' },
          { pointer: '/destinations', code: 'changed' },
          { pointer: '/routes', code: 'notTried' },
        ],
      },
    });
    const again = await put('/v1/catalog', catalog, { 'if-match': '*' });
    expect(shown(again).map(({ op, id }) => `${op} ${id}`)).toEqual(['update b', 'create all']);
  });

  test('a table that does not answer is no 500, and is written down', async () => {
    await newTenant();
    let down = true;
    beforeFirstWrite(async (item) => {
      if (down && item.includes('destination#a')) throw new Error('down');
    });
    const answer = await put('/v1/catalog', catalog);
    expect(answer).toMatchObject({
      status: 503,
      headers: { 'retry-after': '5' },
      body: { errors: [{ code: 'unknown' }, { code: 'applied' }, { code: 'notTried' }] },
    });
    expect(rig.logged.at(-1)).toMatchObject(['error', expect.any(String), { error: { message: 'down' } }]);
    down = false;
    expect((await put('/v1/catalog', catalog, { 'if-match': '*' })).status).toBe(200);
  });
});

describe('other endpoints', () => {
  test('a test message goes to its destination the way every event goes', async () => {
    const tenant = await newTenant();
    await put('/v1/destinations/ops', webhook);
    const answer = await rig.ask('POST /v1/destinations/ops/test', { key });
    const { id } = answer.body as { id: string };
    expect(answer.status).toBe(202);
    const parsed = parseEventPack(rig.sent.at(-1)?.body);
    expect(parsed).toMatchObject({
      ok: true,
      message: { tenant, items: [{ id, to: ['ops'], topic: 'fanfare.test' }] },
    });
    expect(rig.recorded.at(-1)).toMatchObject([tenant, { id }, expect.any(String)]);
    rig.lost.add('record');
    expect(await rig.ask('POST /v1/destinations/ops/test', { key })).toMatchObject({ status: 503 });
    rig.lost.delete('record');
    expect((await rig.ask('POST /v1/destinations/none/test', { key })).status).toBe(404);
    await put('/v1/destinations/off', { ...webhook, enabled: false });
    expect((await rig.ask('POST /v1/destinations/off/test', { key })).status).toBe(409);
  });

  test('a rotation puts the new secret in front of the old ones', async () => {
    await newTenant();
    for (const name of ['old', 'new']) rig.secrets.set(name, `whsec_${randomBytes(32).toString('base64')}`);
    await put('/v1/destinations/ops', {
      channel: 'webhook',
      settings: { ...webhook.settings, secrets: [{ secret: 'old' }] },
    });
    const answer = await rig.ask('POST /v1/destinations/ops/rotate', { key, body: { secret: 'new' } });
    expect(answer).toMatchObject({
      status: 200,
      body: { settings: { secrets: [{ secret: 'new' }, { secret: 'old' }] } },
    });
    rig.secrets.set('short', 'whsec_AAAA');
    expect(
      (await rig.ask('POST /v1/destinations/ops/rotate', { key, body: { secret: 'short' } })).status,
    ).toBe(422);
  });

  test('queues are listed by name, for whoever may read', async () => {
    const answer = await rig.ask('GET /v1/queues', { key: await rig.newKey('someone', ['read']) });
    const counts = { inFlight: 2, delayed: 1, deadLetters: 0 };
    expect(answer).toMatchObject({
      status: 200,
      body: {
        items: [
          { name: 'Events', waiting: 36, ...counts },
          { name: 'DeliverSlack', waiting: 42, ...counts },
        ],
      },
    });
    expect((await rig.ask('GET /v1/queues', { key: await rig.newKey('sender', ['send']) })).status).toBe(403);
  });

  test('the document is open to everybody and names every path that answers', async () => {
    const { status, body } = await rig.ask('GET /openapi.json');
    expect(status).toBe(200);
    for (const line of Object.keys(MANAGE_OPERATIONS)) {
      const [method = '', path = ''] = line.split(' ');
      expect(body).toHaveProperty(['paths', path, method.toLowerCase()]);
      expect((await rig.ask(`${method} ${path.replaceAll(/\{\w+\}/g, 'x')}`)).status).not.toBe(405);
    }
  });
});
