import {
  ChangeMessageVisibilityBatchCommand,
  type ChangeMessageVisibilityBatchCommandInput,
  SendMessageBatchCommand,
  type SendMessageBatchCommandInput,
} from '@aws-sdk/client-sqs';
import type { QueueRecord } from '../../../lib/core/message.ts';
import { type Pick as PickOne, type QueueKind, turns } from './turns.ts';
import { invalid } from './values.ts';

export interface QueueSpec {
  readonly url: string;
  readonly visibilityMs: number;
  /** Receives without a deletion before the dead-letter queue takes a message. */
  readonly maxReceives: number;
  readonly deadLetters?: string;
  /** Absent: standard. */
  readonly kind?: QueueKind;
  /** It hands out nothing while so many messages are received and not deleted; absent: the quota is far. */
  readonly maxInFlight?: number | undefined;
}

export interface SqsHooks {
  readonly now: () => number;
  /** An entry of a batch is refused through a fault of the service. */
  readonly refused?: (() => boolean) | undefined;
  /** Hears when a message will be visible. */
  readonly onVisible?: ((url: string, atMs: number) => void) | undefined;
  /** Hears of every message that is taken. */
  readonly onSent?: ((body: string) => void) | undefined;
}

/** How a receive strays from the ideal. */
export interface Receiving {
  /** Which of so many visible messages is taken next: standard queues keep no order. */
  readonly pick: PickOne;
  /** The message is handed out, and stays visible for somebody else: at least once, not exactly once. */
  readonly twice: () => boolean;
}

interface Message {
  readonly id: string;
  readonly body: string;
  readonly sentAt: number;
  readonly group: string | undefined;
  visibleAt: number;
  receives: number;
  receipt: string | undefined;
}

/** SQS: a message has at most 1 MiB, and so has a batch (2025-08). */
const MAX_BYTES = 1_048_576;
/** What SQS takes: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
// oxlint-disable-next-line no-control-regex
const FORBIDDEN = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** A FIFO queue drops what carries a deduplication id that it saw in this time, of the same group (high throughput). */
const DEDUPE_MS = 5 * 60_000;

/** SQS as far as Fanfare uses it: standard, fair and FIFO queues, with visibility, delay, redrive, and their freedoms. */
export function createSqs(specs: readonly QueueSpec[], hooks: SqsHooks) {
  const queues = new Map(
    specs.map((spec) => {
      return [spec.url, { spec, messages: new Map<string, Message>(), sent: new Map<string, number>() }];
    }),
  );
  let ids = 0;
  const queueOf = (url: string | undefined) => {
    const queue = queues.get(url ?? '');
    if (!queue) throw Object.assign(new Error(`no queue ${url}`), { name: 'QueueDoesNotExist' });
    return queue;
  };

  function put(url: string, message: Omit<Message, 'receives' | 'receipt'>): void {
    queueOf(url).messages.set(message.id, { ...message, receives: 0, receipt: undefined });
    hooks.onVisible?.(url, message.visibleAt);
  }

  function sendBatch({ QueueUrl = '', Entries = [] }: SendMessageBatchCommandInput) {
    checkBatch(Entries);
    const bytes = Entries.reduce((sum, { MessageBody = '' }) => sum + Buffer.byteLength(MessageBody), 0);
    if (bytes > MAX_BYTES) throw Object.assign(new Error('batch too long'), { name: 'BatchRequestTooLong' });
    const Failed: { Id: string; SenderFault: boolean; Code: string }[] = [];
    const Successful: { Id: string; MessageId: string }[] = [];
    for (const entry of Entries) {
      const { Id = '', MessageBody: body = '', DelaySeconds = 0, MessageGroupId: group } = entry;
      if (FORBIDDEN.test(body) || body === '' || !isSendable(entry, queueOf(QueueUrl).spec)) {
        Failed.push({ Id, SenderFault: true, Code: 'InvalidParameterValue' });
      } else if (hooks.refused?.()) {
        Failed.push({ Id, SenderFault: false, Code: 'InternalError' });
      } else {
        const id = `m${ids++}`;
        hooks.onSent?.(body);
        const sentAt = hooks.now();
        if (!isRepeat(QueueUrl, entry))
          put(QueueUrl, { id, body, group, sentAt, visibleAt: sentAt + DelaySeconds * 1_000 });
        Successful.push({ Id, MessageId: id });
      }
    }
    return { Successful, Failed };
  }

  /** Notes the deduplication id, for as long as it counts. */
  function isRepeat(url: string, { MessageGroupId, MessageDeduplicationId }: Entry): boolean {
    if (MessageDeduplicationId === undefined) return false;
    const { sent } = queueOf(url);
    const name = `${MessageGroupId} ${MessageDeduplicationId}`;
    if (hooks.now() < (sent.get(name) ?? -Infinity) + DEDUPE_MS) return true;
    sent.set(name, hooks.now());
    return false;
  }

  function changeVisibility({ QueueUrl, Entries = [] }: ChangeMessageVisibilityBatchCommandInput) {
    checkBatch(Entries);
    const { messages } = queueOf(QueueUrl);
    for (const { ReceiptHandle, VisibilityTimeout = 0 } of Entries) {
      const message = [...messages.values()].find(({ receipt }) => receipt === ReceiptHandle);
      if (!message || message.visibleAt <= hooks.now()) continue;
      message.visibleAt = hooks.now() + VisibilityTimeout * 1_000;
      hooks.onVisible?.(QueueUrl ?? '', message.visibleAt);
    }
    return { Successful: [], Failed: [] };
  }

  return {
    /** Runs a command; throws what the service would answer with an error. */
    run(command: object): object {
      if (command instanceof SendMessageBatchCommand) return sendBatch(command.input);
      if (command instanceof ChangeMessageVisibilityBatchCommand) return changeVisibility(command.input);
      throw new Error(`the model does not know ${command.constructor.name}`);
    },

    /** Hands out up to `max` visible messages; what was received too often goes to the dead letters instead. */
    receive(url: string, max: number, { pick, twice }: Receiving): QueueRecord[] {
      const { spec, messages } = queueOf(url);
      const now = hooks.now();
      const { kind = 'standard' } = spec;
      const records: QueueRecord[] = [];
      const room = spec.maxInFlight === undefined ? Infinity : spec.maxInFlight - inFlight(messages, now);
      for (const message of turns(kind, messages.values(), now, pick)) {
        if (records.length >= Math.min(max, room)) break;
        if (message.receives >= spec.maxReceives && spec.deadLetters !== undefined) {
          messages.delete(message.id);
          put(spec.deadLetters, { ...message, visibleAt: now });
          continue;
        }
        message.receives++;
        message.receipt = `${message.id}-r${message.receives}`;
        if (kind === 'fifo' || !twice()) message.visibleAt = now + spec.visibilityMs;
        hooks.onVisible?.(url, message.visibleAt);
        records.push(recordOf(message));
      }
      return records;
    },

    /** Deletes by receipt; one from an earlier receive deletes nothing, nor, in a FIFO queue, one that has run out. */
    remove(url: string, receipts: readonly string[]): void {
      const { messages, spec } = queueOf(url);
      for (const [id, { receipt, visibleAt }] of messages) {
        const isOut = spec.kind === 'fifo' && visibleAt <= hooks.now();
        if (receipt !== undefined && receipts.includes(receipt) && !isOut) messages.delete(id);
      }
    },

    /** When the earliest message is visible; `undefined` for an empty queue. */
    nextVisible(url: string): number | undefined {
      const times = [...queueOf(url).messages.values()].map(({ visibleAt }) => visibleAt);
      return times.length === 0 ? undefined : Math.min(...times);
    },

    size: (url: string): number => queueOf(url).messages.size,
    bodies: (url: string): string[] => [...queueOf(url).messages.values()].map(({ body }) => body),
  };
}

export type SqsModel = ReturnType<typeof createSqs>;

type Entry = NonNullable<SendMessageBatchCommandInput['Entries']>[number];

/** Delays are up to 15 minutes, and a FIFO queue knows none for a single message; it wants a group and an id. */
function isSendable(
  { DelaySeconds, MessageGroupId, MessageDeduplicationId }: Entry,
  { kind }: QueueSpec,
): boolean {
  if (kind !== 'fifo') return DelaySeconds === undefined || (DelaySeconds >= 0 && DelaySeconds <= 900);
  return DelaySeconds === undefined && MessageGroupId !== undefined && MessageDeduplicationId !== undefined;
}

/** Messages that somebody has received, and that nobody else can receive now. */
function inFlight(messages: ReadonlyMap<string, Message>, nowMs: number): number {
  return [...messages.values()].filter(({ receives, visibleAt }) => receives > 0 && visibleAt > nowMs).length;
}

function recordOf({ id, body, receipt = '', receives, sentAt, group }: Message): QueueRecord {
  const attributes = {
    ApproximateReceiveCount: String(receives),
    SentTimestamp: String(sentAt),
    ...(group !== undefined && { MessageGroupId: group }),
  };
  return { messageId: id, receiptHandle: receipt, body, attributes };
}

function checkBatch(entries: readonly { readonly Id?: string | undefined }[]): void {
  if (entries.length === 0) throw invalid('EmptyBatchRequest');
  if (entries.length > 10) throw invalid('TooManyEntriesInBatchRequest');
  if (new Set(entries.map(({ Id }) => Id)).size < entries.length) throw invalid('BatchEntryIdsNotDistinct');
}
