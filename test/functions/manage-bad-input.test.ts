import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BLOCKED_HOSTS } from '../fixtures/ssrf-vectors.ts';
import { type Ask, type Rig, startManage, verdict } from './manage-rig.ts';

let rig: Rig;
let key: string;
let count = 0;

beforeAll(async () => {
  rig = await startManage();
  key = await rig.newKey('acme');
  rig.secrets.set('slack/good', 'https://hooks.slack.com/services/T/B/x');
  rig.secrets.set('slack/elsewhere', 'https://example.com/services/T/B/x');
  rig.secrets.set('discord/elsewhere', 'https://example.com/api/webhooks/1/x');
  rig.secrets.set('signing/short', `whsec_${Buffer.alloc(23).toString('base64')}`);
  rig.secrets.set('signing/long', `whsec_${Buffer.alloc(65).toString('base64')}`);
  rig.secrets.set('signing/good', `whsec_${Buffer.alloc(32, 1).toString('base64')}`);
  rig.secrets.set('telegram/bot', '123456:abcdefghijklmnopqrstuvwxyz012345678');
  rig.privateHosts.add('inside.example.com');
});
afterAll(() => rig.close());

const newId = (): string => `d${count++}`;
const webhook = (settings: object): object => ({
  channel: 'webhook',
  settings: { url: 'https://example.com/x', ...settings },
});
const put = (body: unknown, ask: Ask = {}) =>
  rig.ask(`PUT /v1/destinations/${newId()}`, { key, body, ...ask });

const email = (to: string) => ({ channel: 'email', settings: { via: 'ses', from: 'a@example.com', to } });
const telegram = (chatId: string) => ({
  channel: 'telegram',
  settings: { token: { secret: 'telegram/bot' }, chatId },
});

test('a channel that the stack does not deliver to is refused, and what to do is said', async () => {
  rig.deployed.delete('telegram');
  const refused = await put(telegram('1000'));
  rig.deployed.add('telegram');
  expect(refused.status).toBe(422);
  expect(JSON.stringify(refused)).toContain('name it in the setting \\"channels\\"');
  expect((await put(telegram('1000'))).status).toBe(201);
});

describe('settings of a destination that are refused', () => {
  const rate = (limit: unknown, perMs: unknown = 1_000) => ({ ...webhook({}), rate: { limit, perMs } });

  test.each<[string, object, string]>([
    ['http', webhook({ url: 'http://example.com/' }), '422 url-scheme'],
    ['ftp', webhook({ url: 'ftp://example.com/' }), '422 url-scheme'],
    ['file', webhook({ url: 'file:///etc/passwd' }), '422 url-scheme'],
    ['javascript', webhook({ url: 'javascript:alert(1)' }), '422 url-scheme'],
    ['data', webhook({ url: 'data:text/plain,x' }), '422 url-scheme'],
    ['user and password', webhook({ url: 'https://a:b@example.com/' }), '422 validation'],
    ['a fragment', webhook({ url: 'https://example.com/#x' }), '422 validation'],
    ['2,049 characters', webhook({ url: `https://example.com/${'x'.repeat(2_029)}` }), '422 validation'],
    ['another port', webhook({ url: 'https://example.com:8080/' }), '422 validation'],
    ['a name that leads inside', webhook({ url: 'https://inside.example.com/' }), '422 url-blocked'],
    ['our own API', webhook({ url: 'https://api.fanfare.example/webhook' }), '422 loop'],
    ['a Host header', webhook({ headers: { Host: 'x' } }), '422 header'],
    ['a Content-Length header', webhook({ headers: { 'content-length': '1' } }), '422 header'],
    ['a Transfer-Encoding header', webhook({ headers: { 'transfer-encoding': 'chunked' } }), '422 header'],
    ['a Connection header', webhook({ headers: { connection: 'close' } }), '422 header'],
    ['a webhook-id header', webhook({ headers: { 'Webhook-Id': 'x' } }), '422 header'],
    ['a header with CR LF', webhook({ headers: { 'x-a': 'a\r\nb: c' } }), '422 header'],
    ['a header of 4,097 bytes', webhook({ headers: { 'x-a': 'a'.repeat(4_097) } }), '422 header'],
    [
      '21 headers',
      webhook({ headers: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`x-${i}`, 'a'])) }),
      '422 header',
    ],
    ['a signing secret of 23 bytes', webhook({ secrets: [{ secret: 'signing/short' }] }), '422 validation'],
    ['a signing secret of 65 bytes', webhook({ secrets: [{ secret: 'signing/long' }] }), '422 validation'],
    [
      'a secret in plain',
      { channel: 'slack', settings: { webhookUrl: 'https://hooks.slack.com/services/T/B/x' } },
      '422 validation',
    ],
    [
      'a Slack URL elsewhere',
      { channel: 'slack', settings: { webhookUrl: { secret: 'slack/elsewhere' } } },
      '422 validation',
    ],
    [
      'a Discord URL elsewhere',
      { channel: 'discord', settings: { webhookUrl: { secret: 'discord/elsewhere' } } },
      '422 validation',
    ],
    ['a junk chat id', telegram('not a chat'), '422 validation'],
    ['a mail address with a line break', email('a@example.com\r\nbcc: b@example.com'), '422 validation'],
    ['two mail addresses', email('a@example.com, b@example.com'), '422 validation'],
    [
      'a mail address of 255 characters',
      email(`${'a'.repeat(64)}@${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.${'e'.repeat(7)}`),
      '422 validation',
    ],
    ['a rate of 0', rate(0), '422 validation'],
    ['a negative rate', rate(-1), '422 validation'],
    ['1,001 a second', rate(1_001), '422 validation'],
    ['a fraction', rate(1.5), '422 validation'],
    ['a rate as text', rate('5'), '422 validation'],
    ['an unknown channel', { channel: 'fax', settings: {} }, '422 validation'],
    ['an unknown setting', webhook({ uri: 'x' }), '422 validation'],
    ['an unknown member', { ...webhook({}), colour: 'red' }, '422 validation'],
    ['an array', [], '422 validation'],
  ])('%s', async (_, body, expected) => {
    expect(await verdict(put(body))).toBe(expected);
  });

  test.each(BLOCKED_HOSTS)('the host %s', async (host) => {
    expect(await verdict(put(webhook({ url: `https://${host}/` })))).toMatch(
      /^422 (url-blocked|validation)$/,
    );
  });

  test('an error names the place and never a secret', async () => {
    const { body } = await put({ channel: 'slack', settings: { webhookUrl: { secret: 'slack/elsewhere' } } });
    expect(body).toMatchObject({ errors: [{ pointer: '/settings/webhookUrl' }] });
    expect(JSON.stringify(body)).not.toContain('example.com/services');
  });

  test('an international domain is shown as punycode', async () => {
    const answer = await put(email('a@exämple.com'));
    expect(answer.status).toBe(201);
    expect(JSON.stringify(answer.body)).toContain('a@xn--exmple-cua.com');
  });
});

describe('a patch', () => {
  const patch = (id: string, body: unknown, headers = {}) =>
    rig.ask(`PATCH /v1/destinations/${id}`, { key, body, headers });

  test('changes what it names, for who has seen the entry', async () => {
    const made = await rig.ask('PUT /v1/destinations/patched', {
      key,
      body: { ...webhook({ headers: { 'x-a': '1', 'x-b': '2' } }), title: 'Old' },
    });
    const seen = { 'if-match': made.headers?.['etag'] ?? '' };
    const body = { title: null, settings: { headers: { 'x-a': null, 'x-c': '3' } } };
    expect(await verdict(patch('patched', body))).toBe('428 precondition-required');
    expect(await verdict(patch('patched', body, { 'if-match': '"stale"' }))).toBe('412 precondition-failed');
    expect(await verdict(patch('nobody', body, seen))).toBe('404 not-found');
    const type = { 'content-type': 'application/merge-patch+json' };
    const changed = await patch('patched', body, { ...seen, ...type });
    expect(changed).toMatchObject({
      status: 200,
      body: { settings: { headers: { 'x-b': '2', 'x-c': '3' } } },
    });
    expect(changed.body).not.toHaveProperty('title');
    expect(await verdict(patch('patched', body, seen))).toBe('412 precondition-failed');
  });

  test.each<[unknown, string]>([
    [[], '422 validation'],
    [{ channel: null }, '422 validation'],
    [{ colour: 'red' }, '422 validation'],
    [{ id: 'other' }, '422 validation'],
    [{ settings: { url: 'http://example.com/' } }, '422 url-scheme'],
  ])('%j is refused like a whole entry', async (body, expected) => {
    await rig.ask('PUT /v1/destinations/patch-me', { key, body: webhook({}) });
    expect(await verdict(patch('patch-me', body, { 'if-match': '*' }))).toBe(expected);
  });
});

describe('templates that are refused', () => {
  test.each([
    '{{user}}',
    `{{topic}}${'x'.repeat(8_192)}`,
    '{{#each data}}{{/each}}',
    '{{f(data)}}',
    '{{constructor.constructor}}',
  ])('%.40s', async (text) => {
    expect(await verdict(rig.ask(`PUT /v1/templates/${newId()}`, { key, body: { text } }))).toBe(
      '422 validation',
    );
  });
});

const raw = (text: string, headers = {}) =>
  verdict(rig.ask('PUT /v1/destinations/raw', { key, raw: text, headers }));

describe('bodies and requests that are refused', () => {
  test.each<[string, () => Promise<string>, string]>([
    ['no JSON', () => raw('{'), '400 malformed-json'],
    ['a duplicate key', () => raw('{"channel":"a","channel":"b"}'), '422 duplicate-key'],
    ['__proto__', () => raw('{"__proto__":{}}'), '422 forbidden-key'],
    ['depth 33', () => raw(`${'['.repeat(33)}${']'.repeat(33)}`), '422 too-deep'],
    ['text/plain', () => raw('{}', { 'content-type': 'text/plain' }), '415 unsupported-media-type'],
    [
      'utf-16',
      () => raw('{}', { 'content-type': 'application/json; charset=utf-16' }),
      '415 unsupported-media-type',
    ],
    ['gzip', () => raw('{}', { 'content-encoding': 'gzip' }), '415 unsupported-encoding'],
    ['more than 1 MiB', () => raw(`"${'x'.repeat(1024 * 1024)}"`), '413 payload-too-large'],
    ['no key', () => verdict(rig.ask('GET /v1/destinations')), '401 unauthorized'],
    ['a blank key', () => verdict(rig.ask('GET /v1/destinations', { key: '' })), '401 unauthorized'],
    [
      'a wrong key',
      () => verdict(rig.ask('GET /v1/destinations', { key: `${key.slice(0, -1)}-` })),
      '401 unauthorized',
    ],
    ['an unknown path', () => verdict(rig.ask('GET /v2/destinations', { key })), '404 not-found'],
    ['a slash at the end', () => verdict(rig.ask('GET /v1/destinations/', { key })), '404 not-found'],
    ['another method', () => verdict(rig.ask('POST /v1/destinations/x', { key })), '405 method-not-allowed'],
    ['GET /v1/events', () => verdict(rig.ask('GET /v1/events', { key })), '405 method-not-allowed'],
    [
      'an unknown parameter',
      () => verdict(rig.ask('GET /v1/deliveries?tenant=x', { key })),
      '400 unknown-parameter',
    ],
    [
      'a parameter given twice',
      () => verdict(rig.ask('GET /v1/deliveries?limit=1&limit=2', { key })),
      '400 unknown-parameter',
    ],
    [
      'a bad name',
      () => verdict(rig.ask('PUT /v1/destinations/A', { key, body: webhook({}) })),
      '422 validation',
    ],
    ['a limit of 0', () => verdict(rig.ask('GET /v1/deliveries?limit=0', { key })), '422 validation'],
    ['a limit of 1,001', () => verdict(rig.ask('GET /v1/deliveries?limit=1001', { key })), '422 validation'],
    ['a limit of 1e3', () => verdict(rig.ask('GET /v1/deliveries?limit=1e3', { key })), '422 validation'],
    ['an unknown state', () => verdict(rig.ask('GET /v1/deliveries?state=lost', { key })), '422 validation'],
    [
      'a made-up cursor',
      () => verdict(rig.ask('GET /v1/deliveries?cursor=abc.def', { key })),
      '400 invalid-cursor',
    ],
  ])('%s', async (_, ask, expected) => {
    expect(await ask()).toBe(expected);
  });

  test('the refusals of absent, blank and wrong keys are the same', async () => {
    const bodies = await Promise.all(
      [undefined, '', `${key.slice(0, -1)}-`].map(
        async (wrong) => (await rig.ask('GET /v1/destinations', { key: wrong })).body,
      ),
    );
    expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1);
  });

  test.each([
    ['PUT /v1/destinations/x', 'send', 403],
    ['PUT /v1/destinations/x', 'read', 403],
    ['GET /v1/destinations', 'send', 403],
    ['GET /v1/destinations', 'read', 200],
    ['GET /v1/hooks', 'read', 403],
    ['GET /v1/keys', 'read', 403],
    ['GET /v1/deliveries', 'send', 403],
    ['POST /v1/destinations/x/test', 'send', 403],
    ['PUT /v1/catalog', 'send', 403],
  ] as const)('%s with a key for %s: %s', async (line, scope, status) => {
    const answer = await rig.ask(line, { key: await rig.newKey('scoped', [scope]), body: {} });
    expect(answer.status).toBe(status);
  });

  test('a cursor belongs to its tenant, key and state', async () => {
    const { body } = await rig.ask('GET /v1/deliveries?state=dead', { key });
    const { cursor } = body as { cursor: string };
    const page = (query: string, who: string) =>
      verdict(rig.ask(`GET /v1/deliveries?cursor=${cursor}&${query}`, { key: who }));
    expect(await page('state=dead', key)).toBe('200');
    expect(await page('state=held', key)).toBe('400 invalid-cursor');
    expect(await page('state=dead', await rig.newKey('other'))).toBe('400 invalid-cursor');
    expect(rig.lists.at(-1)).toEqual(['acme', { state: 'dead', limit: 100, after: 'page 2' }]);
  });

  test('what belongs to another tenant is not found', async () => {
    const event = { id: 'e1', topic: 'a', time: '', receivedAt: '', pack: 'p', deliveries: [] };
    rig.events.set('acme e1', event);
    const other = await rig.newKey('other');
    await rig.ask('PUT /v1/templates/mine', { key, body: { text: 'x' } });
    expect(await rig.ask('GET /v1/events/e1', { key })).toMatchObject({ status: 200, body: event });
    expect(await verdict(rig.ask('GET /v1/events/e1', { key: other }))).toBe('404 not-found');
    expect(await verdict(rig.ask('GET /v1/templates/mine', { key: other }))).toBe('404 not-found');
    expect(await verdict(rig.ask('GET /v1/events/a.b', { key }))).toBe('404 not-found');
  });
});
