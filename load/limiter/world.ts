import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { OutboundRequest } from '../../lib/channel.ts';
import { EMPTY_CATALOG, type Limit } from '../../lib/core/catalog.ts';
import type { Lane } from '../../lib/core/event.ts';
import { type VirtualClock, createVirtualClock } from '../../test/pipeline/virtual-clock.ts';
import { openStore } from '../../test/stores/engines.ts';
import { createChance } from './chance.ts';
import { type ChatLimits, chat, readRequest, settingsOf } from './chat.ts';
import { createQueue, keyOf, packOf } from './queue.ts';
import { createWorker } from './worker.ts';

/** Round trips in virtual ms, half of it fixed and half of it by chance. */
const TABLE_MS = 6;
const QUEUE_MS = 10;
const REPLY_MS = 80;
/** A poller finds a message that became visible after so long at the latest. */
const POLL_MS = 20;
const START_MS = Date.UTC(2026, 10, 21, 10);

export interface Sent {
  /** The first that it tells of. */
  readonly event: string;
  /** How many it tells of. */
  readonly tells: number;
  readonly destination: string;
  readonly atMs: number;
  /** When a worker first received that. */
  readonly receivedMs: number;
  /** When that was put into the queue. */
  readonly sinceMs: number;
  readonly status: number;
}

export interface Counts {
  /** Writes that book, move or push. */
  readonly bookings: number;
  /** Writes that give places in line. */
  readonly lines: number;
  /** Deliveries that were sent back, each time counted. */
  readonly denials: number;
  /** Receives of deliveries. */
  readonly receives: number;
  readonly wasted: number;
}

/** The deliver pipeline as it is deployed, on an emulator, with virtual time, a queue in memory and W workers. */
export interface World {
  readonly sent: readonly Sent[];
  readonly counts: () => Counts;
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

export interface WorldOptions extends Partial<ChatLimits> {
  readonly destinations: readonly string[];
  /** Limits of the catalog. */
  readonly limits?: readonly Limit[];
  /** What a destination answers, so long after the start; 200 unless given. */
  readonly answer?: (destination: string, afterMs: number) => number;
  /** Each worker stands still for so long, about five times a second. */
  readonly stallMs?: number;
}

export async function openWorld(options: WorldOptions): Promise<World> {
  const {
    destinations,
    limits = [],
    answer = () => 200,
    rate,
    scopes,
    retryMs = [10_000],
    merges,
    stallMs = 0,
  } = options;
  const store = await openStore();
  const clock = createVirtualClock(START_MS);
  const random = createChance(1);
  const delay = (ms: number): Promise<void> => clock.wait(ms / 2 + (random() * ms) / 2);
  const queue = createQueue({ now: clock.now, random });
  const counts = { bookings: 0, lines: 0, denials: 0, wasted: 0 };
  const sent: Sent[] = [];
  const posted = new Map<string, number>();
  const tables = { ledger: store.ledger.name, limits: store.limits.name };

  const client = {
    send: async (command: { readonly input: Readonly<Record<string, unknown>> }) => {
      await delay(TABLE_MS);
      const { TableName, UpdateExpression } = command.input;
      if (TableName === tables.limits && typeof UpdateExpression === 'string')
        counts[UpdateExpression.includes('line') ? 'lines' : 'bookings']++;
      return await clock.during(store.ledger.client.send(command as never));
    },
  } as unknown as DynamoDBClient;

  async function send(request: OutboundRequest) {
    const { events, destination } = readRequest(request);
    const event = events[0]!;
    const status = answer(destination, clock.now() - START_MS);
    const sinceMs = posted.get(keyOf(event, destination)) ?? 0;
    const receivedMs = queue.receivedMs(event, destination);
    const tells = events.length;
    sent.push({ event, tells, destination, atMs: clock.now(), receivedMs, sinceMs, status });
    await delay(REPLY_MS);
    return { reply: { kind: 'reply' as const, status, headers: {}, body: '' }, ms: REPLY_MS };
  }

  const entries = destinations.map((id) => ({
    id,
    channel: 'chat',
    settings: { ...settingsOf(id) },
    enabled: true,
  }));
  const catalog = {
    ...EMPTY_CATALOG,
    limits,
    destinations: new Map(entries.map((entry) => [entry.id, entry])),
  };
  const channel = chat({ rate, scopes, retryMs, merges });

  async function work(name: string, lane: Lane, isOver: () => boolean): Promise<void> {
    const deliverBatch = createWorker(
      {
        client,
        tables,
        catalog,
        channel,
        post: send,
        enqueue: async (_, list) => {
          await delay(QUEUE_MS);
          queue.enqueue(list, lane);
          return { failed: [] };
        },
        random,
        now: clock.now,
        wait: stalls(stallMs, random, clock),
        onWasted: (slots) => void (counts.wasted += slots),
        onDeferred: (deliveries) => void (counts.denials += deliveries),
      },
      { name, lane },
    );
    while (!isOver()) {
      const records = queue.receive(lane);
      if (records.length > 0) await deliverBatch(records);
      else await delay(POLL_MS);
    }
  }

  return {
    sent,
    counts: () => ({ ...counts, receives: queue.receives() }),
    startMs: START_MS,
    post(destination, events, { atMs = 0, lane = 'normal', pack = 1 } = {}) {
      const since = START_MS + atMs;
      for (const event of events) posted.set(keyOf(event, destination), since);
      for (let i = 0; i < events.length; i += pack)
        queue.put(packOf(destination, events.slice(i, i + pack), lane, since), since);
    },
    async run(workers, limitMs = Infinity) {
      const isOver = (): boolean =>
        toldIn(sent.filter(({ status }) => status === 200)) >= posted.size ||
        clock.now() - START_MS > limitMs;
      const lanes: Lane[] = [...Array.from({ length: workers }, () => 'normal' as const), 'urgent'];
      await Promise.all(lanes.map((lane, n) => work(`worker${n}`, lane, isOver)));
    },
    close: () => store.close(),
  };
}

/** How many deliveries some messages tell of. */
export function toldIn(sent: readonly Sent[]): number {
  return sent.reduce((sum, { tells }) => sum + tells, 0);
}

/** Waits that end while their worker stands still end when it goes on. */
function stalls(stallMs: number, random: () => number, { now, wait }: VirtualClock): VirtualClock['wait'] {
  if (stallMs === 0) return wait;
  let stall = { fromMs: START_MS, untilMs: START_MS };
  return async (ms) => {
    await wait(ms);
    while (now() >= stall.untilMs) {
      const fromMs = stall.untilMs + random() * 400;
      stall = { fromMs, untilMs: fromMs + stallMs };
    }
    if (now() > stall.fromMs) await wait(stall.untilMs - now());
  };
}
