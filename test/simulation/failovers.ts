import type { Destination } from '../../lib/core/catalog.ts';
import { incidentOf, isEnd } from '../../lib/core/escalation.ts';
import type { Event } from '../../lib/core/event.ts';
import { happenedMs } from '../../lib/core/incident.ts';
import { FAILOVERS } from '../../lib/core/keys.ts';
import { TABLES } from './functions.ts';
import { claimItem, isDelivered, listedBy } from './ledger-view.ts';
import type { DynamoModel } from './model/dynamo.ts';
import type { Random } from './random.ts';
import type { Violate } from './violation.ts';

/** Some destinations have one that stands in for them; sooner than people may ask for. */
export function withFailovers(destinations: readonly Destination[], random: Random): Destination[] {
  return destinations.map((one, index) => {
    const to = destinations[index + 1]?.id;
    if (to === undefined || !random.chance(0.7)) return one;
    return { ...one, failover: { to, afterMs: random.whole(3, 30) * 1_000 } };
  });
}

/** Deliveries that are to be looked at, should they not be accepted. */
export function openFailovers(dynamo: DynamoModel): number {
  return dynamo.items(TABLES.ledger).filter(({ sk, dueAt }) => sk?.S === 'failover' && dueAt !== undefined)
    .length;
}

interface Told {
  readonly tenant: string;
  readonly event: Event;
  readonly atMs: number;
  readonly destinations: ReadonlySet<string>;
}

/** Whoever has heard in place of a destination that something began hears of an end that the destination was to hear of. */
export function judgeFailovers(dynamo: DynamoModel, violate: Violate): number {
  const items = dynamo.items(TABLES.ledger);
  const events = toldIn(dynamo);
  const begun = items.flatMap(({ pk, sk, to }) => {
    const told = events.get(pk?.S ?? '');
    const isNote = sk?.S?.startsWith(FAILOVERS) === true;
    if (!isNote || !told || told.event.dedupeKey === undefined || isEnd(told.event)) return [];
    return [{ ...told, from: sk.S!.slice(FAILOVERS.length), to: to?.S ?? '' }];
  });
  for (const { tenant, event, atMs, from, to } of begun) {
    const incident = incidentOf(event);
    const item = claimItem({ tenant, event: event.id, destination: to }, dynamo);
    if (!item || !isDelivered(item)) continue;
    const own = [...events.values()].filter(
      (one) => one.tenant === tenant && isEnd(one.event) && incidentOf(one.event) === incident,
    );
    const lastMs = Math.max(...own.filter((one) => one.destinations.has(from)).map((one) => one.atMs));
    const isOpen = begun.some(
      (one) =>
        one.tenant === tenant && incidentOf(one.event) === incident && one.from === from && one.atMs > lastMs,
    );
    const hears = own.some((one) => one.destinations.has(to) && one.atMs >= atMs);
    if (atMs <= lastMs && !isOpen && !hears)
      violate('lost', `${tenant} ${to} has heard of ${event.id} in place of ${from}, and not of its end`);
  }
  return begun.length;
}

/** Every event on record with those whom a record of its fan-out sends it to, by the key of its partition. */
function toldIn(dynamo: DynamoModel): Map<string, Told> {
  const items = dynamo.items(TABLES.ledger);
  const lists = Map.groupBy(items.flatMap(listedBy), ({ tenant, event }) => `T#${tenant}#E#${event}`);
  return new Map(
    items.flatMap(({ pk, sk, body }): [string, Told][] => {
      const [, tenant] = /^T#([^#]+)#E#/.exec(pk?.S ?? '') ?? [];
      if (sk?.S !== 'event' || body?.S === undefined || tenant === undefined) return [];
      const event = JSON.parse(body.S) as Event;
      const heard = lists.get(pk?.S ?? '') ?? [];
      const destinations = new Set(heard.map(({ destination }) => destination));
      return [[pk!.S!, { tenant, event, atMs: happenedMs(event, Infinity), destinations }]];
    }),
  );
}
