import type { Severity } from './severity.ts';

/** What the API shows of an event and of what became of it. Times are ISO 8601. */
export interface EventView {
  readonly id: string;
  readonly topic: string;
  readonly time: string;
  readonly severity?: Severity;
  readonly subject?: string;
  readonly source?: string;
  /** The earlier event that this one is a replay of. */
  readonly replayOf?: string;
  readonly receivedAt: string;
  /** Until then it is held, or was. */
  readonly scheduledAt?: string;
  /** Of an event that no fan-out has seen: it waits for its time, or somebody cancelled it. */
  readonly state?: 'held' | 'discarded';
  readonly reason?: 'scheduled' | 'cancelled';
  /** Queue message it travelled in. */
  readonly pack: string;
  /** No route wanted it. */
  readonly noRoute?: boolean;
  readonly deliveries: readonly DeliveryView[];
}

export interface DeliveryView {
  /** `event:destination`. */
  readonly id: string;
  readonly event: string;
  readonly destination: string;
  readonly channel?: string;
  readonly state: string;
  readonly reason?: string;
  /** Ids of the rules that kept it back. */
  readonly by?: readonly string[];
  /** The delivery that it is told with: of all that its window holds. */
  readonly digest?: string;
  /** The destination that heard it in this one's place, because it had not been accepted: how it stood then. */
  readonly failedOver?: {
    readonly to: string;
    readonly at: string;
    readonly state: string;
    readonly reason?: string;
  };
  /** The destination in whose place this one hears it. */
  readonly failoverOf?: string;
  /** Of what is dead or held: why its last attempt failed. */
  readonly cause?: string;
  /** Number of the last attempt; 0 before the first. */
  readonly attempt: number;
  readonly nextAt?: string;
  readonly since?: string;
  readonly changedAt?: string;
  readonly attempts?: readonly AttemptView[];
}

export interface AttemptView {
  readonly n: number;
  readonly at: string;
  readonly outcome: string;
  readonly reason?: string;
  readonly status?: number;
  readonly ms?: number;
  /** Its message told of so many events, because the line was long. */
  readonly among?: number;
  /** What the provider said, redacted. */
  readonly detail?: string;
}

/** What a list of deliveries can be asked for; `undelivered` is everything that is not delivered. */
export const LIST_STATES = ['undelivered', 'retrying', 'held', 'dead', 'discarded'] as const;
export type ListState = (typeof LIST_STATES)[number];

/** Messages of a queue by what they wait for. */
export interface QueueDepth {
  readonly waiting: number;
  /** Received and not yet acknowledged. */
  readonly inFlight: number;
  /** Not visible before an appointment. */
  readonly delayed: number;
  /** In the dead-letter queue: given up, and not yet recorded. */
  readonly deadLetters: number;
}
