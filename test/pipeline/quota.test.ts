import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_TERMS } from '../../lib/core/terms.ts';
import type { Caller } from '../../lib/core/caller.ts';
import type { RecordWrite } from '../../lib/core/event-record.ts';
import type { EventPack } from '../../lib/core/message.ts';
import { postWebhook } from '../../lib/pipeline/ingest/post-alerts.ts';
import { postEvents } from '../../lib/pipeline/ingest/post-events.ts';
import { createLimits } from '../../lib/stores/limits.ts';
import { NOW, type Store, openStore } from '../stores/engines.ts';

let store: Store;
beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());

let tenants = 0;
let caller: Caller;
let lines: string[];
let taken: number;
let ids = 0;

beforeEach(() => {
  store.clock.ms = NOW;
  store.sent.length = 0;
  lines = [];
  taken = 0;
});

/** A key of a new tenant. */
function useKey(eventsPerSecond?: number): void {
  const key = { tenant: `t${tenants++}`, keyId: 'k', scopes: ['send'], cursorKey: '' } as const;
  caller = { ...key, ...(eventsPerSecond !== undefined && { eventsPerSecond }) };
}

/** A function of its own: it remembers nothing that another one saw. */
const worker = (limits = store.limits) => ({
  // The look at the backlog has tests of its own.
  limits: { ...createLimits(limits, store), peek: () => Promise.resolve() },
  takeUrgent: () => Promise.resolve(true),
  termsOf: async () => DEFAULT_TERMS,
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
  enqueue(_: string, messages: readonly { readonly body: string }[]) {
    for (const { body } of messages) taken += (JSON.parse(body) as EventPack).items.length;
    return Promise.resolve({ failed: [] });
  },
  queues: { normal: 'events', urgent: 'urgent' },
  telemetry: {
    add: () => undefined,
    log: (level: string, text: string) => void lines.push(`${level} ${text}`),
  },
  now: store.now,
  elapsed: store.now,
  newId: () => `id${ids++}`,
});

const requestOf = (body: unknown) => ({
  params: {},
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(JSON.stringify(body)),
  requestId: 'r',
});
const post = (count: number, deps = worker()) =>
  postEvents(requestOf(Array.from({ length: count }, () => ({ topic: 'a', data: {} }))), deps);
const refused = { problem: { slug: 'rate-limited' } };

/** Headers of the refusal, as numbers. */
async function refusal(count: number, deps = worker()): Promise<Record<string, number>> {
  const thrown = await post(count, deps).then(
    () => ({ headers: {} }),
    (error: { headers: Record<string, string> }) => error,
  );
  return Object.fromEntries(Object.entries(thrown.headers).map(([name, value]) => [name, Number(value)]));
}

describe('a key with a quota', () => {
  test('is let in at its rate, and told when to come again above it', async () => {
    useKey(100);
    await post(100);
    expect(await refusal(100)).toEqual({
      'ratelimit-limit': 100,
      'ratelimit-remaining': 11,
      'ratelimit-reset': 2,
      'retry-after': 1,
    });
    store.clock.ms += 1_000;
    await post(100);
    expect(taken).toBe(200);
  });

  test.each([
    ['half its rate', 5, 0],
    ['its rate', 10, 0],
    ['three times its rate', 30, 1],
  ])('over ten seconds at %s', async (_, perPost, refusals) => {
    useKey(100);
    const crew = Array.from({ length: 5 }, () => worker());
    let lost = 0;
    for (let at = 0; at < 10_000; at += 100) {
      store.clock.ms = NOW + at;
      await post(perPost, crew[(at / 100) % crew.length]).catch(() => lost++);
    }
    expect(Math.min(lost, 1)).toBe(refusals);
    expect(taken).toBeLessThanOrEqual(1_111);
    expect(taken).toBeGreaterThan(refusals ? 1_000 : perPost * 99);
  });

  test('may post more than a second’s worth when it has been idle, and waits for the debt', async () => {
    useKey(10);
    await post(500);
    const { 'retry-after': after = 0 } = await refusal(1);
    expect(after).toBe(49);
    store.clock.ms += after * 1_000;
    await post(1);
    const { 'retry-after': idle = 0 } = await refusal(500);
    store.clock.ms += idle * 1_000;
    await post(500);
    expect(taken).toBe(1_001);
  });

  test('is refused as a whole, and what is refused costs nothing', async () => {
    useKey(10);
    await post(8);
    await expect(post(6)).rejects.toMatchObject(refused);
    await post(4);
    await expect(post(1)).rejects.toMatchObject(refused);
    expect(taken).toBe(12);
  });

  test('costs one write a post, and none when it is known to be used up', async () => {
    useKey(10);
    const deps = worker();
    await post(5, deps);
    await post(7, deps);
    expect(store.sent).toEqual(['UpdateItemCommand', 'UpdateItemCommand']);
    await expect(post(1, deps)).rejects.toMatchObject(refused);
    expect(store.sent).toHaveLength(2);
  });

  test('shares it with all workers, however many begin at once', async () => {
    useKey(40);
    const posts = await Promise.allSettled(Array.from({ length: 60 }, () => post(1)));
    const accepted = posts.filter(({ status }) => status === 'fulfilled').length;
    expect(accepted).toBe(taken);
    expect(accepted).toBeGreaterThan(40);
    expect(accepted).toBeLessThanOrEqual(45);
  });

  test('loses nothing of it to a post that cannot be read', async () => {
    useKey(1);
    const malformed = { ...requestOf({}), body: Buffer.from('{') };
    await expect(postEvents(malformed, worker())).rejects.toMatchObject({
      problem: { slug: 'malformed-json' },
    });
    expect(store.sent).toEqual([]);
  });

  test('is let in when nobody can look at the quota', async () => {
    useKey(1);
    await post(5, worker({ ...store.limits, name: 'nowhere' }));
    expect(taken).toBe(5);
    expect(lines).toContain('warn quota cannot be looked at');
  });

  test('may post any number of alerts', async () => {
    useKey(1);
    await post(500);
    const answer = await postWebhook(requestOf({ alertname: 'DiskFull' }), worker());
    expect(answer.status).toBe(202);
  });
});

test('a key without a quota costs no call', async () => {
  useKey();
  await post(500);
  await post(500);
  expect(store.sent).toEqual([]);
  expect(taken).toBe(1_000);
});
