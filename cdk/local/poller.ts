import { setTimeout as sleep } from 'node:timers/promises';
import { REGION, queueArn } from './aws-names.ts';
import type { InvocationResult } from './environment.ts';
import type { SqsCall } from './sqs-api.ts';
import type { MappingSpec } from './stack-model.ts';

/** An event source mapping at work. */
export interface Poller {
  /** Receives no more and resolves when what was received is settled. */
  stop(): Promise<void>;
}

export interface PollerOptions {
  readonly mapping: MappingSpec;
  readonly queueUrl: string;
  /** Most batches at a time. */
  readonly cap: number;
  readonly call: SqsCall;
  readonly invoke: (event: SqsEvent) => Promise<InvocationResult>;
  /** Told of each request to SQS. */
  readonly onRequest?: () => void;
  readonly onError?: (error: unknown) => void;
}

export interface SqsEvent {
  readonly Records: readonly SqsRecord[];
}

export interface SqsRecord {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly messageAttributes: Readonly<Record<string, unknown>>;
  readonly md5OfBody: string;
  readonly eventSource: 'aws:sqs';
  readonly eventSourceARN: string;
  readonly awsRegion: string;
}

interface Message {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  readonly Body: string;
  readonly MD5OfBody: string;
  readonly Attributes?: Readonly<Record<string, string>>;
  readonly MessageAttributes?: Readonly<Record<string, { DataType: string; StringValue?: string; BinaryValue?: string }>>;
}

/** Lambda polls long; an idle queue costs one request in 20 s. */
const WAIT_SECONDS = 20;
/** While SQS does not answer, the waits double up to this, for as long as it takes. */
const MAX_PAUSE_MS = 15_000;
const DELETE_TRIES = 3;

/** Starts reading a queue for a function, as many batches at a time as `cap` allows. */
export function startPoller(options: PollerOptions): Poller {
  const { mapping, queueUrl, cap, call, onRequest = () => {}, onError = () => {} } = options;
  const stopping = new AbortController();
  const open = new Set<Promise<void>>();

  const receive = async (): Promise<readonly Message[]> => {
    onRequest();
    const { Messages = [] } = await call<{ Messages?: readonly Message[] }>(
      'ReceiveMessage',
      {
        QueueUrl: queueUrl,
        MaxNumberOfMessages: Math.min(mapping.batchSize, 10),
        WaitTimeSeconds: WAIT_SECONDS,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      },
      stopping.signal,
    );
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
    const result = await options.invoke({ Records: messages.map((message) => recordOf(message, mapping.queue)) });
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
        if (stopping.signal.aborted) return;
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
      await looping;
      await Promise.all(open);
    },
  };
}

function recordOf(message: Message, queue: string): SqsRecord {
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: message.Attributes ?? {},
    messageAttributes: Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).map(([name, { DataType, StringValue, BinaryValue }]) => [
        name,
        { dataType: DataType, stringValue: StringValue, binaryValue: BinaryValue, stringListValues: [], binaryListValues: [] },
      ]),
    ),
    md5OfBody: message.MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn(queue),
    awsRegion: REGION,
  };
}

/**
 * The messages to delete. A function that did not return fails them all; so does a partial response that names
 * an unknown or empty id, or that is no partial response at all (Lambda developer guide, "Handling errors for an
 * SQS event source"). An absent or empty list means that all succeeded.
 */
export function succeeded<M extends { readonly MessageId: string }>(
  messages: readonly M[],
  result: InvocationResult,
  partial: boolean,
): readonly M[] {
  if (result.kind !== 'returned') return [];
  if (!partial || result.value === null || result.value === undefined) return messages;
  const failures = (result.value as { batchItemFailures?: unknown }).batchItemFailures;
  if (failures === null || failures === undefined) return messages;
  if (!Array.isArray(failures)) return [];
  const ids = failures.map((failure) => (failure as { itemIdentifier?: unknown } | null)?.itemIdentifier);
  const known = new Set<unknown>(messages.map(({ MessageId }) => MessageId));
  return ids.every((id) => known.has(id)) ? messages.filter(({ MessageId }) => !ids.includes(MessageId)) : [];
}
