import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { compileTerms } from '../../lib/core/terms.ts';
import type { RecordWrite } from '../../lib/core/event-record.ts';
import type { EventPack, QueueRecord } from '../../lib/core/message.ts';
import { reportBacklog } from '../../lib/pipeline/fan-out/backlog.ts';
import { postWebhook } from '../../lib/pipeline/ingest/post-alerts.ts';
import { postEvents } from '../../lib/pipeline/ingest/post-events.ts';
import { createLimits } from '../../lib/stores/limits.ts';
import { NOW, type Store, openStore } from '../stores/engines.ts';

const MAX_AGE_MS = 900_000;

let store: Store;
beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());

let tenants = 0;
let tenant: string;
let taken: string[];
let ids = 0;
beforeEach(() => {
  store.clock.ms = NOW;
  store.sent.length = 0;
  tenant = `b${tenants++}`;
  taken = [];
});

const telemetry = { add: () => undefined, log: () => undefined };

/** A fan-out function of its own. */
function fanOut(limits = createLimits(store.limits, store)) {
  const deps = { limits, maxAgeMs: MAX_AGE_MS, telemetry, now: store.now };
  return (ageMs: number, { receives = 1, lane = 'normal', of = tenant } = {}) => {
    const sentAt = String(store.now() - ageMs);
    const attributes = { SentTimestamp: sentAt, ApproximateReceiveCount: String(receives) };
    const item = { id: 'e', topic: 'a', time: '', lane: lane as 'normal', data: {} };
    const message: EventPack = { v: 1, kind: 'events', tenant: of, pack: 'p', items: [item] };
    const record: QueueRecord = { messageId: 'm', receiptHandle: 'r', body: '', attributes };
    return reportBacklog([{ record, message }], deps);
  };
}

/** An ingest function of its own. */
function ingest(limits = createLimits(store.limits, store)) {
  const caller = { tenant, keyId: 'k', scopes: ['send'], cursorKey: '' } as const;
  const deps = {
    limits,
    authenticate: () => Promise.resolve(caller),
    hook: () => Promise.resolve(undefined),
    alerts: { read: () => Promise.resolve(new Map()) },
    readFanOuts: () => Promise.resolve([]),
    records: {
      read: () => Promise.resolve(new Map()),
      request: () => Promise.resolve(undefined),
      write: (_: string, writes: readonly RecordWrite[]) =>
        Promise.resolve(writes.map((write) => (write.kind === 'event' ? write.hash : ''))),
    },
    enqueue(queue: string, messages: readonly { readonly body: string }[]) {
      for (const { body } of messages) {
        taken.push(...(JSON.parse(body) as EventPack).items.map(({ topic }) => `${queue} ${topic}`));
      }
      return Promise.resolve({ failed: [] });
    },
    takeUrgent: () => Promise.resolve(true),
    termsOf: async () => compileTerms([{ id: 'codes', topics: ['login.*'], lane: 'urgent' }]),
    queues: { normal: 'normal', urgent: 'urgent' },
    telemetry,
    now: store.now,
    elapsed: store.now,
    newId: () => `id${ids++}`,
  };
  const requestOf = (body: unknown) => ({
    params: {},
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(body)),
    requestId: 'r',
  });
  return {
    events: (...events: object[]) =>
      postEvents(requestOf(events.map((more) => Object.assign({ topic: 'a', data: {} }, more))), deps),
    alert: () => postWebhook(requestOf({ alertname: 'DiskFull' }), deps),
  };
}

const closed = (seconds: number) => ({
  problem: { slug: 'unavailable', status: 503 },
  headers: { 'retry-after': String(seconds) },
});

describe('while normal events wait too long in their queue', () => {
  test('no more are let in, and the sender is told when to come again', async () => {
    await fanOut()(MAX_AGE_MS + 1);
    await expect(ingest().events({})).rejects.toMatchObject(closed(30));
    store.clock.ms += 25_000;
    await expect(ingest().events({})).rejects.toMatchObject(closed(5));
    expect(taken).toEqual([]);
  });

  test('urgent events and alerts are', async () => {
    await fanOut()(MAX_AGE_MS + 1);
    const { events, alert } = ingest();
    expect((await events({ lane: 'urgent' })).status).toBe(202);
    expect((await events({ severity: 'critical', topic: 'b' })).status).toBe(202);
    expect((await alert()).status).toBe(202);
    expect(taken).toEqual(['urgent a', 'urgent b', expect.stringMatching(/^\w+ alert/)]);
  });

  test('what its topic makes urgent is', async () => {
    await fanOut()(MAX_AGE_MS + 1);
    const { events } = ingest();
    expect((await events({ topic: 'login.code' })).status).toBe(202);
    await expect(events({ topic: 'login.code', lane: 'normal' })).rejects.toMatchObject({
      problem: { slug: 'unavailable' },
    });
    expect(taken).toEqual(['urgent login.code']);
  });

  test('an array is taken as far as it is urgent', async () => {
    await fanOut()(MAX_AGE_MS + 1);
    const { status, body } = await ingest().events({}, { lane: 'urgent' });
    expect([status, body]).toMatchObject([207, { results: [{ status: 503 }, { status: 202 }] }]);
    expect(taken).toEqual(['urgent a']);
  });

  test('other tenants do not notice', async () => {
    await fanOut()(MAX_AGE_MS + 1, { of: 'somebody' });
    expect((await ingest().events({})).status).toBe(202);
  });
});

test('the door opens again when nothing old was seen for 30 seconds', async () => {
  const worker = fanOut();
  await worker(MAX_AGE_MS + 1);
  const door = ingest();
  await expect(door.events({})).rejects.toMatchObject(closed(30));
  store.clock.ms += 15_000;
  await worker(MAX_AGE_MS + 1);
  store.clock.ms += 29_999;
  await expect(door.events({})).rejects.toMatchObject(closed(1));
  store.clock.ms += 1;
  expect((await door.events({})).status).toBe(202);
});

test.each([
  ['as old as is allowed', MAX_AGE_MS, {}],
  ['old because it failed before', MAX_AGE_MS * 2, { receives: 2 }],
  ['urgent', MAX_AGE_MS * 2, { lane: 'urgent' }],
])('an event that is %s closes nothing, and costs no write', async (_, ageMs, more) => {
  await fanOut()(ageMs, more);
  expect(store.sent).toEqual([]);
  expect((await ingest().events({})).status).toBe(202);
});

test('a function writes once in ten seconds, and reads once in ten seconds', async () => {
  const [worker, door] = [fanOut(), ingest()];
  for (let second = 0; second < 30; second++) {
    await worker(MAX_AGE_MS + 1);
    await door.events({}).catch(() => undefined);
    store.clock.ms += 1_000;
  }
  const count = (name: string) => store.sent.filter((command) => command === name).length;
  expect([count('UpdateItemCommand'), count('BatchGetItemCommand')]).toEqual([3, 3]);
});

test('a table that cannot be reached stops neither side', async () => {
  const nowhere = createLimits({ ...store.limits, name: 'nowhere' }, store);
  await fanOut(nowhere)(MAX_AGE_MS + 1);
  expect((await ingest(nowhere).events({})).status).toBe(202);
});
