import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_TERMS } from '../../lib/core/terms.ts';
import type { RecordWrite } from '../../lib/core/event-record.ts';
import type { Event } from '../../lib/core/event.ts';
import type { EventPack } from '../../lib/core/message.ts';
import { ProblemError } from '../../lib/core/problem.ts';
import { postApiAlerts, postHook } from '../../lib/pipeline/ingest/post-alerts.ts';
import { createAlerts } from '../../lib/stores/alerts.ts';
import { createFanOuts } from '../../lib/stores/fan-outs.ts';
import { createEvents } from '../../lib/stores/events.ts';
import { NOW, type Store, openStore } from '../stores/engines.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let store: Store;
let tenant = '';
let tenants = 0;
let ids = 0;
let queued: Event[];
let lastPack: string;
/** What the next calls come to. */
let fails: { queue: boolean; write: (write: RecordWrite) => boolean };
beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());
beforeEach(() => {
  store.clock.ms = NOW;
  tenant = `a${tenants++}`;
  queued = [];
  fails = { queue: false, write: () => false };
});

function deps() {
  const events = createEvents(store.ledger);
  return {
    authenticate: async () => ({ tenant, keyId: 'k', scopes: ['send'], cursorKey: '' }) as const,
    hook: async () => undefined,
    alerts: createAlerts(store.ledger),
    readFanOuts: createFanOuts(store.ledger, store).read,
    records: {
      ...events,
      async write(of: string, writes: readonly RecordWrite[]) {
        const good = writes.filter((write) => !fails.write(write));
        const kept = await events.write(of, good);
        return writes.map((write) => kept[good.indexOf(write)]);
      },
    },
    async enqueue(_: string, messages: readonly { readonly body: string }[]) {
      if (fails.queue) throw new Error('the queue is away');
      const packs = messages.map(({ body }) => JSON.parse(body) as EventPack);
      queued.push(...packs.flatMap(({ items }) => items));
      lastPack = packs.at(-1)!.pack;
      return { failed: [] };
    },
    takeUrgent: async () => true,
    termsOf: async () => DEFAULT_TERMS,
    queues: { normal: 'normal', urgent: 'urgent' },
    telemetry: { add: () => undefined, log: () => undefined },
    now: store.now,
    elapsed: store.now,
    newId: () => `${tenant}-${ids++}`,
  };
}

const iso = (ms: number) => new Date(ms).toISOString();
const request = (body: unknown, source = '') => ({
  params: { source },
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(JSON.stringify(body)),
  requestId: 'r',
});
async function statusOf(post: Promise<{ readonly status: number }>): Promise<number> {
  try {
    return (await post).status;
  } catch (error) {
    if (error instanceof ProblemError) return error.problem.status;
    throw error;
  }
}

/** As Prometheus posts it now: it began an hour ago, and fires for four minutes more, or has ended. */
const post = (more: object = {}, labels: object = {}) =>
  statusOf(
    postApiAlerts(
      request([
        {
          labels: { alertname: 'DiskFull', instance: 'db-1', ...labels },
          annotations: { summary: 'full' },
          startsAt: iso(NOW - HOUR),
          endsAt: iso(store.clock.ms + 4 * MINUTE),
          ...more,
        },
      ]),
      deps(),
    ),
  );
const end = (atMs: number, more: object = {}) => post({ endsAt: iso(atMs), ...more });
/** As the webhook of an Alertmanager tells it. */
const hook = (status: 'firing' | 'resolved', startMs: number, endMs?: number) => {
  const alert = {
    status,
    labels: { alertname: 'DiskFull' },
    startsAt: iso(startMs),
    ...(endMs !== undefined && { endsAt: iso(endMs) }),
    fingerprint: 'abc',
  };
  const body = { version: '4', status, groupKey: 'g', receiver: 'x', alerts: [alert] };
  return statusOf(postHook(request(body, 'alertmanager'), deps()));
};

const states = () => createAlerts(store.ledger).list(tenant);
const told = () => queued.map(({ topic }) => topic);
const writesOf = async (run: () => Promise<unknown>) => {
  store.sent.length = 0;
  await run();
  return store.sent.filter((name) => name === 'BatchExecuteStatementCommand').length;
};

describe('what is known of an alert', () => {
  test('costs a write when it begins, one when it ends, and few while it fires', async () => {
    expect(await writesOf(() => post())).toBe(2);
    expect(await states()).toMatchObject([
      { alert: { status: 'firing', startsAtMs: NOW - HOUR }, untilMs: NOW + 4 * MINUTE, at: NOW },
    ]);
    const counts: number[] = [];
    for (let minute = 1; minute <= 6; minute++) {
      store.clock.ms = NOW + minute * MINUTE;
      counts.push(await writesOf(() => post()));
    }
    // It would lapse within two minutes: then its end is moved.
    expect(counts).toEqual([0, 0, 1, 0, 0, 1]);
    expect(told()).toEqual(['alert.firing']);
    const endMs = store.clock.ms;
    expect(await writesOf(() => end(endMs))).toBe(2);
    expect(await writesOf(() => end(endMs))).toBe(0);
    expect(await states()).toMatchObject([{ alert: { status: 'resolved' }, untilMs: endMs }]);
    expect(told()).toEqual(['alert.firing', 'alert.resolved']);
  });

  test('of an alert that fires on is told again after four hours', async () => {
    for (let minutes = 0; minutes <= 240; minutes += 60) {
      store.clock.ms = NOW + minutes * MINUTE;
      await post();
    }
    expect(told()).toEqual(['alert.firing', 'alert.firing']);
  });

  test('of one that was kept from everybody goes out again every five minutes, until somebody hears it', async () => {
    const fanOuts = createFanOuts(store.ledger, store);
    const decide = (kept: boolean, by = 'silenced:x') => {
      const event = queued.at(-1)!;
      const common = { tenant, topic: event.topic, hour: event.time.slice(0, 13), pack: lastPack };
      const destinations = new Map([[event.id, kept ? [] : ['ops']]]);
      const suppressed = new Map([[event.id, [{ destinations: ['dev'], by: [by] }]]]);
      return fanOuts.record([{ ...common, destinations, suppressed }], () => 2e9);
    };
    const minutes = async (from: number, to: number) => {
      const before = queued.length;
      for (let minute = from; minute <= to; minute++) {
        store.clock.ms = NOW + minute * MINUTE;
        await post();
      }
      return queued.length - before;
    };
    await post();
    await decide(true);
    expect(await minutes(1, 4)).toBe(0);
    expect(await minutes(5, 5)).toBe(1);
    await decide(true, 'inhibited:x');
    expect(await minutes(6, 9)).toBe(0);
    expect(await minutes(10, 10)).toBe(1);
    // Now the reason is gone for some.
    await decide(false);
    expect(await minutes(11, 30)).toBe(0);
    // Of what is kept back for good nothing is expected.
    store.clock.ms = NOW + 5 * HOUR;
    await post();
    await decide(true, 'unsubscribed:x');
    expect(await minutes(301, 310)).toBe(0);
  });

  test('is one thing for two servers that see it at times of their own', async () => {
    await post();
    await post({ startsAt: iso(NOW - HOUR + 7_000) });
    store.clock.ms += MINUTE;
    await end(NOW + 30_000);
    await end(NOW + 37_000, { startsAt: iso(NOW - HOUR + 7_000) });
    expect(told()).toEqual(['alert.firing', 'alert.resolved']);
    // It begins anew after its end.
    store.clock.ms += MINUTE;
    await post({ startsAt: iso(store.clock.ms) });
    expect(told().at(-1)).toBe('alert.firing');
    expect(await states()).toMatchObject([{ alert: { status: 'firing', startsAtMs: store.clock.ms } }]);
  });

  test('an end that nobody heard the beginning of is not told, and not kept', async () => {
    await end(NOW - MINUTE);
    expect([told(), await states()]).toEqual([[], []]);
  });

  test('keeps within a kilobyte or two however much explains the alert', async () => {
    await post({ annotations: { summary: 'full', long: 'x'.repeat(3_000) } });
    expect((await states())[0]!.alert.annotations).toEqual({ summary: 'full' });
  });

  test('the webhook of an Alertmanager writes it too, and a late word changes nothing', async () => {
    await hook('firing', NOW - HOUR);
    expect(await states()).toMatchObject([{ untilMs: NOW + 24 * HOUR }]);
    await hook('resolved', NOW - HOUR, NOW);
    await hook('firing', NOW - HOUR);
    expect(await states()).toMatchObject([{ alert: { status: 'resolved' } }]);
  });
});

describe('what is known of an alert survives', () => {
  test('a queue that is away: nobody knows of what is not in it', async () => {
    fails.queue = true;
    expect(await post()).toBe(503);
    expect(await states()).toEqual([]);
  });

  test.each<[string, () => Promise<number>]>([
    ['its beginning', () => post()],
    ['its beginning, of an Alertmanager', () => hook('firing', NOW - HOUR)],
  ])('a lost write of %s: the next repeat writes it, and tells nobody twice', async (_, run) => {
    fails.write = ({ kind }) => kind === 'alert';
    expect(await run()).toBe(503);
    expect(await states()).toEqual([]);
    fails.write = () => false;
    await run();
    expect(await states()).toMatchObject([{ alert: { status: 'firing' } }]);
    expect(told()).toEqual(['alert.firing']);
  });

  test('a lost write of its end', async () => {
    await post();
    fails.write = ({ kind }) => kind === 'alert';
    store.clock.ms += MINUTE;
    expect(await end(NOW + 1_000)).toBe(503);
    expect(await states()).toMatchObject([{ alert: { status: 'firing' } }]);
    fails.write = () => false;
    expect(await end(NOW + 1_000)).toBe(200);
    expect(await states()).toMatchObject([{ alert: { status: 'resolved' } }]);
    expect(told()).toEqual(['alert.firing', 'alert.resolved']);
  });

  test('an end that comes while somebody else says that it fires', async () => {
    await post();
    const stale = await createAlerts(store.ledger).read(tenant, [(await states())[0]!.alert.fingerprint]);
    const late = { ...deps(), alerts: { read: async () => stale } };
    store.clock.ms += 3 * MINUTE;
    await post();
    const body = [
      {
        labels: { alertname: 'DiskFull', instance: 'db-1' },
        startsAt: iso(NOW - HOUR),
        endsAt: iso(store.clock.ms),
      },
    ];
    expect(await statusOf(postApiAlerts(request(body), late))).toBe(503);
    expect(await statusOf(postApiAlerts(request(body), deps()))).toBe(200);
    expect(await states()).toMatchObject([{ alert: { status: 'resolved' } }]);
  });

  test('a post that tells of its beginning and its end at once', async () => {
    const common = { labels: { alertname: 'Blip' }, startsAt: iso(NOW - HOUR) };
    const body = [
      { ...common, endsAt: iso(NOW + HOUR) },
      { ...common, endsAt: iso(NOW - 1) },
    ];
    expect(await statusOf(postApiAlerts(request(body), deps()))).toBe(200);
    expect(told()).toEqual(['alert.firing', 'alert.resolved']);
    expect(await states()).toMatchObject([{ alert: { status: 'resolved' } }]);
  });
});
