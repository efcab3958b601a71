import { parseDeliveryPack } from '../../lib/core/message.ts';
import type { Violate } from './violation.ts';

/** A suspect goes on alone once after each death, and each of its copies may. */
const MANY = 50;

/** Watches what is put into queues: what goes on alone again and again does so for ever, whatever ends it at last. */
export function createSuspectWatch() {
  const times = new Map<string, number>();
  return {
    onMessage(body: string, violate: Violate): void {
      // Most messages are no suspects', and need no reading.
      if (!body.includes('"alone":true')) return;
      const parsed = parseDeliveryPack(body);
      // With an appointment it only waits for its slot.
      if (!parsed.ok || parsed.message.appointed) return;
      const { tenant, destination, items } = parsed.message;
      for (const { notification, n } of items) {
        const text = `${tenant}#${notification.id}:${destination}`;
        const name = `${text} ${n}`;
        const count = (times.get(name) ?? 0) + 1;
        times.set(name, count);
        if (count === MANY) violate('stuck', `${text} was sent on alone ${MANY} times for attempt ${n}`);
      }
    },
  };
}
