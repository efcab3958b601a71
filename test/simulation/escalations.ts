import type { Route } from '../../lib/core/catalog.ts';
import { createEscalations } from '../../lib/stores/escalations.ts';
import { TABLES, dynamoClient } from './functions.ts';
import type { DynamoModel } from './model/dynamo.ts';
import type { Random } from './random.ts';
import type { Tell } from './trace.ts';
import type { World } from './world.ts';

/** When somebody acknowledges all that is open of a tenant. */
export interface PlannedAcknowledgement {
  readonly tenant: string;
  /** After the start. */
  readonly atMs: number;
}

/** The route that is never left out when routes change: what it has begun is to be taken to its end. */
export const PAGES = 'pages';

/** Tells of alerts beside all other routes, and escalates them; shorter waits than people may write. */
export function escalating(random: Random, destinations: readonly string[]): Route {
  const steps = Array.from({ length: random.whole(1, 2) }, () => ({
    afterMs: random.whole(2, 40) * 1_000,
    destinations: [random.pick(destinations)],
  }));
  const escalate = { steps, ...(random.chance(0.4) && { repeat: 1 }) };
  return {
    id: PAGES,
    order: 0,
    topics: ['alert.*'],
    continue: true,
    destinations: [random.pick(destinations)],
    escalate,
  };
}

/** Now and then, and often just when a step is about to be taken. */
export function drawAcknowledgements(tenant: string, random: Random): PlannedAcknowledgement[] {
  if (!random.chance(0.5)) return [];
  return Array.from({ length: random.whole(1, 2) }, () => ({ tenant, atMs: random.between(5_000, 150_000) }));
}

/** An incident that was acknowledged, and when. */
export interface Acknowledged {
  readonly tenant: string;
  readonly incident: string;
  readonly opener: string;
  readonly atMs: number;
}

/** Somebody acknowledges, through the store that the API asks. */
export function planAcknowledgements(
  planned: readonly PlannedAcknowledgement[],
  deps: {
    readonly startMs: number;
    readonly world: World;
    readonly dynamo: DynamoModel;
    readonly tell: Tell;
  },
): readonly Acknowledged[] {
  const { startMs, world, dynamo, tell } = deps;
  const client = dynamoClient(async (command) => dynamo.run(command));
  const ledger = { client, name: TABLES.ledger, wait: () => Promise.resolve() };
  const escalations = createEscalations(ledger, { now: world.now });
  const done: Acknowledged[] = [];

  async function acknowledge(tenant: string, incident: string): Promise<void> {
    // What the table does not take is answered 503.
    const known = await escalations.acknowledge(tenant, incident, 'somebody').catch(() => undefined);
    if (known === undefined || known === 'unknown' || known.state !== 'acknowledged') return;
    tell(tenant, `acknowledges ${incident}`);
    done.push({ tenant, incident, opener: known.opener, atMs: world.now() });
  }

  for (const { tenant, atMs } of planned)
    world.at(startMs + atMs, () => {
      for (const incident of openIncidents(tenant, dynamo)) void acknowledge(tenant, incident);
    });
  return done;
}

function openIncidents(tenant: string, dynamo: DynamoModel): string[] {
  return dynamo.items(TABLES.ledger).flatMap(({ pk, sk, state }) => {
    const [, owner, incident] = /^T#([^#]+)#N#(.+)$/.exec(pk?.S ?? '') ?? [];
    return sk?.S === 'escalation' && owner === tenant && state?.S === 'open' && incident ? [incident] : [];
  });
}
