import type { Links } from './links.ts';
import type { Severity } from './severity.ts';

/**
 * Channel-neutral content for people, made from one event by fan-out. Plain text throughout: a channel
 * escapes and shortens it for its provider. `data` is present only for channels whose `payload` is `event`.
 */
export interface Notification {
  /** Id of the event it was made from. */
  readonly id: string;
  readonly topic: string;
  /** ISO 8601, when the event happened. */
  readonly time: string;
  readonly title: string;
  readonly text: string;
  readonly severity?: Severity;
  /** Alerts only: whether it began or ended. */
  readonly status?: 'firing' | 'resolved';
  /** A page to open, http or https. */
  readonly url?: string;
  readonly source?: string;
  readonly subject?: string;
  /** Names the incident: what it begins and what ends it have the same. Beside `data` only. */
  readonly dedupeKey?: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly truncated?: true;
  /** Pages on which whoever gets it can answer it; made for one destination. */
  readonly links?: Links;
}
