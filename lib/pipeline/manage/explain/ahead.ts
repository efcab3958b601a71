import type { Ahead } from '../../../core/explanation.ts';
import type { Event } from '../../../core/event.ts';
import { compileOrders } from '../../../core/order.ts';
import { closestEntry } from '../../../core/topic.ts';
import type { DeliveryView } from '../../../core/views.ts';
import type { ReadDeps } from '../deliveries.ts';
import type { Known } from './known.ts';

export interface AheadDeps extends Pick<ReadDeps, 'listOpen'> {
  readonly findBody: (tenant: string, id: string) => Promise<Event | undefined>;
}

/** So many of the newest deliveries that are not over are looked at: each costs a read where it is in the same place. */
const MAX_LOOKED_AT = 100;

/** Of an event that stays in order, what has to be over first at a destination; `undefined`: nothing that is known. */
export async function aheadOf(
  destination: string,
  { tenant, event, catalog }: Known,
  { listOpen, findBody }: AheadDeps,
): Promise<Ahead | undefined> {
  const orderOf = compileOrders(catalog.topics);
  const order = orderOf(event);
  if (order === undefined) return undefined;
  const stops = closestEntry(catalog.topics)(event.topic)?.onDead === 'stop';
  const { items } = await listOpen(tenant, { limit: MAX_LOOKED_AT });
  const there = items.filter((one) => one.destination === destination && one.event !== event.id);
  const events = await Promise.all(there.map((one) => findBody(tenant, one.event)));
  const ahead = there.filter((one, index) => {
    const other = events[index];
    return other && orderOf(other) === order && isBefore(other, event) && holds(one, stops);
  });
  const head = ahead.toSorted((a, b) => sinceOf(a) - sinceOf(b))[0];
  return head && { event: head.event, state: head.state, ...(head.state === 'dead' && { stops: true }) };
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
