import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Channel } from '../../lib/channel.ts';
import { type Catalog, limitsOf } from '../../lib/core/catalog.ts';
import type { Lane } from '../../lib/core/event.ts';
import type { QueueRecord } from '../../lib/core/message.ts';
import { type DeliverDeps, deliver } from '../../lib/pipeline/deliver.ts';
import { createClaims } from '../../lib/stores/claims.ts';
import { createIncidents } from '../../lib/stores/incidents.ts';
import { createLimits } from '../../lib/stores/limits.ts';
import { createOutcomes } from '../../lib/stores/outcomes.ts';
import { createPoison } from '../../lib/stores/poison.ts';

const TIMEOUT_MS = 30_000;

/** What the workers of a world share. */
export interface WorkerDeps extends Pick<
  DeliverDeps,
  'post' | 'enqueue' | 'now' | 'wait' | 'random' | 'onWasted'
> {
  readonly client: DynamoDBClient;
  readonly tables: { readonly ledger: string; readonly limits: string };
  readonly catalog: Catalog;
  readonly channel: Channel;
  readonly onDeferred: (deliveries: number) => void;
}

/** One execution environment: a memory of its own, a batch at a time. */
export function createWorker(
  { client, tables, catalog, channel, onDeferred, ...deps }: WorkerDeps,
  { name, lane }: { readonly name: string; readonly lane: Lane },
): (records: readonly QueueRecord[]) => Promise<void> {
  const { now, wait } = deps;
  const ledger = { client, name: tables.ledger, wait };
  const limits = createLimits({ client, name: tables.limits, wait }, { now });
  const claims = createClaims(ledger);
  const outcomes = createOutcomes(ledger, { now });
  let batches = 0;
  return async (records) => {
    const startedAt = now();
    const failed = await deliver(records, {
      ...deps,
      catalog: async () => catalog,
      recipients: async () => new Map(),
      channelOf: () => channel,
      open: async (tenant, opening, { id, settings }) => ({
        ok: true,
        target: opening.open(settings, { tenant, destination: id, limits: limitsOf(catalog, id) }),
      }),
      limits,
      claims,
      complete: claims.complete,
      incidents: createIncidents(ledger, { now }),
      markDead: claims.markDead,
      passOn: async () => undefined,
      outcomes,
      logAttempts: outcomes.log,
      poison: createPoison(ledger, { now }),
      extend: async () => undefined,
      ownQueue: lane,
      queues: { http: lane, urgent: lane },
      disable: async () => undefined,
      noteLot: async () => undefined,
      skewed: () => false,
      owner: `${name}-${batches++}`,
      leaseMs: TIMEOUT_MS + 5_000,
      ttl: () => Math.ceil(now() / 1_000) + 86_400,
      remainingMs: () => startedAt + TIMEOUT_MS - now(),
      telemetry: {
        add: (metric, value = 1) => void (metric === 'Deferred' && onDeferred(value)),
        log: (level, message, fields) => {
          if (level === 'error') throw new Error(message, { cause: fields?.['error'] });
        },
      },
    });
    if (failed.length > 0) throw new Error(`${failed.length} messages came back`);
  };
}
