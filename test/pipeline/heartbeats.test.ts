import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { AlertState } from '../../lib/core/alert-state.ts';
import type { Topic } from '../../lib/core/catalog.ts';
import type { DueEntry } from '../../lib/core/due-entry.ts';
import type { Event } from '../../lib/core/event.ts';
import type { Heartbeat } from '../../lib/core/heartbeat.ts';
import { keys } from '../../lib/core/keys.ts';
import type { EventPack } from '../../lib/core/message.ts';
import { watchHeartbeats } from '../../lib/pipeline/heartbeats.ts';
import { createAlerts, setAlert } from '../../lib/stores/alerts.ts';
import { createFanOuts } from '../../lib/stores/fan-outs.ts';
import { createHeartbeats } from '../../lib/stores/heartbeats.ts';
import { createPulses } from '../../lib/stores/pulses.ts';
import { getItems } from '../../lib/stores/table.ts';
import { NOW, type Store, openStore } from '../stores/engines.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let store: Store;
let tenant = '';
let tenants = 0;
let packs: EventPack[];
let queues: string[];
/** The settings, as the catalog has them. */
let settings: Map<string, Heartbeat>;
let isOut: boolean;
let lines: string[];
let topics: readonly Topic[];
beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());
beforeEach(() => {
  store.clock.ms = NOW;
  tenant = `b${tenants++}`;
  packs = [];
  queues = [];
  settings = new Map();
  lines = [];
  isOut = false;
  topics = [];
});

const pulses = () => ({ ...createHeartbeats(store.ledger, store), ...createPulses(store.ledger, store) });
const beat = () => pulses().beat(tenant, 'backup');
const events = (): Event[] => packs.flatMap(({ items }) => items);
const told = () => events().map(({ topic }) => topic);

async function make(id: string, more: Partial<Heartbeat> = {}): Promise<void> {
  await pulses().arm(tenant, id, !settings.has(id));
  settings.set(id, { id, everyMs: 10 * MINUTE, graceMs: 0, ...more });
}

async function remove(id: string): Promise<void> {
  await pulses().arm(tenant, id, false);
  settings.delete(id);
}

function deps() {
  return {
    pulses: pulses(),
    findHeartbeat: async (_: string, id: string) => settings.get(id),
    catalog: async () => ({ topics }),
    readFanOuts: createFanOuts(store.ledger, store).read,
    setAlert: (of: string, known: AlertState) => setAlert(store.ledger, of, known),
    async enqueue(queue: string, messages: readonly { readonly body: string }[]) {
      if (isOut) throw new Error('the queue is away');
      packs.push(...messages.map(({ body }) => JSON.parse(body) as EventPack));
      queues.push(...messages.map(() => queue));
      return { failed: [] };
    },
    eventQueues: { normal: 'normal', urgent: 'urgent' },
    telemetry: { add: () => undefined, log: (_: string, line: string) => void lines.push(line) },
    now: store.now,
  };
}

/** The timers of every minute until then; whether all of them came to an end. */
async function until(ms: number, stepMs = MINUTE): Promise<boolean> {
  let isDone = true;
  for (; store.clock.ms < ms; store.clock.ms = Math.min(ms, store.clock.ms + stepMs))
    isDone &&= await sweep();
  return (await sweep()) && isDone;
}

const sweep = async (): Promise<boolean> => watchHeartbeats(await due(), deps());

/** What the due index lists by now. */
async function due(): Promise<DueEntry[]> {
  const items = await getItems(
    store.ledger,
    ['backup', 'other'].map((id) => keys.heartbeat(tenant, id)),
  );
  return [...items.values()].flatMap(({ dueAt }) =>
    typeof dueAt === 'string' && Number.parseInt(dueAt, 10) <= store.clock.ms
      ? [{ tenant, id: dueAt.split('#')[2]!, dueAt }]
      : [],
  );
}

test('one that beats in time is never told of', async () => {
  await make('backup');
  for (let minute = 5; minute <= 120; minute += 5) {
    await until(NOW + minute * MINUTE);
    expect(await beat()).toBe('beaten');
  }
  expect(told()).toEqual([]);
});

test('one that never beats is told of, once', async () => {
  await make('backup', { labels: { team: 'data' } });
  await until(NOW + 9 * MINUTE);
  expect(told()).toEqual([]);
  await until(NOW + 12 * HOUR, 5 * MINUTE);
  expect(events()).toMatchObject([
    {
      topic: 'alert.firing',
      source: 'heartbeat',
      severity: 'error',
      time: new Date(NOW + 10 * MINUTE).toISOString(),
      data: { labels: { heartbeat: 'backup', team: 'data' } },
    },
  ]);
  // It counts as firing for as long as it is late.
  const [state] = await createAlerts(store.ledger).list(tenant);
  expect(state).toMatchObject({ alert: { status: 'firing', startsAtMs: NOW + 10 * MINUTE } });
  expect(state!.untilMs).toBeGreaterThan(store.clock.ms);
});

test('the first beat after a stop ends it, within a minute, and the next stop is told again', async () => {
  await make('backup');
  await until(NOW + 15 * MINUTE);
  await beat();
  store.clock.ms += 1_000;
  await beat();
  await until(NOW + 16 * MINUTE);
  expect(events().at(-1)).toMatchObject({
    topic: 'alert.resolved',
    data: { endsAt: new Date(NOW + 15 * MINUTE).toISOString() },
  });
  await until(NOW + 30 * MINUTE);
  expect(told()).toEqual(['alert.firing', 'alert.resolved', 'alert.firing']);
  expect(new Set(events().map(({ dedupeKey }) => dedupeKey)).size).toBe(1);
});

test('one that is critical travels in the urgent lane', async () => {
  await make('backup', { severity: 'critical' });
  await until(NOW + 11 * MINUTE);
  expect(queues).toEqual(['urgent']);
  topics = [{ id: 'alerts', topics: ['alert.*'], lane: 'urgent' }];
  await make('other', { everyMs: MINUTE });
  await until(NOW + 14 * MINUTE);
  expect(queues).toEqual(['urgent', 'urgent']);
});

test('a stop that a silence kept from everybody is told once that is over', async () => {
  await make('backup');
  await until(NOW + 10 * MINUTE);
  const [event] = events();
  await createFanOuts(store.ledger, store).record(
    [
      {
        tenant,
        topic: event!.topic,
        hour: event!.time.slice(0, 13),
        pack: packs[0]!.pack,
        destinations: new Map([[event!.id, []]]),
        suppressed: new Map([[event!.id, [{ destinations: ['ops'], by: ['silenced:works'] }]]]),
      },
    ],
    () => 2e9,
  );
  await until(NOW + 20 * MINUTE);
  expect(told()).toEqual(['alert.firing', 'alert.firing']);
});

test('one that is removed while it is late is resolved, and then it is not there', async () => {
  await make('backup', { labels: { team: 'data' } });
  await until(NOW + 11 * MINUTE);
  await remove('backup');
  await until(NOW + 13 * MINUTE);
  expect(events().at(-1)).toMatchObject({ topic: 'alert.resolved', data: { labels: { team: 'data' } } });
  expect(await beat()).toBe('missing');
  await until(NOW + 2 * HOUR);
  expect(told()).toHaveLength(2);
});

test('one that is removed while it beats is gone without a word', async () => {
  await make('backup');
  await remove('backup');
  await until(NOW + 2 * HOUR);
  expect([told(), await beat()]).toEqual([[], 'missing']);
});

test('new settings hold from then on: shorter ones, longer ones, and those of one that is late', async () => {
  await make('backup');
  await make('backup', { everyMs: 2 * MINUTE });
  await until(NOW + 3 * MINUTE);
  expect(told()).toEqual(['alert.firing']);
  await make('backup', { everyMs: HOUR });
  await until(NOW + 5 * MINUTE);
  expect(told()).toEqual(['alert.firing', 'alert.resolved']);
  await until(NOW + 59 * MINUTE);
  expect(told()).toHaveLength(2);
  await until(NOW + 61 * MINUTE);
  expect(told().at(-1)).toBe('alert.firing');
});

test('after timers that stood still it may beat first; what was received meanwhile counts', async () => {
  await make('backup');
  await make('other');
  await until(NOW + MINUTE);
  store.clock.ms = NOW + 55 * MINUTE;
  await beat();
  store.clock.ms = NOW + HOUR;
  expect(told()).toEqual([]);
  await until(NOW + 64 * MINUTE);
  expect(told()).toEqual([]);
  await until(NOW + 71 * MINUTE);
  expect(events().map(({ data }) => data['labels'])).toMatchObject([
    { heartbeat: 'backup' },
    { heartbeat: 'other' },
  ]);
});

test('what finds no queue comes again in a minute, and holds up nobody', async () => {
  await make('backup');
  isOut = true;
  expect(await until(NOW + 11 * MINUTE)).toBe(true);
  expect(await createAlerts(store.ledger).list(tenant)).toEqual([]);
  isOut = false;
  await until(NOW + 13 * MINUTE);
  expect(told()).toEqual(['alert.firing']);
});

test('one that cannot even be put off is left to the next run', async () => {
  await make('backup');
  store.clock.ms = NOW + 10 * MINUTE;
  const broken = {
    ...deps(),
    pulses: {
      ...pulses(),
      note: async () => ({ kind: 'unknown', code: 'x' }) as const,
      postpone: async () => ({ kind: 'unknown', code: 'x' }) as const,
    },
  };
  expect(await watchHeartbeats(await due(), broken)).toBe(false);
});
