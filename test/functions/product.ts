import { deliverOrderedStep } from '../../functions/wiring/deliver-ordered-step.ts';
import { deliverStep } from '../../functions/wiring/deliver-step.ts';
import { fanOutOrderedStep } from '../../functions/wiring/fan-out-ordered-step.ts';
import { fanOutStep } from '../../functions/wiring/fan-out-step.ts';
import { ingestDeps } from '../../functions/wiring/ingest-deps.ts';
import { stateOn } from '../../functions/wiring/state.ts';
import type { Channel } from '../../lib/channel.ts';
import type { Settings } from '../../lib/core/catalog.ts';
import { parseEvent } from '../../lib/core/event-input.ts';
import type { OutgoingMessage, QueueRecord } from '../../lib/core/message.ts';
import type { Reply } from '../../lib/core/outcome.ts';
import { ingest } from '../../lib/pipeline/ingest.ts';
import { registry } from '../../lib/registry.ts';
import { resolveSettings } from '../../lib/settings.ts';
import { createVirtualClock } from '../pipeline/virtual-clock.ts';
import { dynamoClient } from '../simulation/functions.ts';
import type { Rig } from './manage-rig.ts';

interface Waiting {
  readonly queue: string;
  readonly message: OutgoingMessage;
  readonly visibleAt: number;
}

const QUEUES = {
  normal: 'events',
  urgent: 'events-urgent',
  ordered: 'events-ordered',
  deliver: 'deliver',
  deliverOrdered: 'deliver-ordered',
} as const;
const MINUTE_MS = 60_000;
const MAX_ROUNDS = 200;

/**
 * The functions that bring an event to its destinations, wired as they are deployed, on the tables of a rig and under a
 * clock of their own. The queues are lists; what providers answer is what the test says.
 */
export function productOn(rig: Rig, startMs: number) {
  const waiting: Waiting[] = [];
  let ids = 0;
  const newId = (): string => `id${ids++}`;
  const clock = createVirtualClock(startMs);
  const { now, wait } = clock;
  const client = dynamoClient((command) => clock.during(rig.ledger.client.send(command as never)));
  const telemetry = { add: () => undefined, log: () => undefined };
  const tables = { catalog: rig.catalog.name, ledger: rig.ledger.name, limits: rig.limits.name };
  const state = stateOn({ client, tables, now, wait, telemetry });
  const enqueue = async (queue: string, messages: readonly OutgoingMessage[]) => {
    for (const message of messages)
      waiting.push({ queue, message, visibleAt: clock.ms + (message.delaySeconds ?? 0) * 1_000 });
    return { failed: [] };
  };
  const routing = {
    enqueue,
    queues: { http: QUEUES.deliver, urgent: QUEUES.deliver },
    maxAgeMs: Infinity,
    payloadOf: (name: string) => registry.get(name)?.payload ?? 'text',
  };
  const { deliver: http, deliverOrdered } = QUEUES;
  const sending = (ownQueue: string) => ({
    channelOf: (name: string) => registry.get(name),
    secrets: async (_: string, names: readonly string[]) =>
      new Map(
        names.flatMap((name) => (rig.secrets.has(name) ? [[name, rig.secrets.get(name)!] as const] : [])),
      ),
    resolve: (channel: Channel, settings: Settings, values: ReadonlyMap<string, string>) =>
      resolveSettings(channel, settings, values, { localHosts: [] }),
    post: async () => ({ reply: product.reply, ms: 1 }),
    queue: { enqueue, extend: async () => undefined },
    queues: { http, urgent: http },
    ownQueue,
    eventQueues: { normal: QUEUES.normal, urgent: QUEUES.normal },
    timeoutMs: 30_000,
    skewMs: () => 0,
    random: () => 0.5,
    newId,
  });
  const steps = {
    [QUEUES.normal]: fanOutStep(state, { ...routing, ownQueue: QUEUES.normal }),
    [QUEUES.urgent]: fanOutStep(state, { ...routing, ownQueue: QUEUES.urgent }),
    [QUEUES.ordered]: fanOutOrderedStep(state, {
      ...routing,
      deliverQueue: deliverOrdered,
      ownQueue: QUEUES.ordered,
    }),
    [http]: deliverStep(state, sending(http)),
    [deliverOrdered]: deliverOrderedStep(state, sending(deliverOrdered)),
  };

  const product = {
    clock,
    /** How providers answer. */
    reply: { kind: 'reply', status: 200, headers: {}, body: 'ok' } as Reply,

    /** Posts an event; answers its id. */
    async post(tenant: string, body: object): Promise<string> {
      const drafted = parseEvent({ time: new Date(clock.ms).toISOString(), ...body }, clock.ms);
      if (!drafted.ok) throw new Error(JSON.stringify(drafted.errors));
      const deps = ingestDeps(state, {
        enqueue,
        queues: QUEUES,
        newId,
        topics: state.catalogs.get,
        orderedQueue: QUEUES.ordered,
      });
      const { receipts } = await ingest({ tenant, items: [drafted] }, deps);
      const receipt = receipts[0]!;
      if (!('id' in receipt)) throw new Error(JSON.stringify(receipt));
      return receipt.id;
    },

    /** Works on what is visible, one message a batch, until nothing is, or until a time. */
    async drain(untilMs = clock.ms, queues: readonly string[] = Object.values(QUEUES)): Promise<void> {
      for (let rounds = 0; ; rounds++) {
        if (rounds > MAX_ROUNDS) throw new Error(`it goes round: ${waiting[0]?.message.body}`);
        const next = waiting
          .filter(({ queue }) => queues.includes(queue))
          .toSorted((a, b) => a.visibleAt - b.visibleAt)[0];
        if (!next || next.visibleAt > untilMs) break;
        clock.ms = Math.max(clock.ms, next.visibleAt);
        waiting.splice(waiting.indexOf(next), 1);
        const step = steps[next.queue as keyof typeof steps];
        const failed = await step([recordOf(next)], { requestId: '', deadlineMs: clock.ms + 30_000 });
        clock.forget();
        // What comes again does so long after the test is over.
        if (failed.length > 0) waiting.push({ ...next, visibleAt: clock.ms + 15 * MINUTE_MS });
      }
      clock.ms = Math.max(clock.ms, untilMs);
    },

    /** Routes what was posted; nothing is sent. */
    route: () => product.drain(clock.ms, [QUEUES.normal, QUEUES.urgent, QUEUES.ordered]),
  };

  function recordOf({ message }: Waiting): QueueRecord {
    const id = newId();
    const attributes = { ApproximateReceiveCount: '1', MessageGroupId: message.groupId ?? id };
    return { messageId: id, receiptHandle: id, body: message.body, attributes };
  }

  return product;
}

export type Product = ReturnType<typeof productOn>;
