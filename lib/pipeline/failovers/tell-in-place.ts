import type { Event } from '../../core/event.ts';
import { failoverPack } from '../../core/failover.ts';
import { type EventPack, MESSAGE_VERSION } from '../../core/message.ts';
import { type OwedEnd, endInPlace } from '../../core/stand-in.ts';
import { type Outgoing, enqueueAll } from '../queues.ts';
import type { PassOnDeps } from './pass-on.ts';

/** Puts an end into the queue for those who hear of it in place of its destination; whether all are safe there. */
export async function tellInPlace(
  tenant: string,
  event: Event,
  owed: readonly OwedEnd[],
  { eventQueues, enqueue }: Pick<PassOnDeps, 'eventQueues' | 'enqueue'>,
): Promise<boolean> {
  const outgoing = owed.map((end): Outgoing => {
    const pack: EventPack = {
      v: MESSAGE_VERSION,
      kind: 'events',
      tenant,
      // Another than that in which it would fail over.
      pack: failoverPack(event.id, `${end.from}>${end.to}`),
      items: [endInPlace(event, end)],
    };
    return { queue: eventQueues[event.lane], message: { body: JSON.stringify(pack), groupId: tenant } };
  });
  return (await enqueueAll(outgoing, enqueue)).every(Boolean);
}
