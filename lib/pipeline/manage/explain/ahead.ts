import type { Ahead } from '../../../core/explanation.ts';
import type { Event } from '../../../core/event.ts';
import { compileOrders } from '../../../core/order.ts';
import { closestEntry } from '../../../core/topic.ts';
import type { DeliveryView } from '../../../core/views.ts';
import type { ReadDeps } from '../deliveries.ts';
import type { Known } from './known.ts';

export interface AheadDeps extends Pick<ReadDeps, 'listOpen'> {
  /** Events as they were posted, by id. */
  readonly bodies: (tenant: string, ids: readonly string[]) => Promise<ReadonlyMap<string, Event>>;
}

/** What is ahead of an event at a destination; `undefined`: nothing that is known. */
export type AheadAt = (destination: string) => Ahead | undefined;

/** So many of the newest deliveries that are not over are looked at. */
const MAX_LOOKED_AT = 100;

/** Of an event that stays in order, what has to be over first. Costs nothing for any other. */
export async function lookAhead(
  { tenant, event, catalog }: Known,
  { listOpen, bodies }: AheadDeps,
): Promise<AheadAt> {
  const orderOf = compileOrders(catalog.topics);
  const order = orderOf(event);
  if (order === undefined) return () => undefined;
  const stops = closestEntry(catalog.topics)(event.topic)?.onDead === 'stop';
  const { items } = await listOpen(tenant, { limit: MAX_LOOKED_AT });
  const open = items.filter((one) => one.event !== event.id && holds(one, stops));
  const events = await bodies(tenant, [...new Set(open.map((one) => one.event))]);
  const ahead = open.filter((one) => {
    const other = events.get(one.event);
    return other && orderOf(other) === order && isBefore(other, event);
  });
  const oldestFirst = ahead.toSorted((a, b) => sinceOf(a) - sinceOf(b));
  return (destination) => {
    const head = oldestFirst.find((one) => one.destination === destination);
    return head && { event: head.event, state: head.state, ...(head.state === 'dead' && { stops: true }) };
  };
}

/** Whether it keeps back what comes behind it. */
function holds({ state }: DeliveryView, stops: boolean): boolean {
  return state === 'retrying' || state === 'held' || (state === 'dead' && stops);
}

function isBefore(other: Event, event: Event): boolean {
  return Date.parse(other.time) <= Date.parse(event.time);
}

function sinceOf({ since, changedAt = '' }: DeliveryView): number {
  return Date.parse(since ?? changedAt);
}
