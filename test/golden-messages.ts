import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Catalog, EMPTY_CATALOG, type Route } from '../lib/core/catalog.ts';
import type { Event } from '../lib/core/event.ts';
import {
  type DeliveryPack,
  type EventPack,
  MESSAGE_VERSION,
  type OutgoingMessage,
  type QueueRecord,
} from '../lib/core/message.ts';
import type { Telemetry } from '../lib/core/metrics.ts';
import { retentionOf } from '../lib/core/retention.ts';
import { putBack } from '../lib/pipeline/deliver/put-back.ts';
import { gather } from '../lib/pipeline/deliver/work.ts';
import { fanOut } from '../lib/pipeline/fan-out.ts';
import { runTimers } from '../lib/pipeline/timers.ts';

/*
 * Every kind of message that this release writes, made by its own writers: `node test/golden-messages.ts` puts
 * them into test/fixtures/messages/v<version>/. Run it once when a version is released; files of a version that
 * is out never change, because messages of that kind may lie in queues. The formatter lays them out for reading.
 */

const NOW = Date.UTC(2026, 10, 21, 10);
const TIME = '2026-11-21T09:59:30.000Z';

const EVENTS: readonly Event[] = [
  {
    id: 'order-1',
    topic: 'orders.paid',
    time: TIME,
    lane: 'normal',
    source: 'shop/eu',
    subject: 'order 1',
    severity: 'info',
    retentionDays: 90,
    data: { title: 'Order 1 is paid', amount: 12.5, lines: [{ sku: 'a', n: 2 }], note: 'Grüße 🎉' },
  },
  {
    id: 'ce-2',
    topic: 'com_example_order',
    ceType: 'com.example/order',
    time: TIME,
    lane: 'normal',
    dedupeKey: 'order 2',
    truncated: true,
    data: {},
  },
  {
    id: 'alert-3',
    topic: 'alert.firing',
    time: TIME,
    lane: 'urgent',
    severity: 'critical',
    data: { status: 'firing', alertname: 'DiskFull', labels: { host: 'db1' } },
  },
  { id: 'test-4', topic: 'fanfare.test', time: TIME, lane: 'normal', to: ['hook'], data: { text: 'Hello' } },
];

const ROUTE: Route = { id: 'all', order: 1, destinations: ['chat', 'hook'] };

const telemetry: Telemetry = { add: () => undefined, log: () => undefined };
const queues = { http: 'http', urgent: 'urgent' };

function catalogWith(destinations: readonly string[]): Catalog {
  const entries = destinations.map((id) => {
    const channel = id === 'hook' ? 'webhook' : 'chat';
    return [id, { id, channel, settings: {}, enabled: true }] as const;
  });
  return { ...EMPTY_CATALOG, destinations: new Map(entries), routes: [{ ...ROUTE, destinations }] };
}

function eventPack(items: readonly Event[]): EventPack {
  return { v: 1, kind: 'events', tenant: 'acme', pack: 'pack-1', items };
}

function toRecord(message: unknown): QueueRecord {
  return { messageId: 'm1', receiptHandle: 'r1', body: JSON.stringify(message) };
}

/** What the fan-out makes of a pack of events. */
export async function fannedOut(
  body: string,
  catalog: Catalog = catalogWith(['chat', 'hook']),
): Promise<string[]> {
  const { sent, enqueue } = outbox();
  await fanOut([{ messageId: 'm1', receiptHandle: 'r1', body }], {
    catalog: async () => catalog,
    recipients: async () => new Map(),
    inbox: { put: async () => [], end: async () => [] },
    firing: async () => [],
    watches: { kept: async () => true },
    record: async (planned) => planned,
    open: async (planned) => planned,
    hold: async () => new Set(),
    events: { read: async () => new Map(), write: async (_, writes) => writes.map(() => 'hash') },
    tallies: { read: async () => [], write: async () => [] },
    schedule: { take: async (refs) => refs.map(() => 'taken' as const), cancel: async () => 'over' },
    escalations: {
      read: async () => new Map(),
      move: async () => [],
      note: async () => undefined,
      exhaust: async () => [],
    },
    failovers: { open: async () => [] },
    standIns: { note: async () => [] },
    bodies: async () => new Map(),
    limits: { recall: () => ({}), push: async () => undefined },
    maxAgeMs: Infinity,
    enqueue,
    queues,
    ownQueue: 'events',
    payloadOf: (channel) => (channel === 'webhook' ? 'event' : 'text'),
    poison: async () => undefined,
    telemetry,
    now: () => NOW,
    wait: () => Promise.resolve(),
  });
  return sent;
}

function outbox() {
  const sent: string[] = [];
  const enqueue = async (_: string, messages: readonly OutgoingMessage[]) => {
    sent.push(...messages.map(({ body }) => body));
    return { failed: [] };
  };
  return { sent, enqueue };
}

/** What the deliver step puts back of a pack. */
async function returned(body: string, how: Partial<Parameters<typeof putBack>[0][number]>): Promise<string> {
  const message: DeliveryPack = JSON.parse(body);
  const { works } = gather([{ record: toRecord(message), message }]);
  const { sent, enqueue } = outbox();
  await putBack([{ work: works[0]!, n: 1, delaySeconds: 10, ...how }], {
    enqueue,
    ownQueue: 'own',
    now: () => NOW,
  });
  return sent[0]!;
}

/** What the timers send for a delivery that was due. */
async function due(body: string): Promise<string> {
  const { tenant, destination, items }: DeliveryPack = JSON.parse(body);
  const { notification, since, retentionDays } = items[0]!;
  const ref = { tenant, event: notification.id, destination };
  const one = {
    ref,
    dueAt: '',
    attempt: 4,
    channel: 'chat',
    since,
    content: notification,
    ...retentionOf({ retentionDays }),
  };
  const { sent, enqueue } = outbox();
  await runTimers({
    due: {
      minutes: async () => [1],
      // oxlint-disable-next-line typescript/require-await -- a generator by contract
      entries: async function* () {
        yield [{ tenant, id: `${ref.event}:${destination}`, dueAt: '' }];
      },
      waiting: async () => [one],
      postpone: async () => [{ kind: 'written' }],
      swept: async () => undefined,
    },
    bury: async () => [],
    markDead: async () => [],
    logAttempts: async () => [],
    ttl: () => 2e9,
    enqueue,
    queues,
    telemetry,
    remainingMs: () => 60_000,
  });
  return sent[0]!;
}

/** Every kind of message, by the name of its file. */
export async function goldenMessages(): Promise<Readonly<Record<string, string>>> {
  const events = JSON.stringify(eventPack(EVENTS));
  const many = Array.from({ length: 100 }, (_, n) => `d${n}`);
  const crowd = Array.from({ length: 21 }, (_, n) => ({ ...EVENTS[0]!, id: `many-${n}`, data: {} }));
  const rest = (await fannedOut(JSON.stringify(eventPack(crowd)), catalogWith(many))).at(-1)!;
  const packs = await fannedOut(events);
  const [normal = ''] = packs;
  return {
    events,
    'events-hashes': JSON.stringify({ ...eventPack(EVENTS.slice(0, 1)), hashes: { 'order-1': 'hash' } }),
    'events-rest': rest,
    ...Object.fromEntries(packs.map((body, index) => [`deliveries-${index + 1}`, body])),
    retry: await returned(normal, { n: 2 }),
    alone: await returned(normal, { alone: true, delaySeconds: 0 }),
    appointed: await returned(normal, { appointed: true }),
    'not-before': await returned(normal, { appointed: true, delaySeconds: 3_600 }),
    together: await returned(normal, { gathered: 2, delaySeconds: 30 }),
    due: await due(normal),
  };
}

if (import.meta.main) {
  const folder = join(import.meta.dirname, 'fixtures', 'messages', `v${MESSAGE_VERSION}`);
  mkdirSync(folder, { recursive: true });
  for (const [name, body] of Object.entries(await goldenMessages()))
    writeFileSync(join(folder, `${name}.json`), `${body}\n`);
}
