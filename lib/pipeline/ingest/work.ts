import type { Alert } from '../../core/alert.ts';
import type { AlertState } from '../../core/alert-state.ts';
import type { Draft } from '../../core/event-input.ts';
import type { WrittenEvent } from '../../core/event-text.ts';
import type { Kept, RecordWrite, RequestRecord } from '../../core/event-record.ts';
import type { OrderOf } from '../../core/order.ts';
import { type Problem, problem } from '../../core/problem.ts';
import type { AlertKeys, Records, Verdict } from '../../core/repeat.ts';
import type { Enqueue } from '../queues.ts';
import type { Repeats } from './kept-back.ts';
import type { TermsDeps } from './terms.ts';

export interface IngestDeps extends TermsDeps {
  readonly records: {
    readonly read: (tenant: string, ids: readonly string[]) => Promise<Records>;
    readonly request: (tenant: string, key: string) => Promise<RequestRecord | undefined>;
    readonly write: (tenant: string, writes: readonly RecordWrite[]) => Promise<Kept>;
  };
  readonly enqueue: Enqueue;
  /** Whether so many urgent events may travel in the urgent lane. */
  readonly takeUrgent: (tenant: string, count: number, perSecond?: number) => Promise<boolean>;
  /** URLs of the two event queues. */
  readonly queues: { readonly normal: string; readonly urgent: string };
  /** Absent: this stack has no queues for ordered topics. */
  readonly ordered?: {
    /** URL of the FIFO queue of events. */
    readonly queue: string;
    /** What each event of a tenant stays in order with, by a catalog of at most 10 s. */
    readonly orderOf: (tenant: string) => Promise<OrderOf>;
  };
  readonly now: () => number;
  /** A new unguessable id of `[A-Za-z0-9_-]`. */
  readonly newId: () => string;
}

/** The alert behind an event, and what was known of it before. */
export interface PostedAlert extends AlertKeys {
  readonly alert: Alert;
  readonly known: AlertState | undefined;
}

/** One item of a post: a checked event to be, or why it is none. */
export type Item =
  | { readonly ok: true; readonly draft: Draft; readonly alert?: PostedAlert }
  | { readonly ok: false; readonly problem: Problem };

export interface Post {
  readonly tenant: string;
  readonly items: readonly Item[];
  readonly idempotencyKey?: string | undefined;
  /** Urgent events a second that the key allows. */
  readonly urgentPerSecond?: number | undefined;
  /** Normal events are not let in now. */
  readonly urgentOnly?: boolean;
  /** Absent: repeats of an alert are duplicates for the default time. */
  readonly repeats?: Repeats | undefined;
}

/** An event with its id, and the hash of what was posted. */
export interface Named extends WrittenEvent {
  readonly kind: 'named';
  readonly hash: string;
  readonly alert?: PostedAlert | undefined;
  /** Nobody is known to have posted under this id, so there is nothing to be looked up. */
  readonly isNew: boolean;
  /** The producer chose the id, and may have used it for another event at the same moment. */
  readonly isContested: boolean;
}

export interface Refused {
  readonly kind: 'refused';
  readonly problem: Problem;
}

export interface Judged {
  readonly named: Named;
  readonly verdict: Verdict;
}

/** An event to be enqueued. */
export interface Fresh extends WrittenEvent {
  readonly hash: string;
  readonly isAlert: boolean;
  readonly isContested: boolean;
  readonly verdict: Extract<Verdict, { kind: 'fresh' }>;
}

/** An event that is safe in a queue, in the pack of this id. */
export interface Sent extends Fresh {
  readonly pack: string;
}

/** A post as its idempotency key remembers it. */
export interface RequestIdentity {
  readonly key: string;
  readonly hash: string;
  /** How often the key was used before, for posts that are forgotten. */
  readonly generation: number;
  /** The key was used a short while ago, for these very items. */
  readonly isReplay: boolean;
  /** `ttl` of the record of an earlier use. */
  readonly replaces?: number | undefined;
}

/** When to come again, in seconds. */
export const RETRY_AFTER = { 'retry-after': '5' } as const;

export function unavailable(): Problem {
  return problem('unavailable', 'Send it again in a few seconds.');
}
