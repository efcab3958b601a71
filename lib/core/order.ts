import { createHash } from 'node:crypto';
import type { Topic } from './catalog.ts';
import type { Event } from './event.ts';
import { shardOf } from './keys.ts';
import { compilePath, textOf } from './template.ts';
import { closestEntry } from './topic.ts';

/** What happens to a group once a delivery of it is dead. */
export const ON_DEAD = ['continue', 'stop'] as const;
export type OnDead = (typeof ON_DEAD)[number];

/**
 * Name of what an event has to stay in order with: the entry of its topic and its key, or the partition that the key
 * falls into. `undefined`: the event is of no ordered topic.
 */
export type OrderOf = (event: Event) => string | undefined;

/** Orders by the settings of topics. Events without the key stay in order among themselves. */
export function compileOrders(entries: readonly Topic[]): OrderOf {
  const entryOf = closestEntry(entries);
  const keyOf = new Map(
    entries.map((entry) => [entry, entry.orderingKey === undefined ? () => '' : keyAt(entry.orderingKey)]),
  );
  return (event) => {
    const entry = entryOf(event.topic);
    if (!entry?.ordered) return undefined;
    const key = keyOf.get(entry)!(event);
    const part = entry.partitions === undefined ? digest(key) : String(shardOf(key, entry.partitions));
    return `${entry.id}#${part}`;
  };
}

function keyAt(path: string): (event: Event) => string {
  const valueOf = compilePath(path);
  return (event) => textOf(valueOf(event));
}

/** FIFO group of events. Hashed, because SQS takes 128 characters and names alone may be longer. */
export function eventGroup(tenant: string, order: string): string {
  return digest(tenant, order);
}

/** FIFO group of deliveries: a destination that fails holds up no other one. */
export function deliveryGroup(tenant: string, destination: string, order: string): string {
  return digest(tenant, destination, order);
}

/** One id for the same content, as `MessageDeduplicationId`. */
export function digest(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('base64url');
}
