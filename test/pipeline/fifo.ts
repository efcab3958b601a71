import type { DeliveryPack, QueueRecord } from '../../lib/core/message.ts';
import { deliveryGroup } from '../../lib/core/order.ts';
import type { OrderedDeps } from '../../lib/pipeline/deliver-ordered.ts';
import { type Rig, record } from './rig.ts';

interface Held {
  readonly record: QueueRecord;
  readonly group: string;
  receives: number;
  visibleAt: number;
  /** Received, and neither deleted nor visible again. */
  inFlight: boolean;
}

/**
 * A FIFO queue in memory before the ordered step of a rig. Like SQS, and unlike fauxqs, it fills a batch with
 * messages of one group; a group of which one is in flight gives out no other.
 */
export function fifoOn(rig: Rig) {
  const held: Held[] = [];
  let received: Held[] = [];

  const refresh = (): void => {
    for (const one of held) if (one.visibleAt <= rig.clock.now()) one.inFlight = false;
  };

  const queue = {
    get size() {
      return held.length;
    },

    /** Adds the deliveries of some events with one key, one message each. */
    add(events: readonly string[], key: string, more: Partial<DeliveryPack> = {}): void {
      for (const event of events) {
        const order = `orders#${key}`;
        const group = deliveryGroup('acme', more.destination ?? 'ops', order);
        held.push({
          record: record([event], { order, ...more }),
          group,
          receives: 0,
          visibleAt: 0,
          inFlight: false,
        });
      }
    },

    addRaw(body: string, key: string): void {
      const group = deliveryGroup('acme', 'ops', `orders#${key}`);
      const raw = { ...record(['x']), body };
      held.push({ record: raw, group, receives: 0, visibleAt: 0, inFlight: false });
    },

    /** The first message, whether or not it is visible. */
    peek(): QueueRecord {
      return held[0]!.record;
    },

    receive(): QueueRecord[] {
      refresh();
      const locked = new Set(held.filter(({ inFlight }) => inFlight).map(({ group }) => group));
      received = held.filter(({ group }) => !locked.has(group)).slice(0, 10);
      return received.map((one) => {
        Object.assign(one, {
          inFlight: true,
          visibleAt: rig.clock.now() + 180_000,
          receives: one.receives + 1,
        });
        const attributes = { MessageGroupId: one.group, ApproximateReceiveCount: String(one.receives) };
        return { ...one.record, attributes };
      });
    },

    /** What Lambda does once the step has returned. */
    settle(failed: readonly string[]): void {
      for (const one of received) {
        const { messageId, receiptHandle } = one.record;
        if (!failed.includes(messageId)) held.splice(held.indexOf(one), 1);
        const extension = rig.extended.findLast((entry) => entry.receiptHandle === receiptHandle);
        if (extension) one.visibleAt = rig.clock.now() + extension.seconds * 1_000;
      }
      rig.extended.length = 0;
      received = [];
    },

    async turn(deps?: Partial<OrderedDeps>): Promise<void> {
      queue.settle(await rig.runOrdered(queue.receive(), deps));
    },

    /** Works until nothing is left, or nothing is visible before a time. */
    async drain(untilMs = Infinity, deps?: Partial<OrderedDeps>): Promise<void> {
      while (held.length > 0) {
        refresh();
        const locked = new Set(held.filter(({ inFlight }) => inFlight).map(({ group }) => group));
        if (held.every(({ group }) => locked.has(group))) {
          const next = Math.min(...held.filter(({ inFlight }) => inFlight).map(({ visibleAt }) => visibleAt));
          if (next > untilMs) return;
          rig.clock.ms = Math.max(rig.clock.ms, next);
        }
        await queue.turn(deps);
      }
    },
  };
  return queue;
}
