import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type Channel, type HttpRequest, type OutboundRequest, defineChannel } from '../../lib/channel.ts';
import type { ScopeSpec } from '../../lib/channel.ts';
import { EMPTY_CATALOG, type Rate } from '../../lib/core/catalog.ts';
import type { Lane } from '../../lib/core/event.ts';
import { type DeliveryPack, type OutgoingMessage, type QueueRecord } from '../../lib/core/message.ts';
import { deliver } from '../../lib/pipeline/deliver.ts';
import { createClaims } from '../../lib/stores/claims.ts';
import { createLimits } from '../../lib/stores/limits.ts';
import { createOutcomes } from '../../lib/stores/outcomes.ts';
import { createPoison } from '../../lib/stores/poison.ts';
import { openStore } from '../../test/stores/engines.ts';
import { createVirtualClock } from '../../test/pipeline/virtual-clock.ts';

/** Round trips in virtual ms, half of it fixed and half of it by chance. */
const TABLE_MS = 6;
const QUEUE_MS = 10;
const REPLY_MS = 80;
/** A poller finds a message that became visible after so long at the latest. */
const POLL_MS = 20;
const BATCH = 10;
const TIMEOUT_MS = 30_000;
const START_MS = Date.UTC(2026, 10, 21, 10);
const TENANT = 'acme';

export interface Sent {
  readonly event: string;
  readonly destination: string;
  readonly atMs: number;
  /** When a worker first received it. */
  readonly receivedMs: number;
  /** When it was put into the queue. */
  readonly sinceMs: number;
  readonly status: number;
}

export interface Counts {
  /** Writes that book, move or push. */
  bookings: number;
  /** Writes that give places in line. */
  lines: number;
  /** Deliveries that were sent back, each time counted. */
  denials: number;
  /** Receives of deliveries. */
  receives: number;
  wasted: number;
}

/** The deliver pipeline as it is deployed, on an emulator, with virtual time, a queue in memory and W workers. */
export interface World {
  readonly sent: Sent[];
  readonly counts: Counts;
  readonly nowMs: () => number;
  readonly startMs: number;
  /** Puts packs of deliveries to one destination into the queue, at a time from the start on. */
  readonly post: (destination: string, events: readonly string[], options?: PostOptions) => void;
  /** Works until everything posted is sent, or for so long. */
  readonly run: (workers: number, limitMs?: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface PostOptions {
  readonly atMs?: number;
  readonly lane?: Lane;
  /** Deliveries in one message. */
  readonly pack?: number;
}

export interface WorldOptions {
  readonly rate?: Rate;
  readonly scopes?: readonly ScopeSpec<{ readonly url: string }>[];
  readonly destinations: readonly string[];
  /** What a destination answers, so long after the start; 200 unless given. */
  readonly answer?: (destination: string, afterMs: number) => number;
  readonly retryMs?: readonly number[];
}

interface Waiting {
  readonly body: string;
  readonly lane: Lane;
  readonly visibleAt: number;
}

export async function openWorld({
  rate,
  scopes,
  destinations,
  answer = () => 200,
  retryMs = [10_000],
}: WorldOptions): Promise<World> {
  const store = await openStore();
  const clock = createVirtualClock(START_MS);
  const chance = chances(1);
  const random = (): number => chance.next().value;
  const delay = (ms: number): Promise<void> => clock.wait(ms / 2 + (random() * ms) / 2);
  const counts: Counts = { bookings: 0, lines: 0, denials: 0, receives: 0, wasted: 0 };
  const sent: Sent[] = [];
  const queue: Waiting[] = [];
  const received = new Map<string, number>();
  const posted = new Map<string, number>();
  let owners = 0;
  let messages = 0;

  const client = {
    send: async (command: { readonly input: Readonly<Record<string, unknown>> }) => {
      await delay(TABLE_MS);
      const { TableName, UpdateExpression } = command.input;
      if (TableName === store.limits.name && typeof UpdateExpression === 'string')
        counts[UpdateExpression.includes('line') ? 'lines' : 'bookings']++;
      return await clock.during(store.ledger.client.send(command as never));
    },
  } as unknown as DynamoDBClient;
  const ledger = { client, name: store.ledger.name, wait: clock.wait };
  const limitsTable = { client, name: store.limits.name, wait: clock.wait };
  const claims = createClaims(ledger);
  const outcomes = createOutcomes(ledger, clock);
  const channel = chat(rate, scopes, retryMs);
  const catalog = {
    ...EMPTY_CATALOG,
    destinations: new Map(
      destinations.map((id) => [id, { id, channel: 'chat', settings: { url: urlOf(id) }, enabled: true }]),
    ),
  };

  async function post(request: OutboundRequest) {
    const { url, body } = request as HttpRequest;
    const destination = new URL(url).hostname.split('.')[0] ?? '';
    const { id: event } = JSON.parse(body) as { id: string };
    const key = `${event} ${destination}`;
    const status = answer(destination, clock.now() - START_MS);
    sent.push({
      event,
      destination,
      atMs: clock.now(),
      receivedMs: received.get(key) ?? 0,
      sinceMs: posted.get(key) ?? 0,
      status,
    });
    await delay(REPLY_MS);
    return { reply: { kind: 'reply' as const, status, headers: {}, body: '' }, ms: REPLY_MS };
  }

  function enqueue(messagesToSend: readonly OutgoingMessage[], lane: Lane): void {
    for (const { body, delaySeconds = 0 } of messagesToSend)
      queue.push({ body, lane, visibleAt: clock.now() + delaySeconds * 1_000 });
  }

  /** A standard queue keeps no order among what is visible. */
  function receive(lane: Lane): QueueRecord[] {
    const visible = queue.filter((one) => one.lane === lane && one.visibleAt <= clock.now());
    const batch = Array.from({ length: Math.min(BATCH, visible.length) }, () =>
      visible.splice(Math.floor(random() * visible.length), 1),
    ).flat();
    for (const one of batch) queue.splice(queue.indexOf(one), 1);
    for (const { body } of batch) {
      const { destination, items } = JSON.parse(body) as DeliveryPack;
      counts.receives += items.length;
      for (const { notification } of items) {
        const key = `${notification.id} ${destination}`;
        if (!received.has(key)) received.set(key, clock.now());
      }
    }
    return batch.map(({ body }) => ({ messageId: `m${messages++}`, receiptHandle: 'r', body }));
  }

  /** One execution environment: a memory of its own, a batch at a time. */
  async function work(lane: Lane, isOver: () => boolean): Promise<void> {
    const limits = createLimits(limitsTable, clock);
    while (!isOver()) {
      const records = receive(lane);
      if (records.length === 0) {
        await delay(POLL_MS);
        continue;
      }
      const startedAt = clock.now();
      const failed = await deliver(records, {
        catalog: async () => catalog,
        channelOf: () => channel,
        open: async (tenant, opening, { id, settings }) => ({
          ok: true,
          target: opening.open(settings, { tenant, destination: id }),
        }),
        limits,
        claims,
        complete: claims.complete,
        markDead: claims.markDead,
        outcomes,
        logAttempts: outcomes.log,
        poison: createPoison(ledger, clock),
        post,
        enqueue: async (_, list) => {
          await delay(QUEUE_MS);
          enqueue(list, lane);
          return { failed: [] };
        },
        extend: async () => undefined,
        ownQueue: lane,
        queues: { http: lane, urgent: lane },
        disable: async () => undefined,
        noteLot: async () => undefined,
        skewed: () => false,
        onWasted: (slots) => void (counts.wasted += slots),
        owner: `batch${owners++}`,
        leaseMs: TIMEOUT_MS + 5_000,
        ttl: () => Math.ceil(clock.now() / 1_000) + 86_400,
        random,
        remainingMs: () => startedAt + TIMEOUT_MS - clock.now(),
        telemetry: {
          add: (name, value = 1) => void (counts.denials += name === 'Deferred' ? value : 0),
          log: (level, message, fields) => {
            if (level === 'error') throw new Error(message, { cause: fields?.['error'] });
          },
        },
        now: clock.now,
        wait: clock.wait,
      });
      if (failed.length > 0) throw new Error(`${failed.length} messages came back`);
    }
  }

  return {
    sent,
    counts,
    startMs: START_MS,
    nowMs: clock.now,
    post(destination, events, { atMs = 0, lane = 'normal', pack = 1 } = {}) {
      const since = START_MS + atMs;
      for (const event of events) posted.set(`${event} ${destination}`, since);
      for (let i = 0; i < events.length; i += pack) {
        const body = packOf(destination, events.slice(i, i + pack), lane, since);
        queue.push({ body, lane, visibleAt: since });
      }
    },
    async run(workers, limitMs = Infinity) {
      const isOver = (): boolean =>
        sent.filter(({ status }) => status === 200).length >= posted.size || clock.now() - START_MS > limitMs;
      const lanes: Lane[] = [...Array.from({ length: workers }, () => 'normal' as const), 'urgent'];
      await Promise.all(lanes.map((lane) => work(lane, isOver)));
    },
    close: () => store.close(),
  };
}

function chat(rate: Rate | undefined, scopes: WorldOptions['scopes'], retryMs: readonly number[]): Channel {
  return defineChannel({
    name: 'chat',
    title: 'Chat',
    fields: { url: { kind: 'url', about: 'where to' } },
    payload: 'text',
    ...(rate && { rate }),
    ...(scopes && { scopes }),
    timeoutMs: 10_000,
    retryMs,
    request: ({ id }, { url }) => ({
      transport: 'http',
      method: 'POST',
      url,
      headers: {},
      body: JSON.stringify({ id }),
    }),
  });
}

function urlOf(destination: string): string {
  return `https://${destination}.example/`;
}

function packOf(destination: string, events: readonly string[], lane: Lane, since: number): string {
  const pack: DeliveryPack = {
    v: 1,
    kind: 'deliveries',
    tenant: TENANT,
    destination,
    lane,
    items: events.map((id) => ({
      notification: { id, topic: 'a', time: new Date(since).toISOString(), title: '', text: '' },
      n: 1,
      since,
    })),
  };
  return JSON.stringify(pack);
}

/** Chances that are the same in every run. */
function* chances(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}
