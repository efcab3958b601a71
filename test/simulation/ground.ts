import { minuteOf } from '../../lib/core/keys.ts';
import { createCatalogWriter } from '../../lib/stores/catalog-writer.ts';
import { createDue } from '../../lib/stores/due.ts';
import { QUEUES, TABLES, dynamoClient, timeoutMsOf } from './functions.ts';
import type { DynamoModel } from './model/dynamo.ts';
import type { QueueSpec } from './model/sqs.ts';
import type { Scenario, Tenant } from './scenario.ts';

interface Reader {
  readonly queue: string;
  readonly bundle: 'fan-out' | 'fan-out-ordered' | 'deliver' | 'deliver-ordered';
  /** As deployed; a day may allow fewer, but not of an ordered delivery, whose every attempt is a receive. */
  readonly maxReceives: number;
}

const EVENT_READERS: readonly Reader[] = [QUEUES.events, QUEUES.eventsUrgent].map((queue) => {
  return { queue, bundle: 'fan-out', maxReceives: 10 };
});
const DELIVERY_READERS: readonly Reader[] = [QUEUES.chat, QUEUES.http, QUEUES.urgent].map((queue) => {
  return { queue, bundle: 'deliver', maxReceives: 100 };
});
const ORDERED_READERS: readonly Reader[] = [
  { queue: QUEUES.eventsOrdered, bundle: 'fan-out-ordered', maxReceives: 10 },
  { queue: QUEUES.deliverOrdered, bundle: 'deliver-ordered', maxReceives: 1_000 },
];

/** The consumers of a stack, which is deployed with `ordered: true` where somebody wants it. */
export function readersOf(scenario: Pick<Scenario, 'tenants'>): Reader[] {
  const ordered = isOrdered(scenario) ? ORDERED_READERS : [];
  return [...EVENT_READERS, ...DELIVERY_READERS, ...ordered];
}

export function isOrdered({ tenants }: Pick<Scenario, 'tenants'>): boolean {
  return tenants.some(({ topics }) => topics.some(({ ordered }) => ordered));
}

export function deadQueue(queue: string): string {
  return `${queue}-dead`;
}

/** As `cdk/constructs/consumer.ts` deploys them: six time-outs of visibility. */
export function queueSpecs(scenario: Pick<Scenario, 'tenants' | 'maxReceives' | 'maxInFlight'>): QueueSpec[] {
  return readersOf(scenario).flatMap(({ queue, bundle, maxReceives }): QueueSpec[] => {
    const kind = ORDERED_READERS.some((one) => one.queue === queue) ? 'fifo' : 'standard';
    const fewer = bundle === 'deliver-ordered' ? Infinity : scenario.maxReceives;
    const deadLetters = deadQueue(queue);
    return [
      {
        url: queue,
        visibilityMs: 6 * timeoutMsOf(bundle),
        maxReceives: Math.min(maxReceives, fewer),
        deadLetters,
        kind,
        maxInFlight: scenario.maxInFlight,
      },
      { url: deadLetters, visibilityMs: 6 * timeoutMsOf('dead-letters'), maxReceives: Infinity, kind },
    ];
  });
}

export async function writeCatalog(
  tenants: readonly Tenant[],
  dynamo: DynamoModel,
  routesOf: (tenant: Tenant) => Tenant['routes'],
): Promise<void> {
  const client = dynamoClient(async (command) => dynamo.run(command));
  const writer = createCatalogWriter({ client, name: TABLES.catalog, wait: () => Promise.resolve() });
  for (const tenant of tenants) {
    for (const { id, ...body } of tenant.destinations) {
      await writer.put(tenant.id, 'destination', id, body, undefined);
    }
    for (const { id, ...body } of tenant.limits) await writer.put(tenant.id, 'limit', id, body, undefined);
    for (const { id, ...body } of tenant.topics) await writer.put(tenant.id, 'topic', id, body, undefined);
    for (const route of await writer.list(tenant.id, 'route')) {
      await writer.remove(tenant.id, 'route', route.id, route.etag);
    }
    for (const { id, ...body } of routesOf(tenant)) await writer.put(tenant.id, 'route', id, body, undefined);
  }
}

/** The timers have run up to the start: the first run has nothing old to look for. */
export async function noteSweep(startMs: number, dynamo: DynamoModel): Promise<void> {
  const client = dynamoClient(async (command) => dynamo.run(command));
  const ledger = { client, name: TABLES.ledger, wait: () => Promise.resolve() };
  await createDue(ledger, { now: () => startMs }).swept(minuteOf(startMs));
}
