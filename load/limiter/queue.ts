import type { Lane } from '../../lib/core/event.ts';
import type { DeliveryPack, OutgoingMessage, QueueRecord } from '../../lib/core/message.ts';

/** Receives of one call. */
const BATCH = 10;
const TENANT = 'acme';

export interface QueueDeps {
  readonly now: () => number;
  readonly random: () => number;
}

interface Waiting {
  readonly body: string;
  readonly lane: Lane;
  readonly visibleAt: number;
}

/** The deliver queues, in memory. What is received is gone: nobody crashes here. */
export function createQueue({ now, random }: QueueDeps) {
  const waiting: Waiting[] = [];
  const firstReceived = new Map<string, number>();
  let messages = 0;
  let receives = 0;

  return {
    /** Puts a pack in that becomes visible at a time. */
    put(pack: DeliveryPack, visibleAt: number): void {
      waiting.push({ body: JSON.stringify(pack), lane: pack.lane, visibleAt });
    },

    enqueue(outgoing: readonly OutgoingMessage[], lane: Lane): void {
      for (const { body, delaySeconds = 0 } of outgoing)
        waiting.push({ body, lane, visibleAt: now() + delaySeconds * 1_000 });
    },

    /** A standard queue keeps no order among what is visible. */
    receive(lane: Lane): QueueRecord[] {
      const visible = waiting.filter((one) => one.lane === lane && one.visibleAt <= now());
      const batch = Array.from({ length: Math.min(BATCH, visible.length) }, () =>
        visible.splice(Math.floor(random() * visible.length), 1),
      ).flat();
      for (const one of batch) waiting.splice(waiting.indexOf(one), 1);
      for (const { body } of batch) {
        const { destination, items } = JSON.parse(body) as DeliveryPack;
        receives += items.length;
        for (const { notification } of items) {
          const key = keyOf(notification.id, destination);
          if (!firstReceived.has(key)) firstReceived.set(key, now());
        }
      }
      return batch.map(({ body }) => ({ messageId: `m${messages++}`, receiptHandle: 'r', body }));
    },

    /** When a delivery was received for the first time. */
    receivedMs: (event: string, destination: string): number =>
      firstReceived.get(keyOf(event, destination)) ?? 0,
    /** Receives of deliveries. */
    receives: (): number => receives,
  };
}

/** Tells deliveries apart. */
export function keyOf(event: string, destination: string): string {
  return `${event} ${destination}`;
}

export function packOf(
  destination: string,
  events: readonly string[],
  lane: Lane,
  sinceMs: number,
): DeliveryPack {
  const time = new Date(sinceMs).toISOString();
  return {
    v: 1,
    kind: 'deliveries',
    tenant: TENANT,
    destination,
    lane,
    items: events.map((id) => ({
      notification: { id, topic: 'a', time, title: id, text: '' },
      n: 1,
      since: sinceMs,
    })),
  };
}
