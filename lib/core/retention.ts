import type { Topic } from './catalog.ts';
import { closestEntry } from './topic.ts';

/** How many days what became of an event is kept, where its topic says nothing. */
export const DEFAULT_RETENTION_DAYS = 30;

/**
 * What topics may ask for. None is kept for less: a delivery may wait 28 days for the end of a pause, and a message may
 * come for 25, with its retries, in its queue and then among the dead letters. The most is a year and a month, so that
 * one year can be set against the one before.
 */
export const RETENTION_DAYS = { min: DEFAULT_RETENTION_DAYS, max: 400 } as const;

const DAY_SECONDS = 86_400;

/** What an event, a delivery or a record says of how long it is kept; absent: the default. */
export interface Retained {
  readonly retentionDays?: number | undefined;
}

/** Epoch seconds until which what is written now is kept, for so many days. */
export type KeptUntil = (retentionDays?: number) => number;

/** Of a message or a record nobody knows who wrote it: what is no number of days there reads as the default. */
export function keptUntil(nowMs: number, retentionDays?: number): number {
  return Math.ceil(nowMs / 1_000) + daysOf({ retentionDays }) * DAY_SECONDS;
}

function daysOf({ retentionDays }: Retained): number {
  const { min, max } = RETENTION_DAYS;
  const days = Number.isSafeInteger(retentionDays) ? retentionDays! : DEFAULT_RETENTION_DAYS;
  return Math.min(max, Math.max(min, days));
}

/** What is handed on with everything that comes of an event. */
export function retentionOf({ retentionDays }: Retained): { readonly retentionDays?: number } {
  return retentionDays === undefined ? {} : { retentionDays };
}

/** What several have in common is kept as long as the one that is kept longest. */
export function longestOf(several: Iterable<Retained>): { readonly retentionDays?: number } {
  const days = Math.max(DEFAULT_RETENTION_DAYS, ...[...several].map(daysOf));
  return days === DEFAULT_RETENTION_DAYS ? {} : { retentionDays: days };
}

/** How long each topic is kept by the catalog's entries: the closest that says it; `undefined`: the default. */
export function compileRetention(entries: readonly Topic[]): (topic: string) => number | undefined {
  const entryOf = closestEntry(entries.filter(({ retentionDays }) => retentionDays !== undefined));
  return (topic) => entryOf(topic)?.retentionDays;
}
