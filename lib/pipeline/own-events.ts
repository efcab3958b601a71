import type { Event } from '../core/event.ts';
import { type EventPack, MESSAGE_VERSION } from '../core/message.ts';
import { type Enqueue, enqueueAll } from './queues.ts';

/** Makes sure of one pack with events of Fanfare's own, in their order; made again it is the same pack. */
export async function enqueueOwn(
  tenant: string,
  events: readonly Event[],
  { queue, enqueue }: { readonly queue: string; readonly enqueue: Enqueue },
): Promise<boolean> {
  const [last] = events.toReversed();
  if (!last) return true;
  // Whoever fans them out first puts them on record, so that they can be looked up like any event.
  const hashes = Object.fromEntries(events.map(({ id }) => [id, id]));
  const pack: EventPack = {
    v: MESSAGE_VERSION,
    kind: 'events',
    tenant,
    pack: last.id,
    hashes,
    items: events,
  };
  const message = { body: JSON.stringify(pack), groupId: tenant };
  return !(await enqueueAll([{ queue, message }], enqueue)).includes(false);
}
