import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_TERMS } from '../../lib/core/terms.ts';
import type { Draft } from '../../lib/core/event-input.ts';
import type { RecordWrite } from '../../lib/core/event-record.ts';
import { type EventPack, type OutgoingMessage, parseEventPack } from '../../lib/core/message.ts';
import { problem } from '../../lib/core/problem.ts';
import { type IngestDeps, type Item, type Post, type Receipts, ingest } from '../../lib/pipeline/ingest.ts';
import { createClaims } from '../../lib/stores/claims.ts';
import { createEvents } from '../../lib/stores/events.ts';
import { type Store, openStore } from '../stores/engines.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const START = Date.UTC(2026, 10, 21, 10);

let store: Store;
beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());

let tenants = 0;

/** Ingest of a tenant of its own on a real ledger, queues in memory, and a log of the order of use. */
function world() {
  const events = createEvents(store.ledger);
  const state = {
    now: START,
    tenant: `t${tenants++}`,
    steps: [] as string[],
    packs: [] as { queue: string; pack: EventPack; groupId: string | undefined }[],
    failQueue: (_queue: string, _message: OutgoingMessage): boolean => false,
    failRead: false,
    failWrite: (_write: RecordWrite): boolean => false,
    /** Between the queue and the records. */
    beforeWrite: (): Promise<unknown> => Promise.resolve(),
  };
  let made = 0;
  const deps: IngestDeps = {
    records: {
      async read(tenant, ids) {
        state.steps.push(`read ${ids.length}`);
        if (state.failRead) throw new Error('throttled');
        return await events.read(tenant, ids);
      },
      async request(tenant, key) {
        state.steps.push('read request');
        return await events.request(tenant, key);
      },
      async write(tenant, writes) {
        state.steps.push(`write ${writes.map(({ kind }) => kind).join(' ')}`);
        await state.beforeWrite();
        const good = writes.filter((write) => !state.failWrite(write));
        const kept = await events.write(tenant, good);
        return writes.map((write) => kept[good.indexOf(write)]);
      },
    },
    enqueue(queue, messages) {
      state.steps.push(`enqueue ${queue}`);
      const failed = messages.flatMap((message, index) => (state.failQueue(queue, message) ? [index] : []));
      for (const [index, { body, groupId }] of messages.entries()) {
        const parsed = parseEventPack(body);
        if (parsed.ok && !failed.includes(index)) state.packs.push({ queue, pack: parsed.message, groupId });
      }
      return Promise.resolve({ failed });
    },
    takeUrgent: () => Promise.resolve(true),
    termsOf: async () => DEFAULT_TERMS,
    queues: { normal: 'events', urgent: 'urgent' },
    telemetry: { add: () => undefined, log: () => undefined },
    now: () => state.now,
    newId: () => `${state.tenant}-${made++}`,
  };
  return {
    state,
    deps,
    sent: () => state.packs.flatMap(({ pack }) => pack.items),
    isKnown: async (id: string) => (await events.read(state.tenant, [id])).has(id),
    markDead: (event: string) =>
      createClaims(store.ledger).markDead([{ tenant: state.tenant, event }], () => state.now / 1_000),
  };
}

const event = (draft: Partial<Draft> = {}): Item => ({
  ok: true,
  draft: { topic: 'order.paid', data: { n: 1 }, ...draft },
});
const mismatch = { problem: { slug: 'idempotency-mismatch' } };
const idsOf = (...posts: readonly Receipts[]) =>
  posts.flatMap(({ receipts }) => receipts.map((one) => (one.kind === 'refused' ? '' : one.id)));
const bad: Item = { ok: false, problem: problem('validation', 'no') };
const alert = (identity: string, firing?: string): Item => ({
  ok: true,
  draft: { topic: 'alert.firing', data: {}, severity: 'critical' },
  alert: {
    identity,
    firing,
    alert: {
      source: 'generic',
      name: identity,
      status: firing === undefined ? 'firing' : 'resolved',
      labels: {},
      annotations: {},
      fingerprint: identity,
    },
    known: undefined,
  },
});

let state: ReturnType<typeof world>['state'];
let deps: IngestDeps;
let {
  sent,
  isKnown,
  markDead,
}: Pick<ReturnType<typeof world>, 'sent' | 'isKnown' | 'markDead'> = {} as never;
beforeEach(() => ({ state, deps, sent, isKnown, markDead } = world()));

const take = (items: readonly Item[], more: Partial<Post> = {}) =>
  ingest({ tenant: state.tenant, items, ...more }, deps);
const kinds = async (items: readonly Item[], more: Partial<Post> = {}) =>
  (await take(items, more)).receipts.map((receipt) =>
    receipt.kind === 'refused' ? receipt.problem.slug : receipt.kind,
  );

describe('the order of steps', () => {
  test('an event is looked up, enqueued, and only then recorded', async () => {
    expect(await kinds([event({ id: 'a' })])).toEqual(['accepted']);
    expect(state.steps).toEqual(['read 1', 'enqueue events', 'write event']);
  });

  test('an event without an id needs no look-up', async () => {
    expect((await take([event()])).receipts).toEqual([{ kind: 'accepted', id: `${state.tenant}-0` }]);
    expect(state.steps).toEqual(['enqueue events', 'write event']);
  });

  test('refused items cost no call', async () => {
    expect(await kinds([bad])).toEqual(['validation']);
    expect(state.steps).toEqual([]);
  });
});

describe('packs', () => {
  test('hold the events of one tenant in order, and the tenant is their group', async () => {
    await take([event({ id: 'a' }), event({ id: 'b' })]);
    expect(state.packs).toMatchObject([
      { groupId: state.tenant, pack: { v: 1, kind: 'events', tenant: state.tenant } },
    ]);
    expect(sent().map(({ id }) => id)).toEqual(['a', 'b']);
  });

  test('urgent and critical events travel in the urgent queue', async () => {
    await take([
      event({ id: 'a' }),
      event({ id: 'b', lane: 'urgent' }),
      event({ id: 'c', severity: 'critical' }),
    ]);
    const queues = state.packs.map(({ queue, pack }) => [queue, pack.items.map(({ id }) => id)]);
    expect(queues).toEqual([
      ['events', ['a']],
      ['urgent', ['b', 'c']],
    ]);
  });

  test('are cut at 64 KiB; an event beyond 256 KiB is refused', async () => {
    const text = 'x'.repeat(40_000);
    const items = [
      event({ data: { text } }),
      event({ data: { text } }),
      event({ data: { text: 'x'.repeat(262_144) } }),
    ];
    expect(await kinds(items)).toEqual(['accepted', 'accepted', 'payload-too-large']);
    expect(state.packs).toHaveLength(2);
  });
});

describe('an event posted again', () => {
  test('is a duplicate and is not enqueued', async () => {
    await take([event({ id: 'a' })]);
    expect(await kinds([event({ id: 'a' })])).toEqual(['duplicate']);
    expect(sent()).toHaveLength(1);
  });

  test('with another body is a mistake', async () => {
    await take([event({ id: 'a' })]);
    expect(await kinds([event({ id: 'a', data: { n: 2 } })])).toEqual(['idempotency-mismatch']);
  });

  test('in the same array is a duplicate of the first', async () => {
    const items = [event({ id: 'a' }), event({ id: 'a' }), event({ id: 'a', data: {} })];
    expect(await kinds(items)).toEqual(['accepted', 'duplicate', 'idempotency-mismatch']);
    expect(sent()).toHaveLength(1);
  });

  test('does not count as known when the first of the same array was lost', async () => {
    state.failQueue = () => true;
    expect(await kinds([event({ id: 'a' }), event({ id: 'a' })])).toEqual(['unavailable', 'unavailable']);
  });
});

describe('an id that is used twice at the same moment', () => {
  const other = () => take([event({ id: 'a', data: { n: 2 } })]);

  test('is the event whose content was recorded first; the other is a mistake', async () => {
    let second: Promise<Receipts> | undefined;
    state.beforeWrite = () => {
      state.beforeWrite = () => Promise.resolve();
      return (second = other());
    };
    expect(await kinds([event({ id: 'a' })])).toEqual(['idempotency-mismatch']);
    expect((await second)?.receipts).toEqual([{ kind: 'accepted', id: 'a' }]);
    expect(state.packs.map(({ pack }) => Object.keys(pack.hashes ?? {}))).toEqual([['a'], ['a']]);
  });

  test('is taken twice for the same content', async () => {
    state.beforeWrite = () => {
      state.beforeWrite = () => Promise.resolve();
      return take([event({ id: 'a' })]);
    };
    expect(await kinds([event({ id: 'a' })])).toEqual(['accepted']);
  });
});

describe('an idempotency key', () => {
  const key = { idempotencyKey: 'k-1' };

  test('gives events without an id the same ids again', async () => {
    const first = await take([event(), event({ data: { n: 2 } })], key);
    const again = await take([event(), event({ data: { n: 2 } })], key);
    expect(again).toEqual({
      receipts: first.receipts.map((receipt) => ({ ...receipt, kind: 'duplicate' })),
      replayed: true,
    });
    expect(first.replayed).toBe(false);
    expect(sent()).toHaveLength(2);
  });

  test('is refused with another body', async () => {
    await take([event()], key);
    await expect(take([event({ data: {} })], key)).rejects.toMatchObject(mismatch);
  });

  test('makes no second event after a crash between queue and record', async () => {
    state.failWrite = () => true;
    expect(await kinds([event()], key)).toEqual(['unavailable']);
    state.failWrite = () => false;
    await take([event()], key);
    expect(new Set(sent().map(({ id }) => id)).size).toBe(1);
  });

  test('is not remembered when nothing came of the post', async () => {
    state.failQueue = () => true;
    await take([event()], key);
    state.failQueue = () => false;
    expect((await take([event({ data: {} })], key)).replayed).toBe(false);
  });

  test('stands for something new a day after it was used, with ids of its own', async () => {
    const first = await take([event()], key);
    state.now += DAY - 1;
    expect(await take([event()], key)).toMatchObject({ replayed: true, receipts: [{ kind: 'duplicate' }] });
    state.now += 1;
    const next = await take([event()], key);
    expect(next).toMatchObject({ replayed: false, receipts: [{ kind: 'accepted' }] });
    expect(await take([event()], key)).toMatchObject({ replayed: true, receipts: [{ kind: 'duplicate' }] });
    await expect(take([event({ data: {} })], key)).rejects.toMatchObject(mismatch);
    state.now += DAY;
    const last = await take([event({ data: {} })], key);
    expect(new Set(idsOf(first, next, last)).size).toBe(3);
    expect(sent().map(({ id }) => id)).toEqual(idsOf(first, next, last));
  });

  test('is new even when all of its first use but the claims has expired', async () => {
    const first = await take([event()], key);
    state.now += 40 * DAY;
    const next = await take([event()], key);
    expect(next.receipts).toEqual([{ kind: 'accepted', id: expect.not.stringMatching(idsOf(first)[0]!) }]);
  });

  test('that could not be remembered was not answered with a 202', async () => {
    state.failWrite = ({ kind }) => kind === 'request';
    expect(await kinds([event()], key)).toEqual(['unavailable']);
    state.failWrite = () => false;
    await take([event()], key);
    expect(new Set(sent().map(({ id }) => id)).size).toBe(1);
    state.now += DAY;
    await take([event()], key);
    expect(new Set(sent().map(({ id }) => id)).size).toBe(2);
  });

  test('lets what was lost be sent again, and only that', async () => {
    state.failQueue = (queue) => queue === 'urgent';
    const items = [event(), event({ lane: 'urgent' })];
    expect(await kinds(items, key)).toEqual(['accepted', 'unavailable']);
    state.failQueue = () => false;
    expect(await kinds(items, key)).toEqual(['duplicate', 'accepted']);
  });
});

describe('when the platform fails', () => {
  test('a table that cannot be read ends the post before anything is sent', async () => {
    state.failRead = true;
    await expect(take([event({ id: 'a' })])).rejects.toMatchObject({
      problem: { slug: 'unavailable' },
      headers: { 'retry-after': '5' },
    });
    expect(sent()).toEqual([]);
  });

  test('a queue that takes a part loses only the rest, which is not recorded', async () => {
    state.failQueue = (_, { body }) => body.includes('"id":"b"');
    const big = { text: 'x'.repeat(60_000) };
    const items = ['a', 'b', 'c'].map((id) => event({ id, data: big }));
    expect(await kinds(items)).toEqual(['accepted', 'unavailable', 'accepted']);
    expect(await Promise.all(['a', 'b', 'c'].map(isKnown))).toEqual([true, false, true]);
  });

  test('an event that could not be recorded is to be sent again', async () => {
    state.failWrite = (write) => write.kind === 'event' && write.event.id === 'a';
    expect(await kinds([event({ id: 'a' }), event({ id: 'b' })])).toEqual(['unavailable', 'accepted']);
  });
});

describe('alerts', () => {
  test('are sent once by a pair of Alertmanagers', async () => {
    expect(await kinds([alert('al_1')])).toEqual(['accepted']);
    state.now += 2_000;
    expect(await kinds([alert('al_1')])).toEqual(['duplicate']);
  });

  test('remind after the repeat interval, once for both Alertmanagers', async () => {
    await take([alert('al_1')]);
    state.now += 10 * MINUTE;
    expect((await take([alert('al_1')])).receipts).toEqual([{ kind: 'accepted', id: 'al_1-r1' }]);
    state.now += 2_000;
    expect((await take([alert('al_1')])).receipts).toEqual([{ kind: 'duplicate', id: 'al_1-r1' }]);
    expect(sent().at(-1)).toMatchObject({ id: 'al_1-r1', time: '2026-11-21T10:10:00.000Z' });
  });

  test('remind at once while a delivery of the latest event is dead', async () => {
    await take([alert('al_1')]);
    await markDead('al_1');
    expect((await take([alert('al_1')])).receipts).toEqual([{ kind: 'accepted', id: 'al_1-r1' }]);
    expect((await take([alert('al_1')])).receipts).toEqual([{ kind: 'duplicate', id: 'al_1-r1' }]);
    await markDead('al_1-r1');
    expect((await take([alert('al_1')])).receipts).toEqual([{ kind: 'accepted', id: 'al_1-r2' }]);
  });

  test('that end without having begun are ignored, and say so', async () => {
    expect(await kinds([alert('al_end', 'al_begin')])).toEqual(['neverFiring']);
    expect(state.steps).toEqual(['read 2']);
    await take([alert('al_begin')]);
    expect(await kinds([alert('al_end', 'al_begin')])).toEqual(['accepted']);
  });

  test('may begin and end in one post', async () => {
    expect(await kinds([alert('al_begin'), alert('al_end', 'al_begin')])).toEqual(['accepted', 'accepted']);
  });
});

test('topics that cannot be read refuse no event: it is as urgent as its severity says', async () => {
  const own = world();
  const failing = { ...own.deps, termsOf: () => Promise.reject(new Error('throttled')) };
  const items = [event(), event({ severity: 'critical' })];
  const { receipts } = await ingest({ tenant: own.state.tenant, items }, failing);
  expect(receipts.map(({ kind }) => kind)).toEqual(['accepted', 'accepted']);
  expect(own.sent().map(({ lane }) => lane)).toEqual(['normal', 'urgent']);
});
