import type { AlertState } from './alert-state.ts';
import type { Event } from './event.ts';
import type { Hold } from './schedule.ts';

/** What the ledger knows of an event, as far as ingest asks. Times are epoch ms, `ttl` epoch seconds. */
export interface EventRecord {
  readonly hash: string;
  readonly at: number;
  readonly ttl: number;
  /** Alerts only, on the record of the first event: how many reminders followed, and the latest event. */
  readonly repeat?: number;
  readonly latestAt?: number;
  readonly latestId?: string;
  /** The pack it travelled in. */
  readonly pack?: string;
  /** One of its deliveries died. */
  readonly hasDead?: boolean;
}

/** How long an idempotency key stands for the same events (promise P3). */
export const REQUEST_WINDOW_MS = 86_400_000;

/** What the ledger knows of a request with an idempotency key. Its ids follow from key and generation. */
export interface RequestRecord {
  readonly hash: string;
  readonly at: number;
  readonly ttl: number;
  /** How many requests used the key before, each after the window of the one before it. */
  readonly generation: number;
}

/** Of each write, in order: the hash that the ledger keeps under its key now; `undefined` when nobody can say. */
export type Kept = readonly (string | undefined)[];

/** A record to be written once its event is in the queue. `replaces`: the `ttl` of an expired one in its place. */
export type RecordWrite =
  | {
      readonly kind: 'event';
      readonly event: Event;
      /** Its JSON, where it is written already. */
      readonly text?: string;
      readonly hash: string;
      readonly pack: string;
      readonly at: number;
      readonly isAlert: boolean;
      /** Somebody else chose the id, and may have used it for another event at the same moment. */
      readonly isContested: boolean;
      /** It is not to be routed before its time. */
      readonly hold?: Hold | undefined;
      readonly replaces?: number | undefined;
    }
  /** The head of an alert takes note of reminder number `repeat`. */
  | {
      readonly kind: 'reminder';
      readonly head: string;
      readonly repeat: number;
      readonly latestId: string;
      readonly at: number;
      /** The head's `ttl` as it was read: it never ends sooner. */
      readonly seenTtl: number;
      readonly retentionDays?: number | undefined;
    }
  /** What is known of an alert; `seen`: the `at` of what was known before. */
  | { readonly kind: 'alert'; readonly next: AlertState; readonly seen: number | undefined }
  | {
      readonly kind: 'request';
      readonly key: string;
      readonly hash: string;
      readonly generation: number;
      readonly at: number;
      /** The longest of its events. */
      readonly retentionDays?: number | undefined;
      readonly replaces?: number | undefined;
    };

/** Expired means `ttl` has passed, whether or not DynamoDB has deleted the item yet. */
export function isLive(record: { readonly ttl: number } | undefined, nowMs: number): boolean {
  return record !== undefined && record.ttl * 1000 > nowMs;
}
