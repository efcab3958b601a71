import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { BUNDLES } from '../../cdk/functions.ts';
import { deadLettersStep } from '../../functions/wiring/dead-letters-step.ts';
import type { Surroundings } from '../../functions/wiring/deliver-deps.ts';
import { deliverOrderedStep } from '../../functions/wiring/deliver-ordered-step.ts';
import { deliverStep } from '../../functions/wiring/deliver-step.ts';
import { fanOutOrderedStep } from '../../functions/wiring/fan-out-ordered-step.ts';
import { fanOutStep } from '../../functions/wiring/fan-out-step.ts';
import { ingestDeps } from '../../functions/wiring/ingest-deps.ts';
import { type State, stateOn } from '../../functions/wiring/state.ts';
import { timersStep } from '../../functions/wiring/timers-step.ts';
import type { Channel } from '../../lib/channel.ts';
import type { QueueRecord } from '../../lib/core/message.ts';
import type { Telemetry } from '../../lib/core/metrics.ts';
import { type Post, type Receipts, ingest } from '../../lib/pipeline/ingest.ts';
import type { QueueStep } from '../../lib/platform/handle.ts';
import { type Queue, createQueue } from '../../lib/platform/queue.ts';
import { createHeartbeats } from '../../lib/stores/heartbeats.ts';
import { nameOf } from './call-name.ts';
import type { Step } from './lambda.ts';
import type { DynamoModel } from './model/dynamo.ts';
import type { SqsModel } from './model/sqs.ts';
import type { Process } from './process.ts';
import { type Providers, chat } from './providers.ts';
import type { Random } from './random.ts';
import type { Tell } from './trace.ts';

export const TABLES = { catalog: 'sim-catalog', ledger: 'sim-ledger', limits: 'sim-limits' } as const;
export const QUEUES = {
  events: 'events',
  eventsUrgent: 'events-urgent',
  chat: 'chat',
  http: 'http',
  urgent: 'urgent',
  eventsOrdered: 'events-ordered',
  deliverOrdered: 'ordered',
};
const DELIVER_QUEUES = { chat: QUEUES.chat, http: QUEUES.http, urgent: QUEUES.urgent };
const MAX_EVENT_AGE_MS = 900_000;

export function timeoutMsOf(bundle: keyof typeof BUNDLES): number {
  return BUNDLES[bundle].timeoutSeconds * 1_000;
}

/** What the functions of one seed stand on. */
export interface Services {
  readonly dynamo: DynamoModel;
  readonly sqs: SqsModel;
  readonly providers: Pick<Providers, 'postOf'>;
  readonly random: Random;
  readonly tell: Tell;
  /** Absent: the simulation's own. */
  readonly channels?: ReadonlyMap<string, Channel>;
  /** Whether the stack has the queues of ordered topics. */
  readonly isOrdered: boolean;
}

type Consumer = Step<readonly QueueRecord[], readonly string[]>;

/** The product's own functions, as `functions/` wires them, with everything else from outside. */
export function createFunctions({
  dynamo,
  sqs,
  providers,
  random,
  tell,
  isOrdered,
  channels = new Map([[chat.name, chat]]),
}: Services) {
  const payloadOf = (name: string) => channels.get(name)?.payload ?? 'text';
  const routing = { maxAgeMs: MAX_EVENT_AGE_MS, payloadOf };
  let ids = 0;
  /** Batches that hold claims: owner -> the process it runs in. */
  const atWork = new Map<string, Process>();
  const newId = (): string => `id${ids++}`;

  /** What a cold start opens: clients, memories, stores. */
  function open(process: Process) {
    const { now, wait } = process;
    const client = dynamoClient((command) => process.call(nameOf(command), () => dynamo.run(command)));
    const sqsClient = {
      send: (command: object) => process.call(nameOf(command), () => sqs.run(command)),
    } as unknown as SQSClient;
    const telemetry: Telemetry = {
      add: () => {},
      log: (level, message, fields) => {
        if (level !== 'info' && level !== 'debug') tell(process.name, `${message} ${wordsOf(fields)}`);
      },
    };
    const state = stateOn({ client, tables: TABLES, now, wait, telemetry });
    return { state, queue: createQueue({ client: sqsClient, wait }) };
  }

  function fanningOut(stepOn: (state: State, own: { queue: Queue; ownQueue: string }) => QueueStep) {
    return (ownQueue: string) =>
      (process: Process): Consumer => {
        const { state, queue } = open(process);
        return invoke(stepOn(state, { queue, ownQueue }));
      };
  }

  function delivering(stepOn: (state: State, surroundings: Surroundings) => QueueStep) {
    return (ownQueue: string) =>
      (process: Process): Consumer => {
        const { state, queue } = open(process);
        const owners: string[] = [];
        const run = invoke(
          stepOn(state, {
            channelOf: (name) => channels.get(name),
            secrets: () => Promise.resolve(new Map()),
            resolve: (_, settings) => ({ ok: true, settings }),
            post: providers.postOf(process),
            queue,
            queues: DELIVER_QUEUES,
            ownQueue,
            eventQueues: { normal: QUEUES.events, urgent: QUEUES.eventsUrgent },
            timeoutMs: timeoutMsOf('deliver'),
            skewMs: process.skewMs,
            random: random.next,
            newId: () => {
              const owner = newId();
              owners.push(owner);
              atWork.set(owner, process);
              return owner;
            },
          }),
        );
        return async (records, deadlineMs) => {
          try {
            return await run(records, deadlineMs);
          } finally {
            for (const owner of owners.splice(0)) atWork.delete(owner);
          }
        };
      };
  }

  return {
    isAtWork: (owner: string): boolean => atWork.get(owner)?.isAlive() ?? false,

    ingest: (process: Process): Step<Post, Receipts> => {
      const { state, queue } = open(process);
      const queues = { normal: QUEUES.events, urgent: QUEUES.eventsUrgent };
      const deps = ingestDeps(state, {
        enqueue: queue.enqueue,
        queues,
        newId,
        topics: state.catalogs.get,
        orderedQueue: isOrdered ? QUEUES.eventsOrdered : undefined,
      });
      return (post) => ingest(post, deps);
    },

    /** A heartbeat beats, as ingest takes it. */
    beat: (process: Process): Step<{ readonly tenant: string; readonly id: string }, string> => {
      const { ledger, now } = open(process).state;
      const heartbeats = createHeartbeats(ledger, { now });
      return ({ tenant, id }) => heartbeats.beat(tenant, id);
    },

    /** Whoever reads a queue, by bundle. */
    consumers: {
      'fan-out': fanningOut((state, { queue, ownQueue }) =>
        fanOutStep(state, { ...routing, enqueue: queue.enqueue, queues: DELIVER_QUEUES, ownQueue }),
      ),
      'fan-out-ordered': fanningOut((state, { queue, ownQueue }) => {
        const { deliverOrdered: deliverQueue } = QUEUES;
        return fanOutOrderedStep(state, { ...routing, enqueue: queue.enqueue, deliverQueue, ownQueue });
      }),
      deliver: delivering(deliverStep),
      'deliver-ordered': delivering(deliverOrderedStep),
    },

    deadLetters: (process: Process): Consumer => invoke(deadLettersStep(open(process).state)),

    timers: (process: Process): Step<undefined, void> => {
      const { state, queue } = open(process);
      const step = timersStep(state, {
        enqueue: queue.enqueue,
        queues: DELIVER_QUEUES,
        eventQueues: { normal: QUEUES.events, urgent: QUEUES.eventsUrgent },
        channels,
        newId,
      });
      return (_, deadlineMs) => step({ requestId: '', deadlineMs });
    },
  };
}

export type Functions = ReturnType<typeof createFunctions>;

function invoke(step: QueueStep): Consumer {
  return (records, deadlineMs) => step(records, { requestId: '', deadlineMs });
}

/** A client whose commands go elsewhere. It is one by its class, because the SDK's paginators look. */
export function dynamoClient(send: (command: object) => Promise<object>): DynamoDBClient {
  return Object.assign(Object.create(DynamoDBClient.prototype) as DynamoDBClient, { send });
}

/** Fields of a log line as a story tells them: errors by their message, without a stack. */
function wordsOf(fields: object | undefined): string {
  const told = (name: string, value: unknown): unknown =>
    name === 'stack' ? undefined : value instanceof Error ? value.message : value;
  return JSON.stringify(fields, told) ?? '';
}
