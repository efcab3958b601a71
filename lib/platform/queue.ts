import { setTimeout as sleep } from 'node:timers/promises';
import {
  ChangeMessageVisibilityBatchCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { OutgoingMessage } from '../core/message.ts';
import { CALLS, leanClient } from './lean-client.ts';
import { meterQueues } from './meter.ts';

export interface Extension {
  readonly receiptHandle: string;
  /** Time from now until the message is visible again, 0 to 43,200. */
  readonly seconds: number;
}

export interface Queue {
  /**
   * Sends messages in as few calls as the limits of SQS allow and gives the indexes of those that SQS refused.
   * @throws when a call as a whole failed; messages of other calls may have been sent.
   */
  readonly enqueue: (
    queueUrl: string,
    messages: readonly OutgoingMessage[],
  ) => Promise<{ failed: readonly number[] }>;
  /**
   * Sets visibility. A receipt handle that has run out is no error: its message is visible already.
   * @throws when a call as a whole failed.
   */
  readonly extend: (queueUrl: string, entries: readonly Extension[]) => Promise<void>;
}

export interface QueueDeps {
  readonly client: Pick<SQSClient, 'send'>;
  readonly wait: (ms: number) => Promise<unknown>;
}

/** SQS: entries of a batch call. */
const MAX_ENTRIES = 10;
/** SQS: 1 MiB per message and per batch call (2025-08); the rest is for group ids. */
const MAX_BYTES = 1024 * 1024 - 16 * 1024;
/** SQS: DelaySeconds and visibility time-out. */
const MAX_DELAY_SECONDS = 900;
const MAX_VISIBILITY_SECONDS = 43_200;
/** Waits before an entry that SQS reported as failed is sent again. */
const RETRY_MS = [50, 200] as const;

interface Entry extends SendMessageBatchRequestEntry {
  readonly Id: string;
  readonly MessageBody: string;
}

/** The SQS side of every function: one client, connections kept alive. */
export function createQueue({ client = createSqsClient(), wait = sleep }: Partial<QueueDeps> = {}): Queue {
  return {
    async enqueue(queueUrl, messages) {
      const { batches, tooLarge } = toBatches(messages.map(toEntry));
      const refused = await Promise.all(batches.map((batch) => sendBatch(queueUrl, batch, { client, wait })));
      return { failed: [...tooLarge, ...refused.flat()].map(Number).toSorted((a, b) => a - b) };
    },
    async extend(queueUrl, entries) {
      const all = entries.map(({ receiptHandle, seconds }, at) => ({
        Id: String(at),
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: wholeSeconds(seconds, MAX_VISIBILITY_SECONDS),
      }));
      for (let at = 0; at < all.length; at += MAX_ENTRIES) {
        const Entries = all.slice(at, at + MAX_ENTRIES);
        await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries }));
      }
    },
  };
}

/** No MD5 of bodies: TLS protects them on the way, and it costs 70 us of CPU per call of ten. */
export function createSqsClient(): SQSClient {
  return meterQueues(leanClient(new SQSClient({ ...CALLS, md5: false })));
}

/** Sends one batch, sends again what failed through no fault of ours; gives the ids that never went through. */
async function sendBatch(
  QueueUrl: string,
  batch: readonly Entry[],
  { client, wait }: QueueDeps,
): Promise<string[]> {
  const refused: string[] = [];
  let open = batch;
  for (const pause of [...RETRY_MS, undefined]) {
    const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl, Entries: [...open] }));
    const ours = new Set(Failed.filter(({ SenderFault }) => SenderFault).map(({ Id }) => Id));
    const theirs = new Set(Failed.filter(({ SenderFault }) => !SenderFault).map(({ Id }) => Id));
    refused.push(...open.filter(({ Id }) => ours.has(Id)).map(({ Id }) => Id));
    open = open.filter(({ Id }) => theirs.has(Id));
    if (open.length === 0 || pause === undefined) break;
    await wait(pause);
  }
  return [...refused, ...open.map(({ Id }) => Id)];
}

/** Delays are rounded up to whole seconds: later is allowed, earlier is not. */
function toEntry({ body, groupId, delaySeconds, dedupeId }: OutgoingMessage, at: number): Entry {
  return {
    Id: String(at),
    MessageBody: carriable(body),
    ...(groupId === undefined ? {} : { MessageGroupId: groupId }),
    ...(dedupeId === undefined ? {} : { MessageDeduplicationId: dedupeId }),
    ...(delaySeconds === undefined ? {} : { DelaySeconds: wholeSeconds(delaySeconds, MAX_DELAY_SECONDS) }),
  };
}

/**
 * Bodies are JSON, where every character may be an escape. SQS refuses U+FFFE and U+FFFF; fauxqs 2.4.1 refuses
 * everything beyond the basic plane as well, emoji included.
 */
function carriable(body: string): string {
  return body.replace(/[\ud800-\udfff\ufffe\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`);
}

function wholeSeconds(seconds: number, most: number): number {
  return Math.min(Math.max(Math.ceil(seconds), 0), most);
}

/** Cuts entries into calls, in order, by count and by bytes. What no call could carry is set apart. */
function toBatches(entries: readonly Entry[]): { batches: Entry[][]; tooLarge: string[] } {
  const batches: Entry[][] = [];
  const tooLarge: string[] = [];
  let open: Entry[] = [];
  let size = 0;
  for (const entry of entries) {
    const bytes = Buffer.byteLength(entry.MessageBody);
    if (bytes > MAX_BYTES) {
      tooLarge.push(entry.Id);
      continue;
    }
    if (open.length === 0 || open.length === MAX_ENTRIES || size + bytes > MAX_BYTES) {
      open = [];
      size = 0;
      batches.push(open);
    }
    open.push(entry);
    size += bytes;
  }
  return { batches, tooLarge };
}
