import type { InboxEntry } from '../../cdk/local/twin/inbox-view.ts';
import type { Call, Reply } from './client.ts';
import type { Emitted } from './emitted.ts';
import type { Made } from './events.ts';

/** What a run is aimed at. */
export interface Target {
  /** As the report names it. */
  readonly name: string;
  /** Requests of the load. */
  readonly call: Call;
  /** What only the local stack can tell. */
  readonly local?: LocalTarget;
  readonly stop: () => Promise<void>;
}

export interface LocalTarget {
  /** Requests about the run, which are no part of the load. */
  readonly ask: Call;
  /** What the twin received later than a moment, epoch ms. */
  readonly inbox: (afterMs: number) => Promise<readonly InboxEntry[]>;
  /** Makes the channels of the twin behave as the scenario says, or normally. */
  readonly behave: (how: 'asTold' | 'normally') => Promise<void>;
  readonly probe: () => Promise<Probe>;
  readonly emitted: () => Promise<Emitted>;
  /** Sends through the channel `webhook` to the twin: neither queue nor store. */
  readonly direct: (made: Made) => Promise<Reply>;
}

/** How the stack is at a moment. */
export interface Probe {
  /** Messages by state, over all queues. */
  readonly ready: number;
  readonly delayed: number;
  readonly inFlight: number;
  /** By queue; empty ones are left out. */
  readonly queues: Readonly<Record<string, number>>;
  /** Calls to AWS since the start. */
  readonly calls: number;
  readonly writeUnits: number;
  /** Resident memory of the stack with its functions, and of the engines. */
  readonly stackMiB: number;
  readonly enginesMiB: number;
}
