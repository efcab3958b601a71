import type { DeliveryRef } from '../core/claim.ts';
import type { DeliveryPack } from '../core/message.ts';
import type { Telemetry } from '../core/metrics.ts';
import type { Notification } from '../core/notification.ts';
import { type DeliverQueues, type Enqueue, deliverQueue, enqueueAll, groupOf } from './queues.ts';

/** A delivery whose next attempt is due. */
export interface DueDelivery {
  readonly ref: DeliveryRef;
  readonly dueAt: string;
  /** The attempt that is over. */
  readonly attempt: number;
  readonly channel: string;
  readonly since: number;
  readonly content: Notification;
}

export interface TimerDeps {
  readonly due: {
    minutes(): Promise<readonly number[]>;
    find(minute: number): Promise<readonly DueDelivery[]>;
    postpone(due: DueDelivery, byMs: number): Promise<void>;
    swept(minute: number): Promise<void>;
  };
  readonly enqueue: Enqueue;
  readonly queues: DeliverQueues;
  readonly telemetry: Telemetry;
  readonly remainingMs: () => number;
}

/** An entry comes up again after this, unless the message that was sent for it has been claimed by then. */
const AGAIN_MS = 900_000;
const RESERVE_MS = 10_000;

/**
 * Sends what is due in the minutes not swept yet. An entry is moved on after its message is safe, and only a
 * claim or a terminal write removes it: a message that is lost on the way comes again.
 */
export async function runTimers(deps: TimerDeps): Promise<void> {
  let sent = 0;
  for (const minute of await deps.due.minutes()) {
    // What is left is swept by the next run: the note below says how far this one came.
    if (deps.remainingMs() < RESERVE_MS) break;
    const due = await deps.due.find(minute);
    const outgoing = due.map((one) => ({ one, queue: queueOf(one, deps), message: toMessage(one) }));
    const safe = await enqueueAll(outgoing, deps.enqueue);
    const gone = outgoing.filter((_, index) => safe[index]);
    await Promise.all(gone.map(({ one }) => deps.due.postpone(one, AGAIN_MS)));
    sent += gone.length;
    if (gone.length < due.length) break;
    await deps.due.swept(minute);
  }
  if (sent > 0) deps.telemetry.log('info', 'retries due', { count: sent });
}

function queueOf({ channel }: DueDelivery, { queues }: TimerDeps): string {
  return deliverQueue(queues, channel, 'normal');
}

function toMessage({ ref, attempt, since, content }: DueDelivery): { body: string; groupId: string } {
  const pack: DeliveryPack = {
    v: 1,
    kind: 'deliveries',
    tenant: ref.tenant,
    destination: ref.destination,
    lane: 'normal',
    items: [{ notification: content, n: attempt + 1, since }],
  };
  return { body: JSON.stringify(pack), groupId: groupOf(ref.tenant, ref.destination) };
}
