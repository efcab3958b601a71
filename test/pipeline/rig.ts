import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll } from 'vitest';
import {
  type Channel,
  type Handshake,
  type HttpRequest,
  type OutboundRequest,
  type ProviderKey,
  type ScopeSpec,
  defineChannel,
} from '../../lib/channel.ts';
import type { Catalog, Destination, Rate } from '../../lib/core/catalog.ts';
import { EMPTY_CATALOG } from '../../lib/core/catalog.ts';
import { type DeliveryRef, refText } from '../../lib/core/claim.ts';
import type { DeliveryPack, OutgoingMessage, QueueRecord } from '../../lib/core/message.ts';
import type { RateHint } from '../../lib/core/learned.ts';
import type { Edit } from '../../lib/core/edit.ts';
import type { LogFields, MetricName, Telemetry } from '../../lib/core/metrics.ts';
import { type Outcome, type Reply, outcomeOf } from '../../lib/core/outcome.ts';
import { type DeliverDeps, deliver } from '../../lib/pipeline/deliver.ts';
import { type OrderedDeps, deliverOrdered } from '../../lib/pipeline/deliver-ordered.ts';
import { createPassOn } from '../../lib/pipeline/failovers/at-once.ts';
import { runTimers } from '../../lib/pipeline/timers.ts';
import { createClaims } from '../../lib/stores/claims.ts';
import { createDead } from '../../lib/stores/dead.ts';
import { createEventBodies } from '../../lib/stores/event-bodies.ts';
import { createDue } from '../../lib/stores/due.ts';
import { createIncidents } from '../../lib/stores/incidents.ts';
import { createLimits } from '../../lib/stores/limits.ts';
import { createLotNotes } from '../../lib/stores/lot-notes.ts';
import { createOutcomes } from '../../lib/stores/outcomes.ts';
import { createRecipients } from '../../lib/stores/recipients.ts';
import { createPoison } from '../../lib/stores/poison.ts';
import type { Item, Table } from '../../lib/stores/table.ts';
import { type Store, openStore } from '../stores/engines.ts';
import { type VirtualClock, createVirtualClock } from './virtual-clock.ts';

export const NOW = Date.UTC(2026, 10, 21, 10);
export const LEASE_MS = 35_000;
const TIMEOUT_MS = 30_000;

export interface SentRequest {
  readonly atMs: number;
  readonly event: string;
  readonly destination: string;
}

export interface Waiting {
  readonly queue: string;
  readonly message: OutgoingMessage;
  readonly visibleAt: number;
}

/** The deliver pipeline on real stores, with a clock of its own, a queue in memory, and a provider to be told. */
export interface Rig {
  readonly clock: VirtualClock;
  readonly store: Store;
  readonly ledger: Table;
  readonly limits: Table;
  readonly sent: SentRequest[];
  /** Destinations that were asked for their consent, in order. */
  readonly asked: string[];
  /** What was put into queues, in order. */
  readonly queue: Waiting[];
  /** Calls to the outside, in order. */
  readonly calls: string[];
  readonly metrics: Map<MetricName, number>;
  readonly lines: {
    readonly level: string;
    readonly message: string;
    readonly fields: LogFields | undefined;
  }[];
  readonly extended: { readonly receiptHandle: string; readonly seconds: number }[];
  readonly disabled: string[];
  readonly telemetry: Telemetry;
  catalog: Catalog;
  /** How the provider answers. */
  reply: (sent: SentRequest, request: HttpRequest) => Reply | Promise<Reply>;
  /** How a receiver answers when it is asked for its consent. */
  consent: () => Reply;
  /** Another worker: a batch of its own, and a memory of its own unless `deps` brings one. */
  run(records: readonly QueueRecord[], deps?: Partial<DeliverDeps>): Promise<string[]>;
  /** The same for a batch of an ordered topic. */
  runOrdered(records: readonly QueueRecord[], deps?: Partial<OrderedDeps>): Promise<string[]>;
  /** The timers, once; what they send goes into the queue. */
  runTimers(): Promise<void>;
  newLimits(): ReturnType<typeof createLimits>;
  /** Records of everything that is visible now, taken out of the queue. */
  receive(): QueueRecord[];
  /** Works on what the queue holds until it is empty; returned messages come again. */
  drain(untilMs?: number, deps?: Partial<DeliverDeps>): Promise<void>;
  state(event: string, destination?: string): Promise<string>;
  attempts(event: string): Promise<Item[]>;
}

export interface ChatOptions {
  readonly rate?: Rate;
  readonly scopes?: readonly ScopeSpec<{ readonly url: string }>[];
  readonly rateHint?: () => RateHint;
  readonly providerKey?: ProviderKey;
  readonly retryMs?: readonly number[];
  readonly handshake?: (settings: { readonly url: string }) => Handshake | undefined;
  /** Messages can be changed, by a PATCH; what is answered 404 is gone. */
  readonly edits?: true;
  readonly newestOnly?: true;
}

export const CHAT_RETRY_MS = [10_000, 60_000, 3_600_000];

const chatEdit = ({ url }: { readonly url: string }): Edit => ({
  request: ({ id, text }, { providerId }) => {
    const body = JSON.stringify({ id, text, providerId });
    return { transport: 'http', method: 'PATCH', url, headers: {}, body };
  },
  isLost: (reply) => reply.status === 404,
});

/** The body of an answer is the id of a message. */
function chatOutcome(reply: Extract<Reply, { kind: 'reply' }>, nowMs: number): Outcome {
  return reply.status === 200 ? { kind: 'delivered', providerId: reply.body } : outcomeOf(reply, nowMs);
}

/** A channel as plain as can be. */
export function chatChannel({
  rate,
  scopes,
  rateHint,
  providerKey,
  retryMs = CHAT_RETRY_MS,
  handshake,
  edits,
  newestOnly,
}: ChatOptions = {}): Channel {
  return defineChannel({
    name: 'chat',
    title: 'Chat',
    fields: { url: { kind: 'url', about: 'where to' } },
    payload: 'text',
    ...(rate && { rate }),
    ...(scopes && { scopes }),
    ...(rateHint && { rateHint }),
    ...(providerKey && { providerKey }),
    ...(handshake && { handshake }),
    ...(newestOnly && { newestOnly }),
    ...(edits && { edit: chatEdit, outcome: chatOutcome }),
    timeoutMs: 10_000,
    retryMs,
    request: ({ id, text }, { url }) => {
      if (text === 'unbuildable') throw new Error('no');
      return { transport: 'http', method: 'POST', url, headers: {}, body: JSON.stringify({ id, text }) };
    },
  });
}

export const ok: Reply = { kind: 'reply', status: 200, headers: {}, body: '' };
export const status = (code: number, headers: Record<string, string> = {}): Reply => ({
  kind: 'reply',
  status: code,
  headers,
  body: `says ${code}`,
});

export function destination(id: string, more: Partial<Destination> = {}): Destination {
  return { id, channel: 'chat', settings: { url: `https://${id}.example/` }, enabled: true, ...more };
}

export function catalogOf(...destinations: Destination[]): Catalog {
  return { ...EMPTY_CATALOG, version: 1, destinations: new Map(destinations.map((one) => [one.id, one])) };
}

let messages = 0;
let owners = 0;

/** A record of a deliver queue with deliveries of these events. */
export function record(
  events: readonly string[],
  more: Partial<DeliveryPack> & { n?: number; since?: number; text?: string } = {},
): QueueRecord {
  const { n = 1, since = NOW, text = '', ...rest } = more;
  const items = events.map((id) => ({
    notification: { id, topic: 'a', time: '2026-11-21T10:00:00.000Z', title: 'Title', text },
    n,
    since,
  }));
  const pack: DeliveryPack = {
    v: 1,
    kind: 'deliveries',
    tenant: 'acme',
    destination: 'ops',
    lane: 'normal',
    items,
    ...rest,
  };
  return toRecord(JSON.stringify(pack));
}

export function toRecord(body: string): QueueRecord {
  const messageId = `m${messages++}`;
  return { messageId, receiptHandle: `r-${messageId}`, body };
}

export function packOf({ message }: Pick<Waiting, 'message'>): DeliveryPack {
  return JSON.parse(message.body) as DeliveryPack;
}

/** Opens an emulator for the tests of a file; each rig gets empty tables of its own. */
export function useRigs(): (channel?: Channel) => Promise<Rig> {
  let store: Store;
  beforeAll(async () => {
    store = await openStore();
  });
  afterAll(() => store.close());
  return async (channel) => rigOn(await store.fresh(), channel);
}

function rigOn(store: Store, channel: Channel = chatChannel()): Rig {
  const clock = createVirtualClock(NOW);
  const client = {
    send: (command: never) => clock.during(store.ledger.client.send(command)),
  } as unknown as DynamoDBClient;
  const ledger = { client, name: store.ledger.name, wait: clock.wait };
  const limits = { client, name: store.limits.name, wait: clock.wait };
  const claims = createClaims(ledger);
  const outcomes = createOutcomes(ledger, clock);
  const poison = createPoison(ledger, clock);
  const incidents = createIncidents(ledger, clock);
  const ttl = (): number => Math.ceil(clock.now() / 1_000) + 86_400;
  let running = 0;

  async function enqueue(queue: string, list: readonly OutgoingMessage[]) {
    for (const message of list) {
      rig.queue.push({ queue, message, visibleAt: clock.now() + (message.delaySeconds ?? 0) * 1_000 });
    }
    return { failed: [] };
  }

  const named =
    <A extends unknown[], R>(name: string, act: (...args: A) => R) =>
    (...args: A): R => {
      rig.calls.push(name);
      return act(...args);
    };

  async function post(request: OutboundRequest) {
    const http = request as HttpRequest;
    const startedAt = clock.now();
    const to = new URL(http.url).hostname.split('.')[0] ?? '';
    if (http.method === 'OPTIONS') {
      rig.asked.push(to);
      return { reply: rig.consent(), ms: clock.now() - startedAt };
    }
    const event = (JSON.parse(http.body) as { id: string }).id;
    const sent = { atMs: startedAt, event, destination: to };
    rig.sent.push(sent);
    const reply = await rig.reply(sent, http);
    return { reply, ms: clock.now() - startedAt };
  }

  /** An invocation: with an owner, a memory and a deadline of its own. */
  async function during<R>(invoke: (deps: DeliverDeps) => Promise<R>): Promise<R> {
    const startedAt = clock.now();
    running++;
    try {
      return await invoke({
        catalog: async () => rig.catalog,
        recipients: createRecipients(store.catalog, clock),
        channelOf: (name) => (name === channel.name ? channel : undefined),
        open: async (
          tenant,
          opening,
          { id, settings, rate, retryMs, breaker, maybe, holdMs, merge },
          shared,
        ) => ({
          ok: true,
          target: opening.open(settings, {
            tenant,
            destination: id,
            rate,
            breaker,
            maybe,
            holdMs,
            retryMs,
            merge,
            limits: shared,
          }),
        }),
        limits: rig.newLimits(),
        claims: { ...claims, claim: named('claim', claims.claim) },
        complete: named('complete', claims.complete),
        noteLot: named('noteLot', createLotNotes(ledger, clock)),
        incidents: { take: named('take', incidents.take), leave: named('leave', incidents.leave) },
        markDead: named('markDead', claims.markDead),
        passOn: createPassOn({
          catalog: async () => rig.catalog,
          bodies: createEventBodies(ledger),
          enqueue: named('passOn', enqueue),
          eventQueues: { normal: 'events', urgent: 'urgent-events' },
          telemetry: rig.telemetry,
          now: clock.now,
        }),
        outcomes: { write: named('outcomes', outcomes.write), log: named('log', outcomes.log) },
        logAttempts: named('crash', outcomes.log),
        poison: named('poison', poison),
        post: named('post', post),
        enqueue: named('enqueue', enqueue),
        extend: async (entries) => void rig.extended.push(...entries),
        ownQueue: 'own',
        queues: { chat: 'own', http: 'own', urgent: 'own' },
        disable: async (_, id) => void rig.disabled.push(id),
        skewed: () => false,
        onWasted: (slots) => rig.telemetry.add('SlotsWasted', slots),
        owner: `batch${owners++}`,
        leaseMs: LEASE_MS,
        ttl,
        random: () => 0.5,
        remainingMs: () => startedAt + TIMEOUT_MS - clock.now(),
        telemetry: rig.telemetry,
        now: clock.now,
        wait: clock.wait,
      });
    } finally {
      if (--running === 0) clock.forget();
    }
  }

  const rig: Rig = {
    clock,
    store,
    ledger,
    limits,
    sent: [],
    asked: [],
    queue: [],
    calls: [],
    metrics: new Map(),
    lines: [],
    extended: [],
    disabled: [],
    telemetry: {
      add: (metric, value = 1) => void rig.metrics.set(metric, (rig.metrics.get(metric) ?? 0) + value),
      log: (level, message, fields) => void rig.lines.push({ level, message, fields }),
    },
    catalog: catalogOf(destination('ops'), destination('dev')),
    reply: () => ok,
    consent: () => ok,
    newLimits: () => createLimits(limits, clock),

    run: (records, more = {}) => during((deps) => deliver(records, { ...deps, ...more })),

    runOrdered: (records, more = {}) =>
      during((deps) => deliverOrdered(records, { ...deps, newOwner: () => `batch${owners++}`, ...more })),

    runTimers: () =>
      runTimers({
        due: createDue(ledger, clock),
        bury: createDead(ledger, clock),
        markDead: claims.markDead,
        logAttempts: outcomes.log,
        enqueue,
        queues: { chat: 'own', http: 'own', urgent: 'own' },
        ttl,
        telemetry: rig.telemetry,
        remainingMs: () => TIMEOUT_MS,
      }),

    receive() {
      const visible = rig.queue.filter(({ visibleAt }) => visibleAt <= clock.now()).slice(0, 10);
      rig.queue.splice(0, Infinity, ...rig.queue.filter((one) => !visible.includes(one)));
      return visible.map(({ message }) => toRecord(message.body));
    },

    async drain(untilMs = NOW + 86_400_000, deps = {}) {
      while (rig.queue.length > 0) {
        const next = Math.min(...rig.queue.map(({ visibleAt }) => visibleAt));
        if (next > untilMs) return;
        clock.ms = Math.max(clock.ms, next);
        const records = rig.receive();
        const failed = await rig.run(records, deps);
        for (const { messageId, receiptHandle, body } of records) {
          if (!failed.includes(messageId)) continue;
          const seconds =
            rig.extended.findLast((entry) => entry.receiptHandle === receiptHandle)?.seconds ?? 180;
          rig.queue.push({ queue: 'own', message: { body }, visibleAt: clock.now() + seconds * 1_000 });
        }
      }
    },

    async state(event, to = 'ops') {
      const ref: DeliveryRef = { tenant: 'acme', event, destination: to };
      const found = (await claims.read([ref])).get(refText(ref));
      if (!found) return 'none';
      const { claim, completion } = found;
      if (claim.state !== 'sending') return claim.state;
      return completion && !completion.notDelivered.includes(claim.i) ? 'delivered' : 'sending';
    },

    async attempts(event) {
      const items = await store.items(store.ledger);
      return items.filter(({ pk, sk }) => pk === `T#acme#E#${event}` && sk.startsWith('attempt#'));
    },
  };
  return rig;
}
