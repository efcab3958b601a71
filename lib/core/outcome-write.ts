import type { DeliveryRef } from './claim.ts';
import type { State } from './delivery.ts';
import type { Lane } from './event.ts';
import type { Incident } from './incident.ts';
import type { DeliveryMode } from './mode.ts';
import type { Notification } from './notification.ts';
import type { Outcome, Reason } from './outcome.ts';

/** One try that was not simply delivered, for people who ask what happened. */
export interface AttemptRecord {
  readonly ref: DeliveryRef;
  readonly n: number;
  /** Batch that made it. */
  readonly owner: string;
  readonly atMs: number;
  readonly outcome: Outcome['kind'];
  readonly reason?: Reason | undefined;
  readonly status?: number | undefined;
  readonly ms?: number | undefined;
  /** Redacted reply or error text, at most 4 KiB. */
  readonly detail?: string | undefined;
  /** Of its delivery. */
  readonly retentionDays?: number | undefined;
}

/** The end of an attempt that the completion record does not tell. */
export interface OutcomeWrite {
  readonly ref: DeliveryRef;
  /** Fence: only the claim's current owner may write. */
  readonly owner: string;
  readonly state: Extract<State, 'delivered' | 'retrying' | 'held' | 'dead' | 'discarded'>;
  /** Last attempt that is over; n-1 when attempt n is to come again. */
  readonly attempt: number;
  readonly reason?: string | undefined;
  /** Why the last attempt failed, of what is not tried again. */
  readonly cause?: Reason | undefined;
  readonly channel: string;
  /** The one it goes on in; absent: normal. */
  readonly lane?: Lane | undefined;
  readonly since: number;
  readonly nextAtMs?: number | undefined;
  /** There is no claim to change: what is written is the first that the ledger hears of it. */
  readonly unclaimed?: boolean | undefined;
  readonly mode?: DeliveryMode | undefined;
  readonly retentionDays?: number | undefined;
  readonly expiresAtMs?: number | undefined;
  readonly keyUntilMs?: number | undefined;
  readonly incident?: Incident | undefined;
  readonly providerId?: string | undefined;
  readonly among?: number | undefined;
  /** The retry, or the end of its being held, waits in the due index. */
  readonly due?: true | undefined;
  /** It waits in the lot of its destination for the end of a pause. */
  readonly parked?: true | undefined;
  /** Kept with what is dead, due or parked, so that a replay or a timer needs nothing else. */
  readonly content?: Notification | undefined;
}
