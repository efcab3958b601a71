import { beforeEach, describe, expect, test } from 'vitest';
import type { Draft } from '../../lib/core/event-input.ts';
import type { EventRecord, RecordWrite, RequestRecord } from '../../lib/core/event-record.ts';
import { type EventPack, type OutgoingMessage, parseEventPack } from '../../lib/core/message.ts';
import { problem } from '../../lib/core/problem.ts';
import { type IngestDeps, type Item, type Post, ingest } from '../../lib/pipeline/ingest.ts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 10, 21, 10);

/** The ledger and the queues in memory, with a log of the order in which they were used. */
function world() {
  const state = {
    now: START,
    steps: [] as string[],
    events: new Map<string, EventRecord>(),
    requests: new Map<string, RequestRecord>(),
    packs: [] as { queue: string; pack: EventPack; groupId: string | undefined }[],
    failQueue: (_queue: string, _message: OutgoingMessage): boolean => false,
    failRead: false,
    failWrite: (_write: RecordWrite): boolean => false,
  };
  let made = 0;
  const deps: IngestDeps = {
    records: {
      read(_tenant, ids, key) {
        state.steps.push(`read ${ids.length}`);
        if (state.failRead) return Promise.reject(new Error('throttled'));
        const found = ids.flatMap((id) =>
          state.events.has(id) ? [[id, state.events.get(id) as EventRecord] as const] : [],
        );
        return Promise.resolve({
          events: new Map(found),
          request: key === undefined ? undefined : state.requests.get(key),
        });
      },
      write(_tenant, writes) {
        state.steps.push(`write ${writes.map(({ kind }) => kind).join(' ')}`);
        return Promise.resolve(writes.map((write) => !state.failWrite(write) && applied(write)));
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
    queues: { normal: 'events', urgent: 'urgent' },
    telemetry: { add: () => undefined, log: () => undefined },
    now: () => state.now,
    newId: () => `new-${made++}`,
  };

  function applied(write: RecordWrite): true {
    const ttl = write.at / 1000 + 86_400;
    if (write.kind === 'request') state.requests.set(write.key, { hash: write.hash, ttl });
    else if (write.kind === 'event') {
      const { event, hash, at, isAlert } = write;
      if (!state.events.has(event.id) || write.replaces !== undefined) {
        state.events.set(event.id, {
          hash,
          at,
          ttl,
          ...(isAlert && { repeat: 0, latestAt: at, latestId: event.id }),
        });
      }
    } else {
      const head = state.events.get(write.head) as EventRecord;
      if (head.repeat === write.repeat - 1) {
        state.events.set(write.head, {
          ...head,
          repeat: write.repeat,
          latestAt: write.at,
          latestId: write.latestId,
          ttl,
        });
      }
    }
    return true;
  }
  return { state, deps, sent: () => state.packs.flatMap(({ pack }) => pack.items) };
}

const event = (draft: Partial<Draft> = {}): Item => ({
  ok: true,
  draft: { topic: 'order.paid', data: { n: 1 }, ...draft },
});
const bad: Item = { ok: false, problem: problem('validation', 'no') };
const alert = (identity: string, firing?: string): Item => ({
  ok: true,
  draft: { topic: 'alert.firing', data: {}, severity: 'critical' },
  alert: { identity, firing },
});

let { state, deps, sent } = world();
beforeEach(() => ({ state, deps, sent } = world()));

const take = (items: readonly Item[], more: Partial<Post> = {}) =>
  ingest({ tenant: 'acme', items, ...more }, deps);
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
    expect((await take([event()])).receipts).toEqual([{ kind: 'accepted', id: 'new-0' }]);
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
    expect(state.packs).toMatchObject([{ groupId: 'acme', pack: { v: 1, kind: 'events', tenant: 'acme' } }]);
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
    await expect(take([event({ data: {} })], key)).rejects.toMatchObject({
      problem: { slug: 'idempotency-mismatch' },
    });
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
    expect(state.requests.size).toBe(0);
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
    expect([...state.events.keys()]).toEqual(['a', 'c']);
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
    state.events.set('al_1', { ...(state.events.get('al_1') as EventRecord), hasDead: true });
    expect((await take([alert('al_1')])).receipts).toEqual([{ kind: 'accepted', id: 'al_1-r1' }]);
    expect((await take([alert('al_1')])).receipts).toEqual([{ kind: 'duplicate', id: 'al_1-r1' }]);
    state.events.set('al_1-r1', { ...(state.events.get('al_1-r1') as EventRecord), hasDead: true });
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
