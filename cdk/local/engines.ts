import type { DynamoEngine } from './dynamo.ts';
import type { QueueDepth } from './sqs.ts';

/** Queues as the stack uses them, wherever they run. */
export interface QueueEngine {
  readonly endpoint: string;
  readonly depth: (queue: string) => QueueDepth | Promise<QueueDepth>;
  /** Answers receives that wait for messages, with what there is. */
  readonly endWaiting: () => void;
}

/** Tables as the stack uses them. */
export interface TableEngine {
  readonly engine: DynamoEngine;
  readonly endpoint: string;
  /** Resolves when the program has ended. */
  readonly ended: Promise<void>;
}

/** Where engines and twin run that are no part of the stack's process, and so outlive it like AWS does. */
export interface EngineAddresses {
  readonly engine: DynamoEngine;
  readonly dynamodb: string;
  readonly sqs: string;
  /** See `engines-entry.ts`. */
  readonly control: string;
  readonly twinUrl: string;
  readonly smtpUrl: string;
}

export function connectQueues({ sqs, control }: EngineAddresses): QueueEngine {
  return {
    endpoint: sqs,
    async depth(queue) {
      const reply = await fetch(`${control}/depth/${encodeURIComponent(queue)}`);
      if (!reply.ok) throw new Error(`no depth of ${queue}: ${reply.status}`);
      const depth: QueueDepth = JSON.parse(await reply.text());
      return depth;
    },
    endWaiting: () => void fetch(`${control}/end-waiting`, { method: 'POST' }).catch(() => undefined),
  };
}

export function connectTables({ engine, dynamodb }: EngineAddresses): TableEngine {
  return { engine, endpoint: dynamodb, ended: new Promise(() => {}) };
}
