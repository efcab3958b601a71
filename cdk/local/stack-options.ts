import type { View } from './console-view.ts';
import type { DynamoEngine } from './dynamo.ts';
import type { EngineAddresses } from './engines.ts';
import type { InvocationResult } from './environment.ts';
import type { QueueDepth } from './sqs.ts';
import type { SqsEvent } from './sqs-event.ts';
import type { StackModel } from './stack-model.ts';

export interface LocalStackOptions {
  /** Ports of API and twin; 0, the default, takes a free one. */
  readonly port?: number;
  readonly twinPort?: number;
  /** `.fanfare`: state, secrets and data. Absent: a folder of its own that goes when the stack is closed. */
  readonly dir?: string;
  /** Keep queues and tables in memory. Default when there is no `dir`. */
  readonly memory?: boolean;
  /** Catalog file to apply; without it the default one is, when there is no catalog yet. */
  readonly catalog?: string;
  /** Catalog for a tenant that has none. */
  readonly defaultCatalog?: string;
  /** Functions as child processes instead of threads. */
  readonly isolate?: boolean;
  /** Most invocations of one function at a time. Default: 4. */
  readonly concurrency?: number;
  /** Instead of the level in the template. */
  readonly logLevel?: string;
  readonly view?: View;
  readonly engine?: DynamoEngine;
  /** Engines and twin that run already, in a process of their own. Their queues must be those of the template. */
  readonly engines?: EngineAddresses;
  /** Take the bundles and the template as they are. Default: false. */
  readonly reuse?: boolean;
  /** Folder of the synthesised template. Default: `cdk.out`. */
  readonly cdkOut?: string;
  /** Deployment settings over those of `cdk.json`; they want a `cdkOut` of their own. */
  readonly settings?: object;
  /** Changes what was read from the template: how tests break a grant. */
  readonly change?: (model: StackModel) => StackModel;
  /** A module that each environment loads before its function: how functions are profiled. */
  readonly preload?: URL;
  /** Called with what a function is about to get from a queue. */
  readonly onReceived?: (queue: string, event: SqsEvent) => void;
  /** Called when a part that must run has ended by itself. */
  readonly onBroken?: (text: string) => void;
}

/** The whole stack, running. */
export interface LocalStack {
  readonly apiUrl: string;
  readonly twinUrl: string;
  readonly smtpUrl: string;
  readonly apiKey: string;
  readonly statsUrl: string;
  /** Values by reference name. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly engine: DynamoEngine;
  /** Folder of its state. */
  readonly dir: string;
  readonly model: StackModel;
  /** Calls a function by its label, `Timers`, as AWS would. */
  readonly invoke: (label: string, event: unknown) => Promise<InvocationResult>;
  /** Messages of a queue of the model by state. */
  readonly depth: (queue: string) => Promise<QueueDepth>;
  /** Finishes what is in flight, then ends everything. */
  readonly close: () => Promise<void>;
}
