import type { Lane } from '../core/event.ts';
import type { OutgoingMessage } from '../core/message.ts';
import { digest } from '../core/order.ts';

/** URLs of the deliver queues: one per dedicated channel, `http` for the others, `urgent` for all. */
export type DeliverQueues = Readonly<Record<string, string>>;

export type Enqueue = (
  queueUrl: string,
  messages: readonly OutgoingMessage[],
) => Promise<{ readonly failed: readonly number[] }>;

/** The queue that serves a channel in a lane. A channel nobody knows any more goes where deletions are settled. */
export function deliverQueue(queues: DeliverQueues, channel: string | undefined, lane: Lane): string {
  const name = lane === 'urgent' ? 'urgent' : channel !== undefined && channel in queues ? channel : 'http';
  const url = queues[name];
  if (url === undefined) throw new Error(`no deliver queue is called ${name}`);
  return url;
}

/** Fair-queue group of a delivery pack: one tenant's flood to one destination slows nobody else. */
export function groupOf(tenant: string, destination: string): string {
  const group = `${tenant}#${destination}`;
  return group.length <= MAX_GROUP ? group : digest(tenant, destination);
}

/** Characters that SQS takes for a group. */
const MAX_GROUP = 128;

/** A message and the queue it goes to. */
export interface Outgoing {
  readonly queue: string;
  readonly message: OutgoingMessage;
}

/** Sends to several queues at once; answers whether each message, in order, is safe in its queue. */
export async function enqueueAll(outgoing: readonly Outgoing[], enqueue: Enqueue): Promise<boolean[]> {
  const safe = outgoing.map(() => false);
  const byQueue = Map.groupBy(outgoing.entries(), ([, { queue }]) => queue);
  await Promise.all(
    [...byQueue].map(async ([queue, entries]) => {
      try {
        const { failed } = await enqueue(
          queue,
          entries.map(([, { message }]) => message),
        );
        const lost = new Set(failed);
        entries.forEach(([index], position) => (safe[index] = !lost.has(position)));
      } catch {
        // None of this queue's messages is known to be safe: their sources come again.
      }
    }),
  );
  return safe;
}
