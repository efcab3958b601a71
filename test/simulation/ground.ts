import { minuteOf } from '../../lib/core/keys.ts';
import { createCatalogWriter } from '../../lib/stores/catalog-writer.ts';
import { createDue } from '../../lib/stores/due.ts';
import { QUEUES, TABLES, dynamoClient, timeoutMsOf } from './functions.ts';
import type { DynamoModel } from './model/dynamo.ts';
import type { QueueSpec } from './model/sqs.ts';
import type { Scenario, Tenant } from './scenario.ts';

export function deadQueue(queue: string): string {
  return `${queue}-dead`;
}

/** As `cdk/constructs/consumer.ts` deploys them: six time-outs of visibility. */
export function queueSpecs({ maxReceives }: Scenario): QueueSpec[] {
  return Object.values(QUEUES).flatMap((url): QueueSpec[] => {
    const isEvents = url.startsWith('events');
    const visibilityMs = 6 * (isEvents ? timeoutMsOf('fan-out') : timeoutMsOf('deliver'));
    return [
      {
        url,
        visibilityMs,
        maxReceives: Math.min(maxReceives, isEvents ? 10 : 100),
        deadLetters: deadQueue(url),
      },
      { url: deadQueue(url), visibilityMs: 6 * timeoutMsOf('dead-letters'), maxReceives: Infinity },
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
