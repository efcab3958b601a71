import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { incidentOf } from '../../lib/core/escalation.ts';
import type { Event } from '../../lib/core/event.ts';
import { type Link, linkToken } from '../../lib/core/link.ts';
import { LINK_PATH } from '../../lib/core/links.ts';
import { createEscalations } from '../../lib/stores/escalations.ts';
import { createEvents } from '../../lib/stores/events.ts';
import { createLinkKeys } from '../../lib/stores/link-keys.ts';
import { createRecipientWriter } from '../../lib/stores/recipients.ts';
import { NOW, type Rig, startManage, verdict } from './manage-rig.ts';

const FORM = 'application/x-www-form-urlencoded';
const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const ONE_CLICK = 'List-Unsubscribe=One-Click';

let rig: Rig;
let tenant: string;
let key: string;
let count = 0;

beforeAll(async () => {
  rig = await startManage();
});
afterAll(() => rig.close());
beforeEach(async () => {
  tenant = `links${count++}`;
  key = await createLinkKeys(rig.ledger, { now: () => NOW }).findOrMake(tenant, () => randomBytes(32));
});

const tokenOf = (more: Partial<Link> = {}) =>
  linkToken(
    {
      purpose: 'unsubscribe',
      tenant,
      event: 'e1',
      destination: 'alice.mail',
      expiresAt: NOW / 1_000 + 60,
      topics: ['orders.paid'],
      ...more,
    },
    key,
  );
const show = (token: string, headers: Record<string, string> = BROWSER) =>
  rig.ask(`GET ${LINK_PATH}${token}`, { headers });
const post = (token: string, raw: string, headers: Record<string, string> = BROWSER) =>
  rig.ask(`POST ${LINK_PATH}${token}`, { raw, headers: { 'content-type': FORM, ...headers } });

const people = () => createRecipientWriter(rig.catalog);
const unsubscribed = async () => {
  const found = await people().find(tenant, 'alice');
  return found && 'unsubscribed' in found.recipient ? found.recipient.unsubscribed : undefined;
};

describe('a link to unsubscribe', () => {
  beforeEach(() => people().put(tenant, { id: 'alice', inbox: true }, undefined));

  test('only shows a page, which nothing may keep, frame or run', async () => {
    const { status, headers, body } = await show(tokenOf());
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-robots-tag': 'noindex, nofollow',
      'content-security-policy': expect.stringContaining("form-action 'self'"),
    });
    expect(body).toContain('<p>orders.paid</p>');
    expect(body).toContain('value="unsubscribe"');
    expect(await unsubscribed()).toBeUndefined();
  });

  test('does it by the button, any number of times, and undoes it', async () => {
    for (let times = 0; times < 2; times++) {
      const { status, body } = await post(tokenOf(), 'action=unsubscribe');
      expect([status, body]).toEqual([200, expect.stringContaining('value="undo"')]);
      expect(await unsubscribed()).toEqual(['orders.paid']);
    }
    for (let times = 0; times < 2; times++) {
      const { body } = await post(tokenOf(), 'action=undo');
      expect(body).toContain('value="unsubscribe"');
      expect(await unsubscribed()).toBeUndefined();
    }
  });

  test('does it by one click of a mail program, without a cookie, a key or a redirect', async () => {
    const { status, headers } = await post(tokenOf(), ONE_CLICK, {});
    expect([status, headers?.['location'], headers?.['set-cookie']]).toEqual([200, undefined, undefined]);
    expect(await unsubscribed()).toEqual(['orders.paid']);
  });

  test('does it as the other kind of form', async () => {
    const raw =
      '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n';
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    expect((await rig.ask(`POST ${LINK_PATH}${tokenOf()}`, { raw, headers })).status).toBe(200);
    expect(await unsubscribed()).toEqual(['orders.paid']);
  });

  test('loses no topic when many come at once', async () => {
    const topics = ['a', 'b', 'c', 'd'];
    const clicks = topics.map((topic) => post(tokenOf({ topics: [topic] }), ONE_CLICK));
    const statuses = (await Promise.all(clicks)).map(({ status }) => status);
    expect(statuses).toEqual([200, 200, 200, 200]);
    expect((await unsubscribed())?.toSorted()).toEqual(topics);
  });

  test('leaves alone what a wider pattern covers, and cannot undo that', async () => {
    const found = await people().find(tenant, 'alice');
    await people().put(tenant, { id: 'alice', inbox: true, unsubscribed: ['orders.*'] }, found?.etag);
    for (const answer of [await post(tokenOf(), ONE_CLICK), await post(tokenOf(), 'action=undo')])
      expect(answer.body).toMatch(/You are unsubscribed(?![^]*<form)/);
    expect(await unsubscribed()).toEqual(['orders.*']);
  });

  test('says when there is no room for more', async () => {
    const found = await people().find(tenant, 'alice');
    const full = Array.from({ length: 1_000 }, (_, index) => `t${index}`);
    await people().put(tenant, { id: 'alice', inbox: true, unsubscribed: full }, found?.etag);
    expect(await verdict(post(tokenOf(), ONE_CLICK, {}))).toBe('409 quota');
    expect((await post(tokenOf(), ONE_CLICK)).body).toContain('ask who sends the messages');
  });

  test('is nothing where there is no such person any more', async () => {
    await people().put(tenant, { id: 'crew', members: ['alice'] }, undefined);
    for (const destination of ['bob.mail', 'crew.mail', 'mail'])
      expect(await verdict(post(tokenOf({ destination }), ONE_CLICK, {}))).toBe('404 not-found');
  });
});

describe('a link that is no good', () => {
  const changed = (token: string) => `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`;
  const foreign = () => linkToken({ ...LINK, tenant: `${tenant}-none` }, key);
  const LINK: Link = {
    purpose: 'unsubscribe',
    tenant: '',
    event: 'e1',
    destination: 'alice.mail',
    expiresAt: NOW,
    topics: ['a'],
  };

  test.each<[string, () => string, string]>([
    ['changed', () => changed(tokenOf()), '404 not-found'],
    ['of a tenant without links', foreign, '404 not-found'],
    ['of no tenant', () => linkToken({ ...LINK, tenant: '../x' }, key), '404 not-found'],
    ['no token', () => 'abc', '404 not-found'],
    ['over', () => tokenOf({ expiresAt: NOW / 1_000 }), '410 expired-link'],
    ['over and changed', () => changed(tokenOf({ expiresAt: NOW / 1_000 })), '404 not-found'],
  ])('%s, shows a calm page, or a problem to programs', async (_, make, expected) => {
    const token = make();
    for (const answer of [show(token, {}), post(token, ONE_CLICK, {})])
      expect(await verdict(answer)).toBe(expected);
    const page = await show(token);
    expect([page.status, page.headers?.['content-type']]).toEqual([
      Number(expected.slice(0, 3)),
      'text/html; charset=utf-8',
    ]);
    expect(page.body).toMatch(/There is nothing here|This link has expired/);
    expect(page.body).not.toMatch(/alice|orders|<form/);
  });

  test('makes no key: only a message does', async () => {
    await show(foreign());
    expect(await createLinkKeys(rig.ledger, { now: () => NOW }).find(`${tenant}-none`)).toBeUndefined();
  });

  test.each([
    ['', FORM, '422 validation'],
    ['action=acknowledge', FORM, '422 validation'],
    ['{"action":"unsubscribe"}', 'application/json', '415 unsupported-media-type'],
    ['x'.repeat(5_000), FORM, '413 payload-too-large'],
  ])('%.30j as %s is refused', async (raw, type, expected) => {
    await people().put(tenant, { id: 'alice', inbox: true }, undefined);
    expect(await verdict(post(tokenOf(), raw, { 'content-type': type }))).toBe(expected);
    expect(await unsubscribed()).toBeUndefined();
  });

  test('takes no query and no other method', async () => {
    expect(await verdict(rig.ask(`GET ${LINK_PATH}${tokenOf()}?x=1`))).toBe('400 unknown-parameter');
    expect(await verdict(rig.ask(`DELETE ${LINK_PATH}${tokenOf()}`))).toBe('405 method-not-allowed');
  });
});

describe('a link to acknowledge', () => {
  const escalations = () => createEscalations(rig.ledger, { now: () => NOW });
  const time = new Date(NOW).toISOString();
  const event: Event = {
    id: 'e1',
    topic: 'disk.full',
    time,
    lane: 'normal',
    dedupeKey: 'disk',
    data: { title: '<b>Disk</b>' },
  };
  const incident = incidentOf(event);
  const keep = (one: Event) =>
    createEvents(rig.ledger).write(tenant, [
      { kind: 'event', event: one, hash: 'h', pack: 'p', at: NOW, isAlert: false, isContested: false },
    ]);
  const move = async (kind: 'open' | 'end', by = 'e1', atMs = NOW) => {
    const replaces = (await escalations().read(tenant, [incident])).get(incident);
    await escalations().move(tenant, [
      { incident, move: { kind, replaces }, event: by, atMs, raisedMs: atMs },
    ]);
  };
  const standing = async () => (await escalations().read(tenant, [incident])).get(incident);
  const token = (more: Partial<Link> = {}) =>
    tokenOf({ purpose: 'acknowledge', topics: [], destination: 'ops', ...more });

  test('shows what it is, and acknowledges by the button, once, in the name of who got it', async () => {
    await keep(event);
    await move('open');
    const page = await show(token());
    expect(page.body).toContain('<h1>&lt;b&gt;Disk&lt;/b&gt;</h1>');
    expect(page.body).toContain('Nobody has acknowledged it.');
    expect(await standing()).toMatchObject({ state: 'open' });

    const done = await post(token({ destination: 'ada.chat' }), 'action=acknowledge');
    expect(done.body).toMatch(/Acknowledged by ada at 2026-11-21 10:00 UTC\.(?![^]*<form)/);
    expect((await post(token(), 'action=acknowledge')).body).toContain('Acknowledged by ada');
    expect((await show(token())).body).toContain('Acknowledged by ada');
    expect(await standing()).toMatchObject({ state: 'acknowledged', by: 'ada' });
  });

  test('says when it is over', async () => {
    await keep(event);
    await move('open');
    await move('end');
    for (const answer of [await show(token()), await post(token(), 'action=acknowledge')])
      expect([answer.status, answer.body]).toEqual([200, expect.stringMatching(/It is over\.(?![^]*<form)/)]);
    expect(await standing()).toMatchObject({ state: 'over' });
  });

  test('of what is over says so, though it has begun anew, and leaves that alone', async () => {
    const step = { opener: 'e1', incident, route: 'r', step: 0, round: 0 };
    const later = new Date(NOW + 2).toISOString();
    await keep(event);
    await keep({ ...event, id: 'es_1', escalates: step });
    await keep({ ...event, id: 'e2', time: later });
    await keep({ ...event, id: 'es_2', escalates: { ...step, opener: 'e2' } });
    await move('open');
    await move('end', 'e1-end', NOW + 1);
    await move('open', 'e2', NOW + 2);
    for (const of of ['e1', 'es_1'])
      for (const answer of [
        await show(token({ event: of })),
        await post(token({ event: of }), 'action=acknowledge'),
      ])
        expect(answer.body).toMatch(/It is over\.(?![^]*<form)/);
    expect(await standing()).toMatchObject({ state: 'open', opener: 'e2' });
    expect((await show(token({ event: 'e2' }))).body).toContain('Nobody has acknowledged it.');
    expect((await post(token({ event: 'es_2' }), 'action=acknowledge')).body).toContain(
      'Acknowledged by ops',
    );
    expect(await standing()).toMatchObject({ state: 'acknowledged', by: 'ops' });
  });

  test('says when nobody is told, and is nothing without its event', async () => {
    expect(await verdict(show(token(), {}))).toBe('404 not-found');
    await keep(event);
    expect((await show(token())).body).toContain('Nobody else is told of it any more.');
  });

  test('is no link to unsubscribe', async () => {
    await keep(event);
    expect(await verdict(post(token(), ONE_CLICK, {}))).toBe('422 validation');
  });
});
