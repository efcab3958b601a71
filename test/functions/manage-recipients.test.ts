import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createDead } from '../../lib/stores/dead.ts';
import { createScopeItems } from '../../lib/stores/scope-items.ts';
import { createInbox } from '../../lib/stores/inbox.ts';
import { inboxItem } from '../../lib/core/inbox.ts';
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
  tenant = `people${count++}`;
  key = await rig.newKey(tenant);
  await put('destinations/ops', { channel: 'webhook', settings: { url: 'https://example.com/x' } });
  const settings = { via: 'ses', from: 'a@example.com', to: 'team@example.com' };
  await put('destinations/mail', { channel: 'email', settings });
});

const ask = (line: string, body?: unknown, headers: Record<string, string> = {}) =>
  rig.ask(line, { key, headers, ...(body !== undefined && { body }) });
const put = (path: string, body: unknown) => ask(`PUT /v1/${path}`, body);
const mail = (to: unknown) => ({ through: 'mail', settings: { to } });

const ALICE = {
  name: 'Alice',
  locale: 'de',
  zone: 'Europe/Berlin',
  destinations: ['ops', mail('alice@example.com')],
  inbox: true,
  preferences: [{ topics: ['news.*'], channels: { email: false } }],
  unsubscribed: ['ads.*'],
};

describe('recipients', () => {
  test('are made, read, changed and removed', async () => {
    expect(await put('recipients/alice', ALICE)).toMatchObject({
      status: 201,
      body: { id: 'alice', ...ALICE },
    });
    const read = await ask('GET /v1/recipients/alice');
    expect(read).toMatchObject({ status: 200, body: { id: 'alice', ...ALICE } });
    // What was read can be sent back, and who keeps people elsewhere need not read them first.
    expect(await verdict(put('recipients/alice', read.body))).toBe('200');
    const patched = await ask('PATCH /v1/recipients/alice', { locale: null, unsubscribed: ['*'] });
    const { locale: _, ...rest } = ALICE;
    expect(patched.body).toEqual({ id: 'alice', ...rest, unsubscribed: ['*'] });
    expect(await verdict(ask('DELETE /v1/recipients/alice'))).toBe('204');
    expect(await verdict(ask('GET /v1/recipients/alice'))).toBe('404 not-found');
    expect(await verdict(ask('DELETE /v1/recipients/alice'))).toBe('404 not-found');
  });

  test('are changed by nobody who has seen an older state, if they say what they saw', async () => {
    const made = await put('recipients/alice', ALICE);
    const seen = { 'if-match': made.headers?.['etag'] ?? '' };
    expect(await verdict(ask('PUT /v1/recipients/alice', { inbox: true }, seen))).toBe('200');
    for (const line of ['PUT', 'PATCH'])
      expect(await verdict(ask(`${line} /v1/recipients/alice`, { inbox: true }, seen))).toBe(
        '412 precondition-failed',
      );
    expect(await verdict(ask('DELETE /v1/recipients/alice', undefined, seen))).toBe(
      '412 precondition-failed',
    );
    const absent = { 'if-none-match': '*' };
    expect(await verdict(ask('PUT /v1/recipients/alice', ALICE, absent))).toBe('412 precondition-failed');
    expect(await verdict(ask('PUT /v1/recipients/bob', { inbox: true }, absent))).toBe('201');
    expect(await verdict(ask('PUT /v1/recipients/carl', { inbox: true }, { 'if-match': '*' }))).toBe(
      '412 precondition-failed',
    );
  });

  test('are listed a page at a time', async () => {
    for (const id of ['c', 'a', 'b']) await put(`recipients/${id}`, { inbox: true });
    const first = await ask('GET /v1/recipients?limit=2');
    expect(first.body).toMatchObject({ items: [{ id: 'a' }, { id: 'b' }] });
    const { cursor } = first.body as { cursor: string };
    expect((await ask(`GET /v1/recipients?limit=2&cursor=${cursor}`)).body).toEqual({
      items: [{ id: 'c', inbox: true }],
    });
    expect(await verdict(ask('GET /v1/recipients?cursor=x.y'))).toBe('400 invalid-cursor');
    expect(await verdict(ask('GET /v1/recipients?limit=0'))).toBe('422 validation');
  });

  test('belong to one tenant', async () => {
    await put('recipients/alice', ALICE);
    key = await rig.newKey(`${tenant}-other`);
    expect(await verdict(ask('GET /v1/recipients/alice'))).toBe('404 not-found');
    expect((await ask('GET /v1/recipients')).body).toEqual({ items: [] });
    expect(await verdict(put('recipients/bob', { destinations: ['ops'] }))).toBe('422 validation');
  });

  test.each<[string, unknown, string]>([
    ['no object', [], ''],
    ['an unknown member', { color: 'red' }, '/color'],
    ['another id', { id: 'bob' }, '/id'],
    ['an unknown destination', { destinations: ['gone'] }, '/destinations/0'],
    ['the same destination twice', { destinations: ['ops', 'ops'] }, '/destinations/1'],
    [
      'two addresses through one destination',
      { destinations: [mail('a@example.com'), mail('b@example.com')] },
      '/destinations/1',
    ],
    [
      'an address through nothing',
      { destinations: [{ through: 'gone', settings: {} }] },
      '/destinations/0/through',
    ],
    ['no mail address', { destinations: [mail('alice')] }, '/destinations/0/settings/to'],
    [
      'a setting that the channel does not have',
      { destinations: [{ through: 'mail', settings: { url: 'x' } }] },
      '/destinations/0/settings/url',
    ],
    ['a secret', { destinations: [mail({ secret: 'x' })] }, '/destinations/0'],
    [
      'a private address',
      { destinations: [{ through: 'ops', settings: { url: 'https://10.0.0.1/' } }] },
      '/destinations/0/settings/url',
    ],
    ['six addresses', { destinations: ['a', 'b', 'c', 'd', 'e', 'f'] }, '/destinations'],
    [
      'an address through the inbox',
      { destinations: [{ through: 'inbox', settings: {} }] },
      '/destinations/0/through',
    ],
    [
      'a channel that does not exist',
      { preferences: [{ topics: ['*'], channels: { 'a/b': true } }] },
      '/preferences/0/channels/a~1b',
    ],
    [
      'a preference for no channel',
      { preferences: [{ topics: ['*'], channels: {} }] },
      '/preferences/0/channels',
    ],
    [
      'a preference that is no answer',
      { preferences: [{ topics: ['*'], channels: { email: 'no' } }] },
      '/preferences/0/channels/email',
    ],
    ['a topic that is none', { unsubscribed: ['a..b'] }, '/unsubscribed/0'],
    ['no language', { locale: 'deutsch!' }, '/locale'],
    ['no time zone', { zone: 'Berlin' }, '/zone'],
    ['a member who does not exist', { members: ['ghost'] }, '/members/0'],
    ['a member twice', { members: ['bob', 'bob'] }, '/members/1'],
    ['a team in a team', { members: ['crew'] }, '/members/0'],
    ['a team with an inbox', { members: ['bob'], inbox: true }, '/inbox'],
    ['a team of nobody', { members: [] }, '/members'],
  ])('are refused with %s', async (_, body, pointer) => {
    await put('recipients/bob', { inbox: true });
    await put('recipients/crew', { members: ['bob'] });
    expect(await put('recipients/alice', body)).toMatchObject({
      status: expect.any(Number),
      body: { errors: [{ pointer }] },
    });
    expect(await verdict(put('recipients/alice', body))).toMatch(/^422 /);
  });

  test.each(['Alice', 'a.b', '-a', 'x'.repeat(64)])('are not called %s', async (id) => {
    expect(await verdict(put(`recipients/${id}`, { inbox: true }))).toBe('422 validation');
  });

  test('need a key that may manage', async () => {
    await put('recipients/alice', ALICE);
    key = await rig.newKey(tenant, ['send', 'read']);
    expect(await verdict(put('recipients/alice', ALICE))).toBe('403 forbidden');
    expect(await verdict(ask('DELETE /v1/recipients/alice'))).toBe('403 forbidden');
    expect(await verdict(ask('GET /v1/recipients/alice'))).toBe('200');
  });
});

describe('routes to recipients', () => {
  test('name those who exist, and those cannot go', async () => {
    expect(await put('routes/all', { recipients: ['alice'] })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/recipients/0', code: 'unknown' }] },
    });
    await put('recipients/alice', ALICE);
    expect(await verdict(put('routes/all', { routes: [{ id: 'in', recipients: ['alice'] }] }))).toBe(
      '422 validation',
    );
    const tree = { destinations: ['ops'], routes: [{ id: 'in', recipients: ['alice'] }] };
    expect(await verdict(put('routes/all', tree))).toBe('201');
    expect(await verdict(ask('DELETE /v1/recipients/alice'))).toBe('409 conflict');
    expect(await verdict(ask('DELETE /v1/routes/all'))).toBe('204');
    expect(await verdict(put('routes/all', { recipients: ['alice'] }))).toBe('201');
  });

  test('are explained: who is reached where, and who refuses', async () => {
    await put('recipients/alice', {
      ...ALICE,
      preferences: [{ topics: ['*'], channels: { webhook: false } }],
    });
    await put('routes/all', { recipients: ['alice'] });
    const event = { topic: 'orders.paid', data: { title: 'Paid' } };
    const { body } = await ask('POST /v1/explain', { event });
    expect(body).toMatchObject({
      routes: [{ route: 'all', verdict: 'matched' }],
      deliveries: [
        { destination: 'alice.mail', channel: 'email', state: 'pending', route: 'all' },
        { destination: 'alice.inbox', channel: 'inbox', state: 'delivered' },
        { destination: 'ops', state: 'discarded', reason: 'unsubscribed', by: ['alice'] },
      ],
    });
    const { deliveries } = body as { deliveries: object[] };
    expect(JSON.stringify(deliveries[0])).toContain('alice@example.com');
    const direct = await ask('POST /v1/explain', { event: { ...event, recipients: ['alice'] } });
    expect(direct.body).toMatchObject({
      routes: [{ route: 'all', verdict: 'notAsked', because: 'the event names its recipients' }],
      deliveries: [{ destination: 'alice.mail' }, { destination: 'alice.inbox' }, { destination: 'ops' }],
    });
  });
});

test('a dead delivery to an address of a person is sent again', async () => {
  const ref = { tenant, event: 'e1', destination: 'alice.mail' };
  const content = { id: 'e1', topic: 'a', time: new Date(NOW).toISOString(), title: 'T', text: 'x' };
  const burial = { ref, reason: 'exhausted', attempt: 3, channel: 'email', since: NOW, content } as const;
  await createDead(rig.ledger, { now: () => NOW })([burial], () => NOW / 1000 + 1_000);
  expect(await verdict(ask('POST /v1/deliveries/e1:alice.mail/replay'))).toBe('202');
  expect(await verdict(ask('POST /v1/deliveries/e1:alice.gone/replay'))).toBe('404 not-found');
});

test('an address of a person has a health of its own', async () => {
  await put('recipients/alice', { destinations: [{ ...mail('a@example.com'), gone: true }] });
  await createScopeItems(rig.limits, { now: () => NOW }).change(
    { tenant, id: 'destination:alice.mail' },
    { set: 'tat = :tat', where: 'attribute_not_exists(pk)', values: { ':tat': NOW + 5_000 } },
  );
  expect((await ask('GET /v1/destinations/alice.mail/health')).body).toMatchObject({
    id: 'alice.mail',
    channel: 'email',
    enabled: false,
    disabledReason: 'gone',
    nextSlotAt: new Date(NOW + 5_000).toISOString(),
  });
  expect((await ask('GET /v1/destinations/mail/health')).body).not.toHaveProperty('nextSlotAt');
  for (const id of ['bob.mail', 'alice.ops', 'alice.inbox', 'alice.mail.x', 'alice.'])
    expect(await verdict(ask(`GET /v1/destinations/${id}/health`))).toBe('404 not-found');
});

describe('an inbox', () => {
  const fill = async (...minutes: number[]) => {
    const inbox = createInbox(rig.ledger, { now: () => NOW });
    const writes = minutes.map((minute) => {
      const time = new Date(NOW + minute * 60_000).toISOString();
      const ref = { tenant, event: `e${minute}`, destination: 'alice.inbox' };
      const item = inboxItem({ id: ref.event, topic: 'a', time, title: `T${minute}`, text: 'x' });
      return { ref, person: 'alice', item };
    });
    await inbox.put(writes, () => NOW / 1000 + 1_000);
  };
  interface Page {
    readonly unread: number;
    readonly unreadIsMore?: true;
    readonly items: readonly { readonly id: string; readonly title: string; readonly read: boolean }[];
    readonly cursor?: string;
  }
  const page = async (query = ''): Promise<Page> =>
    (await ask(`GET /v1/recipients/alice/inbox${query}`)).body as Page;
  const titles = ({ items }: Page) => items.map(({ title }) => title);

  test('is read newest first, a page at a time, and counts what is unread', async () => {
    await put('recipients/alice', ALICE);
    expect(await page()).toEqual({ unread: 0, items: [] });
    await fill(3, 1, 2);
    expect(titles(await page())).toEqual(['T3', 'T2', 'T1']);
    const first = await page('?limit=2');
    expect([titles(first), first.unread]).toEqual([['T3', 'T2'], 3]);
    expect(titles(await page(`?limit=2&cursor=${first.cursor}`))).toEqual(['T1']);
    expect(await verdict(ask(`GET /v1/recipients/alice/inbox?unread=true&cursor=${first.cursor}`))).toBe(
      '400 invalid-cursor',
    );
  });

  test('remembers what was read', async () => {
    await put('recipients/alice', ALICE);
    await fill(1, 2, 3);
    const { items } = await page();
    const line = `POST /v1/recipients/alice/inbox/${items[1]!.id}/read`;
    for (let i = 0; i < 2; i++) expect(await verdict(ask(line))).toBe('204');
    const read = await page();
    expect([read.unread, read.items.map((one) => one.read)]).toEqual([2, [false, true, false]]);
    expect(titles(await page('?unread=true'))).toEqual(['T3', 'T1']);
    // The same messages once more change nothing.
    await fill(1, 2, 3);
    expect((await page()).unread).toBe(2);
    expect((await ask('POST /v1/recipients/alice/inbox/read')).body).toEqual({ read: 2, more: false });
    expect(await page('?unread=true')).toEqual({ unread: 0, items: [] });
    await fill(4);
    expect((await page()).unread).toBe(1);
  });

  test('counts no further than a number that people look at', async () => {
    await put('recipients/alice', ALICE);
    await fill(...Array(300).keys());
    expect(await page('?limit=1')).toMatchObject({ unread: 250, unreadIsMore: true });
    const { items } = await page('?limit=200');
    const inbox = createInbox(rig.ledger, { now: () => NOW });
    await inbox.markRead(
      tenant,
      'alice',
      items.map(({ id }) => id),
    );
    expect(await page('?limit=1')).toMatchObject({ unread: 100 });
    expect(await page('?limit=1')).not.toHaveProperty('unreadIsMore');
  });

  test('is there for those who exist', async () => {
    await put('recipients/alice', ALICE);
    for (const line of ['GET /v1/recipients/bob/inbox', 'POST /v1/recipients/bob/inbox/read'])
      expect(await verdict(ask(line))).toBe('404 not-found');
    for (const item of ['1', `${'1'.repeat(13)}-e1`, `${'1'.repeat(13)}-a%23b`])
      expect(await verdict(ask(`POST /v1/recipients/alice/inbox/${item}/read`))).toBe('404 not-found');
    expect(await verdict(ask('GET /v1/recipients/alice/inbox?unread=maybe'))).toBe('422 validation');
    expect(await verdict(ask('GET /v1/recipients/alice/inbox?limit=201'))).toBe('422 validation');
  });
});
