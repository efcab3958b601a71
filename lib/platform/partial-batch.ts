import type { SQSBatchResponse } from 'aws-lambda';
import type { QueueRecord } from '../core/message.ts';
import type { Telemetry } from '../core/metrics.ts';

/** What Lambda hands to a queue's function; nothing of it is taken for granted. */
export interface QueueEvent {
  readonly Records?: unknown;
}

/**
 * Reads the records of a batch. An event without a list of records is counted, logged and answered as done:
 * trying it again could not help, and a thrown error would only repeat it.
 */
export function recordsOf(event: QueueEvent, telemetry: Telemetry): readonly QueueRecord[] {
  const { Records } = event;
  const list: readonly unknown[] = Array.isArray(Records) ? Records : [];
  const records = list.filter(isRecord);
  const strange = Array.isArray(Records) ? list.length - records.length : 1;
  if (strange > 0) {
    telemetry.add('Malformed', strange);
    telemetry.log('error', 'event cannot be read as queue records', { count: strange });
  }
  return records;
}

function isRecord(record: unknown): record is QueueRecord {
  const { messageId, receiptHandle } = (record ?? {}) as Partial<QueueRecord>;
  return typeof messageId === 'string' && messageId !== '' && typeof receiptHandle === 'string';
}

/**
 * Turns the ids a step answers into Lambda's partial batch response. Lambda takes an id that it does not know
 * for the failure of the whole batch, so only ids of this batch go out, each once.
 */
export function partialBatch(
  records: readonly QueueRecord[],
  failed: readonly string[],
  telemetry: Telemetry,
): SQSBatchResponse {
  const known = new Set(records.map(({ messageId }) => messageId));
  const unique = [...new Set(failed)];
  const foreign = unique.filter((id) => !known.has(id));
  if (foreign.length > 0) telemetry.log('error', 'step reported messages of another batch', { ids: foreign });
  const own = unique.filter((id) => known.has(id));
  return { batchItemFailures: own.map((itemIdentifier) => ({ itemIdentifier })) };
}
