import { expect, test } from 'vitest';
import type { DeliveryRef } from '../../lib/core/claim.ts';
import { digestId } from '../../lib/core/group-window.ts';
import { keys } from '../../lib/core/keys.ts';
import { keptUntil } from '../../lib/core/retention.ts';
import { createClaims } from '../../lib/stores/claims.ts';
import { createDead } from '../../lib/stores/dead.ts';
import { createEvents } from '../../lib/stores/events.ts';
import { createLots } from '../../lib/stores/lots.ts';
import { createOutcomes } from '../../lib/stores/outcomes.ts';
import { createReplays } from '../../lib/stores/replay.ts';
import { createWindows } from '../../lib/stores/windows.ts';
import { NOW, type Store, describeOnEngines } from './engines.ts';

const DAY = 86_400_000;
const content = { id: 'e', topic: 'a', time: '', title: 'Title', text: '' };
let count = 0;

describeOnEngines('the record of an event', (store) => {
  const ttl = (days?: number) => keptUntil(store().clock.ms, days);

  /** An event, one delivery of which ended on the third day. */
  async function ended(state: 'dead' | 'parked'): Promise<DeliveryRef> {
    const { ledger, clock } = store();
    const ref = { tenant: 'acme', event: `life${count++}`, destination: `d${count}` };
    const event = { id: ref.event, topic: 'a', time: '', lane: 'normal', data: {} } as const;
    const write = { kind: 'event', event, hash: 'h', pack: 'p', at: NOW } as const;
    await createEvents(ledger).write('acme', [{ ...write, isAlert: false, isContested: false }]);
    clock.ms = NOW + 3 * DAY;
    const end = { ref, owner: 'a', attempt: 1, channel: 'chat', since: NOW, content } as const;
    if (state === 'dead') await createDead(ledger, store())([{ ...end, reason: 'exhausted' }], ttl);
    else {
      const held = { ...end, state: 'held', reason: 'paused', parked: true, unclaimed: true } as const;
      await createOutcomes(ledger, store()).write([held], ttl);
    }
    return ref;
  }

  async function parked({ ledger, now }: Store, { tenant, destination }: DeliveryRef) {
    return (await createLots(ledger, { now }).page({ tenant, destination }, now(), '', 1)).parked;
  }

  const dead = { seen: NOW + 3 * DAY, channel: 'chat', content };

  test.each<[string, 'dead' | 'parked', (ref: DeliveryRef) => Promise<unknown>]>([
    ['is replayed', 'dead', (ref) => createReplays(store().ledger, store()).start({ ref, ...dead }, ttl)],
    [
      'is replayed with others',
      'dead',
      (ref) => createReplays(store().ledger, store()).startAll([{ ref, ...dead }], store().now(), ttl),
    ],
    [
      'is ended by hand',
      'dead',
      (ref) => {
        const seen = { state: 'dead', changedAt: dead.seen, hasContent: true } as const;
        return createReplays(store().ledger, store()).discard(ref, seen, ttl);
      },
    ],
    [
      'goes on after a pause',
      'parked',
      async (ref) =>
        createLots(store().ledger, store()).release(await parked(store(), ref), store().now(), ttl),
    ],
    [
      'is given up',
      'parked',
      async (ref) => {
        const { ledger } = store();
        const [{ held: seen, ...due } = undefined!] = await parked(store(), ref);
        await createClaims(ledger).markDead([ref], ttl);
        return createDead(ledger, store())([{ ...due, reason: 'expiredInRetry', seen }], ttl);
      },
    ],
  ])('outlives a delivery that %s after 29 days', async (_, state, act) => {
    const ref = await ended(state);
    store().clock.ms = NOW + 29 * DAY;
    expect([await act(ref)].flat()).toEqual([{ kind: 'written' }]);
    const items = await store().items(store().ledger);
    const claim = items.find(({ pk, sk }) => pk === keys.event('acme', ref.event).pk && sk !== 'event');
    expect(claim?.['ttl']).toBe(keptUntil(NOW + 29 * DAY));
    // Attempts of the new round go on for four days, and each keeps its claim as long.
    const record = (await createEvents(store().ledger).read('acme', [ref.event])).get(ref.event);
    expect(record?.ttl).toBeGreaterThan(keptUntil(NOW + 33 * DAY));
  });

  test('and the window it comes from outlive a digest that is replayed', async () => {
    const { ledger, clock } = store();
    clock.ms = NOW;
    const window = { tenant: 'acme', group: `life${count++}`.padEnd(22, '0'), n: 3 };
    const about = { kind: 'digest', destination: 'ops', rule: 'r', values: {} } as const;
    const windows = createWindows(ledger, store());
    await windows.open([{ ...window, ...about, dueAtMs: NOW }], keptUntil(NOW + 14 * DAY));
    const ref = { tenant: 'acme', event: digestId(window), destination: 'ops' };
    const burial = { ref, reason: 'exhausted', attempt: 1, channel: 'chat', since: NOW, content } as const;
    await createDead(ledger, store())([burial], ttl);
    clock.ms = NOW + 29 * DAY;
    expect(await createReplays(ledger, store()).start({ ref, ...dead, seen: NOW }, ttl)).toEqual({
      kind: 'written',
    });
    const { pk } = keys.window('acme', window.group, window.n);
    const item = (await store().items(ledger)).find((one) => one.pk === pk);
    expect(item?.['ttl']).toBe(keptUntil(NOW + (29 + 14) * DAY));
  });

  test('never ends sooner than it did, and hears of what died all the same', async () => {
    const ref = { tenant: 'acme', event: `life${count++}` };
    const body = {
      id: ref.event,
      topic: 'a',
      time: '',
      lane: 'normal',
      data: {},
      retentionDays: 400,
    } as const;
    const write = { kind: 'event', event: body, hash: 'h', pack: 'p', at: NOW } as const;
    const events = createEvents(store().ledger);
    await events.write('acme', [{ ...write, isAlert: false, isContested: false }]);
    store().clock.ms = NOW + 3 * DAY;
    // A release before has lost on the way how long its topic is kept.
    expect(await createClaims(store().ledger).markDead([ref], ttl)).toEqual([{ kind: 'written' }]);
    const kept = async () => (await events.read('acme', [ref.event])).get(ref.event);
    const endsAt = keptUntil(NOW + 14 * DAY, 400);
    expect(await kept()).toMatchObject({ hasDead: true, ttl: endsAt });
    await createClaims(store().ledger).markDead([{ ...ref, retentionDays: 400 }], ttl);
    expect(await kept()).toMatchObject({ ttl: endsAt + (3 * DAY) / 1_000 });
  });

  test('is not made up where there is none, and the delivery goes on', async () => {
    const ref = { tenant: 'acme', event: `life${count++}`, destination: 'ops' };
    const burial = { ref, reason: 'exhausted', attempt: 1, channel: 'chat', since: NOW, content } as const;
    store().clock.ms = NOW + 3 * DAY;
    await createDead(store().ledger, store())([burial], ttl);
    const replays = createReplays(store().ledger, store());
    expect(await replays.start({ ref, ...dead }, ttl)).toEqual({ kind: 'written' });
    expect((await createEvents(store().ledger).read('acme', [ref.event])).size).toBe(0);
  });
});
