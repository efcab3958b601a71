import type { Cost } from './cost.ts';
import type { Notification } from './notification.ts';
import type { DeliveryView } from './views.ts';

/** A sentence that says why, to people who are tired. */
interface Summed {
  readonly summary: string;
}

/** Why it is sent later than at once, by what it waits for. */
export interface Wait {
  /** `circuit`: its sends failed; `limit`: its slots are taken, or its provider asked to wait; `line`: others wait. */
  readonly for: 'circuit' | 'limit' | 'line';
  /** What counts there: `destination`, `limit ID`, or as the channel calls it. */
  readonly scope: string;
  readonly until: string;
}

/** How much of its request there is. */
export interface Size {
  readonly bytes: number;
  /** The longest text that its channel takes. */
  readonly budget?: { readonly max: number; readonly unit: string };
  /** The end of its text did not fit. */
  readonly cut: boolean;
}

/** Another delivery that has to be over first. */
export interface Ahead {
  readonly event: string;
  readonly state: string;
  /** It is dead, and its topic stops until people do something. */
  readonly stops?: true;
}

/** What would become of an event at one destination. */
export interface ExplainedFate {
  readonly destination: string;
  readonly channel?: string;
  readonly state: 'pending' | 'held' | 'delivered' | 'discarded';
  readonly reason?: string;
  /** Ids of the rules, or of the pauses. */
  readonly by?: readonly string[];
  readonly route?: string;
  readonly template?: string;
  readonly mode?: string;
  /** When what is held goes on, as the first of its window. */
  readonly until?: string;
  readonly notification?: Notification;
  readonly request?: object;
  readonly size?: Size;
  readonly expectedAt?: string;
  readonly waits?: readonly Wait[];
  /** The line is so long that it is told with others that wait. */
  readonly merges?: true;
  /** The message of its incident is changed, so that nobody sees a new one. */
  readonly changes?: true;
  readonly behind?: Ahead;
  /** Who hears it in its place, and when, while nobody accepts it. */
  readonly failover?: readonly { readonly at: string; readonly to: string }[];
  /** What is wrong with the destination's settings. */
  readonly fault?: string;
  readonly cost?: Cost;
}

export type ExplainedDelivery = ExplainedFate & Summed;

export type RecordedDelivery = DeliveryView & Summed & { readonly behind?: Ahead };

/** What became of an event, as it was written down. */
export interface ExplainedRecord extends Summed {
  readonly receivedAt: string;
  readonly state?: string;
  readonly reason?: string;
  readonly noRoute?: boolean;
  readonly deliveries: readonly RecordedDelivery[];
  /** Destinations at which it would come to something else now. */
  readonly changed: readonly Changed[];
}

export interface Changed {
  readonly destination: string;
  /** Why it was kept back or waited, or `heard`; `absent`: nothing led there. */
  readonly was: string;
  readonly is: string;
}
