import { compileTerms } from '../../lib/core/terms.ts';
import {
  type Catalog,
  EMPTY_CATALOG,
  type Route,
  type Template,
  type Topic,
} from '../../lib/core/catalog.ts';
import { parseEvent } from '../../lib/core/event-input.ts';
import { minuteOf } from '../../lib/core/keys.ts';
import type { OutgoingMessage } from '../../lib/core/message.ts';
import { compileOrders } from '../../lib/core/order.ts';
import { keptUntil } from '../../lib/core/retention.ts';
import { buryDeadLetters } from '../../lib/pipeline/dead-letters.ts';
import { fanOut } from '../../lib/pipeline/fan-out.ts';
import { ingest } from '../../lib/pipeline/ingest.ts';
import { failOver } from '../../lib/pipeline/failovers.ts';
import { sendScheduled } from '../../lib/pipeline/schedule.ts';
import { runTimers } from '../../lib/pipeline/timers.ts';
import type { Recipient } from '../../lib/core/recipient.ts';
import { createClaims } from '../../lib/stores/claims.ts';
import { createDead } from '../../lib/stores/dead.ts';
import { createDue } from '../../lib/stores/due.ts';
import { createEventBodies } from '../../lib/stores/event-bodies.ts';
import { createEvents } from '../../lib/stores/events.ts';
import { createInbox } from '../../lib/stores/inbox.ts';
import { createFailovers } from '../../lib/stores/failovers.ts';
import { createFanOuts } from '../../lib/stores/fan-outs.ts';
import { createLimits } from '../../lib/stores/limits.ts';
import { createOutcomes } from '../../lib/stores/outcomes.ts';
import { createPoison } from '../../lib/stores/poison.ts';
import { createReads } from '../../lib/stores/reads.ts';
import { createSchedule } from '../../lib/stores/schedule.ts';
import { createStandIns } from '../../lib/stores/stand-ins.ts';
import { createTallies } from '../../lib/stores/tallies.ts';
import { createEscalations } from '../../lib/stores/escalations.ts';
import { NOW, type Rig, destination, toRecord } from './rig.ts';

const MINUTE = 60_000;

interface Waiting {
  readonly queue: string;
  readonly message: OutgoingMessage;
  readonly visibleAt: number;
}

/** From the post to the deliveries, on a real ledger and under a clock of its own; the queue is a list. */
export async function openTimedWorld({ store }: Pick<Rig, 'store'>) {
  const { ledger, clock, now } = store;
  const telemetry = { add: () => undefined, log: () => undefined };
  const queue: Waiting[] = [];
  const deliveries: string[] = [];
  const events = createEvents(ledger);
  const fanOuts = createFanOuts(ledger, { now });
  const schedule = createSchedule(ledger, { now });
  const escalations = createEscalations(ledger, { now });
  const failovers = createFailovers(ledger, { now });
  const standIns = createStandIns(ledger, { now });
  const claims = createClaims(ledger);
  let ids = 0;
  await createDue(ledger, { now }).swept(minuteOf(NOW));
  const world = {
    clock,
    events,
    queue,
    deliveries,
    /** What carries them. */
    packs: [] as string[],
    schedule,
    escalations,
    failovers,
    standIns,
    bodies: createEventBodies(ledger),
    claims,
    isOut: false,
    destinations: ['ops', 'dev'].map((id) => destination(id)),
    routes: [{ id: 'all', order: 1, destinations: ['ops'] }] as readonly Route[],
    topics: [] as readonly Topic[],
    templates: [] as readonly Template[],
    people: new Map<string, Recipient>(),
    enqueue: async (to: string, messages: readonly OutgoingMessage[]) => {
      if (world.isOut) throw new Error('no queue');
      for (const message of messages)
        queue.push({ queue: to, message, visibleAt: clock.ms + (message.delaySeconds ?? 0) * 1_000 });
      return { failed: [] };
    },
    async post(body: object, idempotencyKey?: string) {
      const drafted = parseEvent({ topic: 'note', data: { title: 'Hello' }, ...body }, clock.ms);
      if (!drafted.ok) return drafted.errors[0]!;
      const post = { tenant: 'acme', items: [drafted], idempotencyKey };
      const topics = [{ id: 'line', topics: ['line.*'], ordered: true }];
      const { receipts } = await ingest(post, {
        records: events,
        enqueue: world.enqueue,
        takeUrgent: async () => true,
        termsOf: async () => compileTerms(world.topics),
        queues: { normal: 'events', urgent: 'urgent' },
        ordered: { queue: 'ordered', orderOf: async () => compileOrders(topics) },
        telemetry,
        now,
        newId: () => `n${ids++}`,
      });
      return receipts[0]!;
    },
    /** Runs the timers of every minute, or as often as told, until then, and the fan-out of what is visible. */
    async until(toMs: number, stepMs = MINUTE) {
      for (; clock.ms < toMs; clock.ms = Math.min(toMs, clock.ms + stepMs)) await world.tick();
      await world.tick();
    },
    async tick() {
      await world.sweep();
      await world.work();
    },
    sweep: () =>
      runTimers({
        due: createDue(ledger, { now }),
        bury: createDead(ledger, { now }),
        markDead: claims.markDead,
        logAttempts: createOutcomes(ledger, { now }).log,
        ttl: (days?: number) => keptUntil(now(), days),
        enqueue: world.enqueue,
        queues: {},
        telemetry,
        remainingMs: () => 50_000,
        duties: [
          (entries) =>
            sendScheduled(entries, {
              schedule,
              enqueue: world.enqueue,
              eventQueues: { normal: 'events', urgent: 'urgent' },
              now,
            }),
          (entries) =>
            failOver(entries, {
              ...deps(),
              recorded: fanOuts.read,
              enqueue: world.enqueue,
              eventQueues: { normal: 'events', urgent: 'urgent' },
            }),
        ],
      }),
    async work() {
      const visible = queue.filter(({ visibleAt }) => visibleAt <= clock.ms);
      const failed = await fanOut(
        visible.map(({ message }, n) => ({ ...toRecord(message.body), messageId: `m${n}` })),
        { ...deps(), maxAgeMs: 900_000, limits: createLimits(store.limits, { now }) },
      );
      for (const [n, one] of visible.entries())
        if (!failed.includes(`m${n}`)) queue.splice(queue.indexOf(one), 1);
    },
    bury: ({ message }: Waiting) =>
      buryDeadLetters([toRecord(message.body)], {
        ...deps(),
        read: claims.read,
        markDead: claims.markDead,
        logAttempts: createOutcomes(ledger, { now }).log,
        bury: createDead(ledger, { now }),
        ttl: (days?: number) => keptUntil(now(), days),
      }),
    look: async (id: string) => createReads(ledger, { readFanOuts: fanOuts.read }).findEvent('acme', id),
  };
  const deps = () => ({
    hold: async () => new Set<string>(),
    recipients: async () => world.people,
    inbox: createInbox(ledger, { now }),
    firing: async () => [],
    watches: { kept: async () => true },
    catalog: async (): Promise<Catalog> => ({
      ...EMPTY_CATALOG,
      destinations: new Map(world.destinations.map((one) => [one.id, one])),
      routes: world.routes,
      topics: world.topics,
      templates: new Map(world.templates.map((one) => [one.id, one])),
    }),
    events,
    schedule,
    escalations,
    failovers,
    standIns: world.standIns,
    bodies: world.bodies,
    tallies: createTallies(ledger),
    record: fanOuts.record,
    open: fanOuts.open,
    enqueue: async (_: string, messages: readonly OutgoingMessage[]) => {
      for (const { body } of messages) {
        world.packs.push(body);
        const pack = JSON.parse(body) as { destination: string; items: { notification: { id: string } }[] };
        deliveries.push(...pack.items.map(({ notification }) => `${notification.id}:${pack.destination}`));
      }
      return { failed: [] };
    },
    queues: { chat: 'chat', http: 'http', urgent: 'urgent' },
    ownQueue: 'events',
    payloadOf: () => 'text' as const,
    poison: createPoison(ledger, { now }),
    telemetry,
    now,
    wait: () => Promise.resolve(),
  });
  return world;
}
