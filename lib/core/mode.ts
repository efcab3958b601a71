import type { Topic } from './catalog.ts';
import { closestEntry } from './topic.ts';

/** How often a delivery of a topic may reach its provider, and where its success is written. */
export const MODES = ['atMostOnce', 'atLeastOnce', 'exactlyOnceRecorded'] as const;
export type Mode = (typeof MODES)[number];

/** `claimsOff`: first attempts are neither claimed nor recorded; from a failure on they are. */
export const DELIVERY_MODES = [...MODES, 'claimsOff'] as const;
export type DeliveryMode = (typeof DELIVERY_MODES)[number];

/** The mode of a message or a record; what a newer release may have invented there reads as the default. */
export function modeOf(value: unknown): DeliveryMode {
  return DELIVERY_MODES.find((mode) => mode === value) ?? 'atLeastOnce';
}

/** The mode that a delivery has once it is on record: it is claimed from there on. */
export function modeOnRecord(mode: DeliveryMode | undefined): Mode | undefined {
  return mode === 'claimsOff' ? undefined : mode;
}

/** The mode of each topic by the catalog's entries; `undefined`: the default. */
export function compileModes(entries: readonly Topic[]): (topic: string) => DeliveryMode | undefined {
  const entryOf = closestEntry(entries);
  return (topic) => {
    const entry = entryOf(topic);
    return entry?.claims === 'off' ? 'claimsOff' : entry?.mode;
  };
}
