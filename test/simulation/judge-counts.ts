import type { Event } from '../../lib/core/event.ts';
import { TABLES } from './functions.ts';
import { type Kept, type Ref, heldBy, keptBy, listedBy } from './ledger-view.ts';
import type { DynamoModel } from './model/dynamo.ts';
import type { Scenario } from './scenario.ts';
import type { Violate } from './violation.ts';

/**
 * Nothing is kept back by a count that has let nothing through: behind each duplicate stands another event of its key
 * that its destination hears of, behind each that is capped as many as the cap allows. Answers how many were kept back.
 */
export function judgeCounts({ tenants }: Scenario, dynamo: DynamoModel, violate: Violate): number {
  const items = dynamo.items(TABLES.ledger);
  const kept = [...new Map(items.flatMap(keptBy).map((one) => [nameOf(one), one])).values()];
  const told = items.flatMap((item) => [...listedBy(item), ...heldBy(item)]);
  const heard = [...new Map(told.map((one) => [nameOf(one), one])).values()];
  const keys = new Map(
    items.flatMap(({ pk, sk, body }) => {
      if (sk?.S !== 'event' || body?.S === undefined) return [];
      const event = JSON.parse(body.S) as Event;
      return [[pk?.S, `${event.topic} ${JSON.stringify(event.data['key'])}`] as const];
    }),
  );
  const keyOf = ({ tenant, event }: Pick<Kept, 'tenant' | 'event'>): string | undefined =>
    keys.get(`T#${tenant}#E#${event}`);
  for (const one of kept) {
    const others = heard.filter((other) => isBeside(one, other));
    // Of an event that nobody was promised there may be no record, be it this one or the one before it.
    const isOfIts = (other: Ref): boolean => {
      const [own, theirs] = [keyOf(one), keyOf(other)];
      return own === undefined || theirs === undefined || own === theirs;
    };
    if (one.reason === 'duplicate' && !others.some(isOfIts))
      violate('lost', `${nameOf(one)} was kept back as a duplicate of nothing`);
    const destination = tenants
      .find(({ id }) => id === one.tenant)
      ?.destinations.find(({ id }) => id === one.destination);
    if (!destination)
      violate('crossTenant', `${nameOf(one)} was kept from a destination that its tenant has not`);
    const { cap } = destination ?? {};
    if (one.reason === 'capped' && others.length < (cap?.max ?? Infinity))
      violate('lost', `${nameOf(one)} was capped beside only ${others.length} that were heard`);
  }
  return kept.length;
}

function isBeside(one: Kept, other: Ref): boolean {
  return one.tenant === other.tenant && one.destination === other.destination && one.event !== other.event;
}

function nameOf({ tenant, event, destination }: Pick<Kept, 'tenant' | 'event' | 'destination'>): string {
  return `${tenant}#${event}:${destination}`;
}
