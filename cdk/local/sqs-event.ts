import { isObject } from '../../lib/core/is-object.ts';
import { REGION, queueArn } from './aws-names.ts';
import type { InvocationResult } from './environment.ts';

/** What Lambda hands to a function that reads a queue. */
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

/** A message as ReceiveMessage gives it. */
export interface Message {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  readonly Body: string;
  readonly MD5OfBody: string;
  readonly Attributes?: Readonly<Record<string, string>>;
  readonly MessageAttributes?: Readonly<
    Record<string, { DataType: string; StringValue?: string; BinaryValue?: string }>
  >;
}

export function sqsEvent(messages: readonly Message[], queue: string): SqsEvent {
  return { Records: messages.map((message) => recordOf(message, queue)) };
}

function recordOf(message: Message, queue: string): SqsRecord {
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: message.Attributes ?? {},
    messageAttributes: Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).map(
        ([name, { DataType, StringValue, BinaryValue }]) => [
          name,
          {
            dataType: DataType,
            stringValue: StringValue,
            binaryValue: BinaryValue,
            stringListValues: [],
            binaryListValues: [],
          },
        ],
      ),
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
  const ids = failures.map((failure: unknown) => (isObject(failure) ? failure['itemIdentifier'] : undefined));
  const known = new Set<unknown>(messages.map(({ MessageId }) => MessageId));
  return ids.every((id) => known.has(id)) ? messages.filter(({ MessageId }) => !ids.includes(MessageId)) : [];
}
