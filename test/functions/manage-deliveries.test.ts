import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inboxItem } from '../../lib/core/inbox.ts';
import { keys } from '../../lib/core/keys.ts';
import { createClaims } from '../../lib/stores/claims.ts';
import { createDead } from '../../lib/stores/dead.ts';
import { createInbox } from '../../lib/stores/inbox.ts';
import { createOutcomes } from '../../lib/stores/outcomes.ts';
import { createRecipientWriter } from '../../lib/stores/recipients.ts';
import { execute, getItems, insert, keyText } from '../../lib/stores/table.ts';
import { NOW, type Rig, startManage, verdict } from './manage-rig.ts';

let rig: Rig;
let key: string;
let count = 0;

const webhook = { channel: 'webhook', settings: { url: 'https://example.com/x' } };

beforeAll(async () => {
  rig = await startManage();
  key = await rig.newKey('acme');
  await rig.ask('PUT /v1/destinations/hook', { key, body: webhook });
  await rig.ask('PUT /v1/destinations/off', { key, body: { ...webhook, enabled: false } });
});
afterAll(() => rig.close());

const newId = (): string => `d${count++}`;

const TTL = NOW / 1_000 + 86_400;
const TIME = new Date(NOW).toISOString();
const now = () => NOW;
const post = (verb: string, id: string, who = key) =>
  rig.ask(`POST /v1/deliveries/${id}/${verb}`, { key: who });
const replay = (id: string, who = key) => post('replay', id, who);
const refOf = (event: string, destination = 'hook') => ({ tenant: 'acme', event, destination });
const content = { id: 'e', topic: 'a', time: '', title: 'Title', text: '' };
const bury = (event: string, more: object = { content }, to = 'hook') => {
  const common = { reason: 'exhausted', attempt: 3, channel: 'webhook', since: NOW } as const;
  return createDead(rig.ledger, { now })([{ ref: refOf(event, to), ...common, ...more }], () => TTL);
};
const claim = (event: string) => {
  const own = { owner: event, k: 0, i: 0, attempt: 1, leaseUntil: NOW, ttl: TTL };
  return createClaims(rig.ledger).claim([{ kind: 'insert', ref: refOf(event), own }]);
};
const end = async (event: string, state: 'retrying' | 'delivered' | 'discarded') => {
  await claim(event);
  const write = { ref: refOf(event), owner: event, state, attempt: 1, channel: 'webhook', since: NOW };
  await createOutcomes(rig.ledger, { now }).write([write], () => TTL);
};

/** Listed by its fan-out, and claimed by nobody. */
const list = async (event: string, state: string) => {
  const delivery = { id: `${event}:hook`, event, destination: 'hook', state, attempt: 0 };
  const view = { id: event, topic: 'a', time: '', receivedAt: '', pack: 'p', deliveries: [delivery] };
  rig.events.set(`acme ${event}`, view);
};

describe('a replay', () => {
  test('of a dead delivery starts it again, once', async () => {
    await bury('r-dead');
    expect(await replay('r-dead:hook')).toMatchObject({
      status: 202,
      body: { id: 'r-dead:hook', state: 'retrying' },
    });
    expect(await replay('r-dead:hook')).toMatchObject({ status: 409 });
  });

  test('of one that the fan-out never came to takes its content from the event', async () => {
    const event = { id: 'r-event', topic: 'a', time: '', lane: 'normal', data: { title: 'Hello', n: 1 } };
    const item = { ...keys.event('acme', event.id), body: JSON.stringify(event) };
    await execute(rig.ledger, [insert(rig.ledger, item)]);
    await bury(event.id, { reason: 'fanOut' });
    expect((await replay('r-event:hook')).status).toBe(202);
    const place = keys.claim('acme', event.id, 'hook');
    const stored = (await getItems(rig.ledger, [place])).get(keyText(place))?.['content'];
    expect(JSON.parse(String(stored))).toMatchObject({ title: 'Hello', data: { n: 1 } });
  });

  test('of one to an inbox puts its message there, once, and it is over', async () => {
    const people = createRecipientWriter(rig.catalog);
    await people.put('acme', { id: 'ada', inbox: true }, undefined);
    const event = { id: 'r-inbox', topic: 'a', time: TIME, lane: 'normal', data: { title: 'Hello' } };
    const item = { ...keys.event('acme', event.id), body: JSON.stringify(event), ttl: TTL };
    await execute(rig.ledger, [insert(rig.ledger, item)]);
    await bury(event.id, { reason: 'fanOut' }, 'ada.inbox');
    const body = { id: 'r-inbox:ada.inbox', state: 'delivered' };
    expect(await replay('r-inbox:ada.inbox')).toMatchObject({ status: 202, body });
    expect((await replay('r-inbox:ada.inbox')).body).toMatchObject({
      status: 409,
      detail: 'It is delivered; only a dead delivery can be replayed.',
    });
    expect((await rig.ask('GET /v1/recipients/ada/inbox', { key })).body).toMatchObject({
      unread: 1,
      items: [{ event: 'r-inbox', title: 'Hello' }],
    });
    const place = keys.claim('acme', event.id, 'ada.inbox');
    const stored = (await getItems(rig.ledger, [place])).get(keyText(place));
    expect(stored).toMatchObject({ state: 'delivered', attempt: 1, channel: 'inbox' });
    expect(stored).not.toHaveProperty('open');
  });

  test('of one to an inbox that somebody else has filled leaves that as it is', async () => {
    const event = { id: 'r-filled', topic: 'a', time: TIME, lane: 'normal', data: { title: 'Hello' } };
    const item = { ...keys.event('acme', event.id), body: JSON.stringify(event) };
    await execute(rig.ledger, [insert(rig.ledger, item)]);
    const ref = refOf(event.id, 'ada.inbox');
    const first = inboxItem({ id: event.id, topic: 'a', time: TIME, title: 'Read', text: '' });
    await createInbox(rig.ledger, { now }).put([{ ref, person: 'ada', item: first }], () => TTL);
    await bury(event.id, { reason: 'fanOut' }, 'ada.inbox');
    expect((await replay('r-filled:ada.inbox')).status).toBe(202);
    const { items } = (await rig.ask('GET /v1/recipients/ada/inbox', { key })).body as { items: object[] };
    expect(items).toContainEqual(expect.objectContaining({ event: 'r-filled', title: 'Read' }));
  });

  test.each([
    ['nobody.inbox', {}, 'no inbox any more'],
    ['ada.inbox', { gone: true }, 'no longer on record'],
  ])('to %s with %j is a conflict: %s', async (to, { gone = false }: { gone?: boolean }, detail) => {
    const event = { id: `r-${newId()}`, topic: 'a', time: TIME, lane: 'normal', data: {} };
    const item = { ...keys.event('acme', event.id), body: JSON.stringify(event) };
    if (!gone) await execute(rig.ledger, [insert(rig.ledger, item)]);
    await bury(event.id, { reason: 'fanOut' }, to);
    expect((await replay(`${event.id}:${to}`)).body).toMatchObject({
      status: 409,
      detail: expect.stringContaining(detail),
    });
  });

  test.each<[string, (event: string) => Promise<unknown>]>([
    ['sending', claim],
    ['retrying', (event) => end(event, 'retrying')],
    ['delivered', (event) => end(event, 'delivered')],
    ['discarded', (event) => end(event, 'discarded')],
    [
      'delivered',
      async (event) => {
        await claim(event);
        const completion = { n: 1, notDelivered: [] };
        await createClaims(rig.ledger).complete({ tenant: 'acme', owner: event, k: 0, completion, ttl: TTL });
      },
    ],
    ['pending', (event) => list(event, 'pending')],
    // A silence kept it back.
    ['discarded', (event) => list(event, 'discarded')],
  ])('of a delivery that is %s is a conflict', async (state, given) => {
    const event = `r-${newId()}`;
    await given(event);
    const { body } = await replay(`${event}:hook`);
    expect(await verdict(replay(`${event}:hook`))).toBe('409 conflict');
    expect(body).toMatchObject({ detail: `It is ${state}; only a dead delivery can be replayed.` });
  });

  test.each([
    ['off', { content }, 'switched off'],
    ['gone', { content }, 'no longer in the catalog'],
    ['hook', {}, 'no longer on record'],
  ])('to %s with %j is a conflict: %s', async (to, more, detail) => {
    const event = `r-${newId()}`;
    await bury(event, more, to);
    expect(await verdict(replay(`${event}:${to}`))).toBe('409 conflict');
    expect((await replay(`${event}:${to}`)).body).toMatchObject({ detail: expect.stringContaining(detail) });
  });

  test('of what is unknown, somebody else’s or no id at all finds nothing', async () => {
    await bury('r-mine');
    const other = await rig.newKey('other');
    for (const id of [
      'r-none:hook',
      'r-mine:other',
      'r-mine',
      'r-mine:hook:x',
      'r.mine:hook',
      'r-mine:HOOK',
    ]) {
      expect(await verdict(replay(id))).toBe('404 not-found');
    }
    expect(await verdict(replay('r-mine:hook', other))).toBe('404 not-found');
    expect((await replay('r-mine:hook', await rig.newKey('acme', ['read', 'send']))).status).toBe(403);
    expect((await replay('r-mine:hook')).status).toBe(202);
  });
});

describe('one delivery', () => {
  test('is shown with its attempts', async () => {
    const delivery = { id: 'g-1:hook', event: 'g-1', destination: 'hook', state: 'dead', attempt: 3 };
    const view = { id: 'g-1', topic: 'a', time: '', receivedAt: '', pack: 'p', deliveries: [delivery] };
    rig.events.set('acme g-1', view);
    expect(await rig.ask('GET /v1/deliveries/g-1:hook', { key })).toMatchObject({
      status: 200,
      body: delivery,
    });
    for (const id of ['g-1:other', 'g-2:hook', 'g-1', 'g.1:hook'])
      expect(await verdict(rig.ask(`GET /v1/deliveries/${id}`, { key }))).toBe('404 not-found');
    const other = await rig.newKey('other');
    expect(await verdict(rig.ask('GET /v1/deliveries/g-1:hook', { key: other }))).toBe('404 not-found');
  });

  test.each<[string, (event: string) => Promise<unknown>]>([
    ['dead', (event) => bury(event)],
    ['retrying', (event) => end(event, 'retrying')],
  ])('that is %s can be discarded, once, and is over then', async (_, given) => {
    const event = `x-${newId()}`;
    await given(event);
    expect(await post('discard', `${event}:hook`)).toMatchObject({
      status: 200,
      body: { id: `${event}:hook`, state: 'discarded', reason: 'manual' },
    });
    expect(await verdict(post('discard', `${event}:hook`))).toBe('409 conflict');
    expect(await verdict(replay(`${event}:hook`))).toBe('409 conflict');
    const place = keys.claim('acme', event, 'hook');
    const item = (await getItems(rig.ledger, [place])).get(keyText(place));
    expect(item).toMatchObject({ state: 'discarded', reason: 'manual' });
    expect(item).not.toHaveProperty('dueAt');
  });

  test.each<[string, (event: string) => Promise<unknown>]>([
    ['sending', claim],
    ['delivered', (event) => end(event, 'delivered')],
    ['discarded', (event) => end(event, 'discarded')],
    ['pending', (event) => list(event, 'pending')],
    ['discarded', (event) => list(event, 'discarded')],
  ])('that is %s cannot be discarded', async (state, given) => {
    const event = `x-${newId()}`;
    await given(event);
    expect(await post('discard', `${event}:hook`)).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining(`It is ${state};`) },
    });
  });

  test('of somebody else, or for who may only read, is not discarded', async () => {
    await bury('x-mine');
    expect(await verdict(post('discard', 'x-mine:hook', await rig.newKey('other')))).toBe('404 not-found');
    expect((await post('discard', 'x-mine:hook', await rig.newKey('acme', ['read']))).status).toBe(403);
    expect((await post('discard', 'x-mine:hook')).status).toBe(200);
  });
});
