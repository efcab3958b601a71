import type { OrderOf } from '../../core/order.ts';
import { holdOf } from '../../core/schedule.ts';
import type { Fresh, IngestDeps, Sent } from './work.ts';

interface Plan {
  /** To be enqueued now. */
  readonly going: Fresh[];
  /** The timers enqueue them when their time comes, by their records. */
  readonly held: Sent[];
  /** Ids of events that cannot be scheduled: their topic is ordered. */
  readonly unordered: string[];
}

/** Parts new events by who brings them into the queue. Each that is held travels in a pack of its own, however often. */
export function planAhead(
  fresh: readonly Fresh[],
  orderOf: OrderOf,
  atMs: number,
  { newId }: Pick<IngestDeps, 'newId'>,
): Plan {
  const plan: Plan = { going: [], held: [], unordered: [] };
  for (const one of fresh) {
    const hold = holdOf(one.event, atMs);
    if (hold && orderOf(one.event) !== undefined) plan.unordered.push(one.event.id);
    else if (hold?.by === 'timers') plan.held.push({ ...one, pack: newId() });
    else plan.going.push(one);
  }
  return plan;
}
