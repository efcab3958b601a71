import { setTimeout as sleep } from 'node:timers/promises';
import type { InvocationResult } from './environment.ts';
import type { SqsCall } from './sqs-api.ts';
import { type Message, type SqsEvent, sqsEvent, succeeded } from './sqs-event.ts';
import type { MappingSpec } from './stack-model.ts';

/** An event source mapping at work. */
export interface Poller {
  /** Receives no more and resolves when what was received is settled. */
  readonly stop: () => Promise<void>;
}

export interface PollerOptions {
  readonly mapping: MappingSpec;
  readonly queueUrl: string;
  /** Most batches at a time. */
  readonly cap: number;
  readonly call: SqsCall;
  readonly invoke: (event: SqsEvent) => Promise<InvocationResult>;
  /** Makes SQS answer receives that wait for messages. */
  readonly endWaiting: () => void;
  /** Told of each request to SQS. */
  readonly onRequest?: () => void;
  readonly onError?: (error: unknown) => void;
}

/** Lambda polls long; an idle queue costs one request in 20 s. */
const WAIT_SECONDS = 20;
/** While SQS does not answer, the waits double up to this, for as long as it takes. */
const MAX_PAUSE_MS = 15_000;
const DELETE_TRIES = 3;
/** A receive may be on its way while its end is asked for. */
const END_WAITING_MS = 50;

/** Starts reading a queue for a function, as many batches at a time as `cap` allows. */
export function startPoller(options: PollerOptions): Poller {
  const { mapping, queueUrl, cap, call, onRequest = () => {}, onError = () => {} } = options;
  const stopping = new AbortController();
  const open = new Set<Promise<void>>();

  const receive = async (): Promise<readonly Message[]> => {
    onRequest();
    const { Messages = [] } = await call<{ Messages?: readonly Message[] }>('ReceiveMessage', {
      QueueUrl: queueUrl,
      MaxNumberOfMessages: Math.min(mapping.batchSize, 10),
      WaitTimeSeconds: WAIT_SECONDS,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    });
    return Messages;
  };

  const remove = async (done: readonly Message[]): Promise<void> => {
    const Entries = done.map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle }));
    for (let attempt = 1; attempt <= DELETE_TRIES; attempt++) {
      try {
        onRequest();
        return await call('DeleteMessageBatch', { QueueUrl: queueUrl, Entries });
      } catch (error) {
        // What stays is delivered once more, which queue consumers must bear anyway.
        onError(error);
      }
    }
  };

  const work = async (messages: readonly Message[]): Promise<void> => {
    const result = await options.invoke(sqsEvent(messages, mapping.queue));
    const done = succeeded(messages, result, mapping.partial);
    if (done.length > 0) await remove(done);
  };

  const loop = async (): Promise<void> => {
    let pauseMs = 100;
    while (!stopping.signal.aborted) {
      if (open.size >= cap) {
        await Promise.race(open);
        continue;
      }
      try {
        const messages = await receive();
        pauseMs = 100;
        if (messages.length === 0) continue;
        const batch = work(messages).finally(() => open.delete(batch));
        open.add(batch);
      } catch (error) {
        onError(error);
        await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
        pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS);
      }
    }
  };

  const looping = loop();
  return {
    async stop() {
      stopping.abort();
      // To break a receive off could leave messages in flight that nobody works on.
      const timer = setInterval(options.endWaiting, END_WAITING_MS);
      options.endWaiting();
      await looping;
      clearInterval(timer);
      await Promise.all(open);
    },
  };
}
