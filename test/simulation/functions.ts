import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { QueueRecord } from '../../lib/core/message.ts';
import type { Telemetry } from '../../lib/core/metrics.ts';
import { buryDeadLetters } from '../../lib/pipeline/dead-letters.ts';
import { deliver } from '../../lib/pipeline/deliver.ts';
import { createOpener } from '../../lib/pipeline/deliver/open.ts';
import { fanOut } from '../../lib/pipeline/fan-out.ts';
import { type Post, type Receipts, ingest } from '../../lib/pipeline/ingest.ts';
import { createUrgentQuota } from '../../lib/pipeline/ingest/urgent-quota.ts';
import { runTimers } from '../../lib/pipeline/timers.ts';
import { createQueue } from '../../lib/platform/queue.ts';
import { createCatalogWriter } from '../../lib/stores/catalog-writer.ts';
import { createCatalogs } from '../../lib/stores/catalog.ts';
import { createClaims } from '../../lib/stores/claims.ts';
import { MAX_SKEW_MS } from '../../lib/stores/client.ts';
import { createDead } from '../../lib/stores/dead.ts';
import { disableDestination } from '../../lib/stores/disable.ts';
import { createDue } from '../../lib/stores/due.ts';
import { createEvents } from '../../lib/stores/events.ts';
import { createFanOuts } from '../../lib/stores/fan-outs.ts';
import { createLimits } from '../../lib/stores/limits.ts';
import { createOutcomes } from '../../lib/stores/outcomes.ts';
import { createPoison } from '../../lib/stores/poison.ts';
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
};
export const DELIVER_QUEUES = { chat: QUEUES.chat, http: QUEUES.http, urgent: QUEUES.urgent };
/** As the stack deploys them (`cdk/functions.ts`). */
export const TIMEOUT_MS = {
  ingest: 20_000,
  fanOut: 60_000,
  deliver: 30_000,
  deadLetters: 30_000,
  timers: 50_000,
};
const MAX_EVENT_AGE_MS = 900_000;
const LEASE_MARGIN_MS = 5_000;
const TTL_SECONDS = 30 * 86_400;

/** What the functions of one seed stand on. */
export interface Services {
  readonly dynamo: DynamoModel;
  readonly sqs: SqsModel;
  readonly providers: Providers;
  readonly random: Random;
  readonly tell: Tell;
}

type QueueStep = Step<readonly QueueRecord[], readonly string[]>;

/** The product's own pipelines and stores, wired as `functions/` wires them, with everything else from outside. */
export function createFunctions({ dynamo, sqs, providers, random, tell }: Services) {
  let ids = 0;
  /** Invocations that hold claims: owner -> the process it runs in. */
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
    const ledger = { client, name: TABLES.ledger, wait };
    return {
      process,
      now,
      wait,
      telemetry,
      ledger,
      client,
      limits: createLimits({ client, name: TABLES.limits, wait }, { now }),
      catalogs: createCatalogs({ client, table: TABLES.catalog, now }),
      writer: createCatalogWriter({ client, name: TABLES.catalog, wait }),
      claims: createClaims(ledger),
      events: createEvents(ledger),
      fanOuts: createFanOuts(ledger, { now }),
      outcomes: createOutcomes(ledger, { now }),
      poison: createPoison(ledger, { now }),
      queue: createQueue({ client: sqsClient, wait }),
      ttl: () => Math.ceil(now() / 1000) + TTL_SECONDS,
    };
  }

  return {
    isAtWork: (owner: string): boolean => atWork.get(owner)?.isAlive() ?? false,

    ingest: (process: Process): Step<Post, Receipts> => {
      const { queue, events, limits, telemetry, now } = open(process);
      const deps = {
        ...queue,
        records: events,
        takeUrgent: createUrgentQuota({ limits, telemetry, now }),
        queues: { normal: QUEUES.events, urgent: QUEUES.eventsUrgent },
        telemetry,
        now,
        newId,
      };
      return (post) => ingest(post, deps);
    },

    fanOut:
      (ownQueue: string) =>
      (process: Process): QueueStep => {
        const { catalogs, events, limits, fanOuts, queue, poison, telemetry, now } = open(process);
        const deps = {
          catalog: catalogs.get,
          events,
          limits,
          maxAgeMs: MAX_EVENT_AGE_MS,
          record: fanOuts.record,
          enqueue: queue.enqueue,
          queues: DELIVER_QUEUES,
          ownQueue,
          payloadOf: () => chat.payload,
          poison,
          telemetry,
          now,
        };
        return (records) => fanOut(records, deps);
      },

    deliver:
      (ownQueue: string) =>
      (process: Process): QueueStep => {
        const { now, wait, telemetry, claims, outcomes, poison, queue, writer, ...state } = open(process);
        const deps = {
          catalog: state.catalogs.get,
          channelOf: (name: string) => (name === chat.name ? chat : undefined),
          open: createOpener({
            secrets: () => Promise.resolve(new Map()),
            resolve: (_, settings) => ({ ok: true, settings }),
            now,
          }),
          limits: state.limits,
          claims,
          complete: claims.complete,
          markDead: claims.markDead,
          outcomes,
          logAttempts: outcomes.log,
          poison,
          post: providers.postOf(process),
          enqueue: queue.enqueue,
          extend: (entries: Parameters<typeof queue.extend>[1]) => queue.extend(ownQueue, entries),
          ownQueue,
          disable: (tenant: string, id: string, reason: 'gone') =>
            disableDestination(writer, tenant, id, reason),
          skewed: () => Math.abs(process.skewMs()) > MAX_SKEW_MS,
          onWasted: () => {},
          leaseMs: TIMEOUT_MS.deliver + LEASE_MARGIN_MS,
          ttl: state.ttl,
          random: random.next,
          telemetry,
          now,
          wait,
        };
        return async (records, deadlineMs) => {
          const owner = newId();
          atWork.set(owner, process);
          try {
            return await deliver(records, { ...deps, owner, remainingMs: () => deadlineMs - now() });
          } finally {
            atWork.delete(owner);
          }
        };
      },

    deadLetters: (process: Process): QueueStep => {
      const { catalogs, claims, events, ledger, fanOuts, outcomes, poison, ttl, telemetry, now } =
        open(process);
      const deps = {
        catalog: catalogs.get,
        events,
        read: claims.read,
        markDead: claims.markDead,
        logAttempts: outcomes.log,
        bury: createDead(ledger, { now }),
        record: fanOuts.record,
        poison,
        ttl,
        telemetry,
        now,
      };
      return (records) => buryDeadLetters(records, deps);
    },

    timers: (process: Process): Step<undefined, void> => {
      const { ledger, queue, telemetry, now } = open(process);
      const deps = {
        due: createDue(ledger, { now }),
        enqueue: queue.enqueue,
        queues: DELIVER_QUEUES,
        telemetry,
      };
      return (_, deadlineMs) => runTimers({ ...deps, remainingMs: () => deadlineMs - now() });
    },
  };
}

/** A client whose commands go elsewhere. It is one by its class, because the SDK's paginators look. */
export function dynamoClient(send: (command: object) => Promise<object>): DynamoDBClient {
  return Object.assign(Object.create(DynamoDBClient.prototype) as DynamoDBClient, { send });
}

function nameOf(command: object): string {
  return command.constructor.name.replace(/Command$/, '');
}

function wordsOf(fields: object | undefined): string {
  return (
    JSON.stringify(fields, (_, value: unknown) => (value instanceof Error ? value.message : value)) ?? ''
  );
}
