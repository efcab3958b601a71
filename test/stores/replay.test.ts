import { expect, test } from 'vitest';
import { type DeliveryRef, refText } from '../../lib/core/claim.ts';
import { keys, minuteOf } from '../../lib/core/keys.ts';
import { createClaims } from '../../lib/stores/claims.ts';
import { createDead } from '../../lib/stores/dead.ts';
import { type Due, createDue } from '../../lib/stores/due.ts';
import { createOutcomes } from '../../lib/stores/outcomes.ts';
import { createReplays } from '../../lib/stores/replay.ts';
import { execute, insert } from '../../lib/stores/table.ts';
import { NOW, describeOnEngines } from './engines.ts';

const TTL = NOW / 1000 + 86_400;
const LATER = NOW + 600_000;
const content = { id: 'e', topic: 'a', time: '', title: 'Title', text: '' };
let count = 0;

describeOnEngines('replays', (store) => {
  const replays = () => createReplays(store().ledger, store());
  const claims = () => createClaims(store().ledger);
  const newRef = (): DeliveryRef => ({ tenant: 'acme', event: `r${count++}`, destination: 'ops' });
  const buried = async (more: object = { content }): Promise<DeliveryRef> => {
    store().clock.ms = NOW;
    const ref = newRef();
    const burial = { ref, reason: 'exhausted', attempt: 5, channel: 'chat', since: NOW, ...more } as const;
    await createDead(store().ledger, store())([burial], () => TTL);
    store().clock.ms = LATER;
    return ref;
  };
  const claimed = async (): Promise<DeliveryRef> => {
    const ref = newRef();
    const own = { owner: ref.event, k: 0, i: 0, attempt: 1, leaseUntil: NOW, ttl: TTL };
    await claims().claim([{ kind: 'insert', ref, own }]);
    return ref;
  };
  const start = async (ref: DeliveryRef, more: object = {}, seen = NOW) =>
    (await replays().start({ ref, seen, channel: 'chat', ...more }, () => TTL + 1)).kind;
  const dueFor = async ({ event }: DeliveryRef): Promise<Due[]> => {
    const pages: Due[] = [];
    const due = createDue(store().ledger, store());
    for await (const page of due.entries(minuteOf(LATER))) pages.push(...(await due.waiting(page)));
    return pages.filter(({ ref }) => ref.event === event);
  };
  const itemOf = async (ref: DeliveryRef) =>
    (await store().items(store().ledger)).find(
      ({ pk, sk }) => pk.endsWith(`#${ref.event}`) && sk.startsWith('delivery#'),
    );

  test('put a dead delivery into the timers’ hands with all its attempts ahead', async () => {
    const ref = await buried();
    expect(await replays().find(ref)).toEqual({ state: 'dead', changedAt: NOW, hasContent: true });
    expect(await start(ref)).toBe('written');
    expect(await dueFor(ref)).toMatchObject([{ ref, attempt: 0, channel: 'chat', since: LATER, content }]);
    const item = await itemOf(ref);
    expect(item).toMatchObject({ state: 'retrying', takeovers: 0, changedAt: LATER, ttl: TTL + 1 });
    expect(item?.['openAt']).toContain(String(LATER));
    expect(item).not.toHaveProperty('reason');
  });

  test('go in the normal lane, whatever the first round did', async () => {
    const ref = await claimed();
    const end = { ref, owner: ref.event, attempt: 1, channel: 'chat', since: NOW, content } as const;
    store().clock.ms = NOW;
    const write = { ...end, state: 'dead', reason: 'exhausted', lane: 'urgent' } as const;
    await createOutcomes(store().ledger, store()).write([write], () => TTL);
    store().clock.ms = LATER;
    expect(await start(ref)).toBe('written');
    expect(await dueFor(ref)).toHaveLength(1);
    expect((await dueFor(ref))[0]).not.toHaveProperty('lane');
  });

  test('bring the content that a delivery never had, and its channel of today', async () => {
    const ref = await buried({ reason: 'fanOut', attempt: 0, channel: 'unknown' });
    expect(await replays().find(ref)).toMatchObject({ hasContent: false });
    expect(await start(ref, { content, channel: 'mail' })).toBe('written');
    expect(await dueFor(ref)).toMatchObject([{ content, channel: 'mail' }]);
  });

  test('leave alone what is not dead, what is not there, and what died again since', async () => {
    const ref = await claimed();
    expect(await start(ref)).toBe('conflict');
    expect(await start(newRef())).toBe('conflict');
    expect((await claims().read([ref])).get(refText(ref))?.claim.state).toBe('sending');
    expect(await start(await buried(), {}, NOW - 1)).toBe('conflict');
  });

  test('of two at once, one wins', async () => {
    const ref = await buried();
    expect((await Promise.all([start(ref), start(ref)])).toSorted()).toEqual(['conflict', 'written']);
    expect(await dueFor(ref)).toHaveLength(1);
  });

  test('know what a completion record tells, and nothing that has expired', async () => {
    const ref = await claimed();
    expect(await replays().find(ref)).toMatchObject({ state: 'sending' });
    const completion = { n: 1, notDelivered: [] };
    await claims().complete({ tenant: 'acme', owner: ref.event, k: 0, completion, ttl: TTL });
    expect(await replays().find(ref)).toMatchObject({ state: 'delivered' });
    store().clock.ms = TTL * 1_000 + 1;
    expect(await replays().find(ref)).toBeUndefined();
    expect(await replays().find(newRef())).toBeUndefined();
  });

  test('read an event as it was posted', async () => {
    const { event: id } = newRef();
    const event = { id, topic: 'a', time: '', lane: 'normal', data: { title: 'Title' } };
    const item = { ...keys.event('acme', id), body: JSON.stringify(event) };
    await execute(store().ledger, [insert(store().ledger, item)]);
    expect(await replays().events('acme', [id, 'none'])).toEqual(new Map([[id, event]]));
    expect(await replays().events('other', [id])).toEqual(new Map());
  });
});
