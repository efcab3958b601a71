import type { Message, ParsedMessage, QueueRecord } from '../core/message.ts';
import type { Telemetry } from '../core/metrics.ts';

export interface ReadDeps {
  /** Keeps a note of a message nobody can read. */
  readonly poison: (record: QueueRecord, why: string) => Promise<void>;
  readonly telemetry: Telemetry;
}

export interface Read<M extends Message> {
  readonly record: QueueRecord;
  readonly message: M;
}

/**
 * Reads the messages of a batch. One that cannot be read is recorded and acknowledged: trying it again could
 * not help, and it must not keep the others waiting. If even the note fails, the message stays. So does one
 * that a later release wrote: after a rollback it waits, at last among the dead letters, for the next roll forward.
 */
export async function readMessages<M extends Message>(
  records: readonly QueueRecord[],
  parse: (body: unknown) => ParsedMessage<M>,
  deps: ReadDeps,
): Promise<{ readonly readable: Read<M>[]; readonly failed: string[] }> {
  const readable: Read<M>[] = [];
  const failed: string[] = [];
  for (const record of records) {
    const parsed = parse(record.body);
    if (parsed.ok) {
      readable.push({ record, message: parsed.message });
      continue;
    }
    deps.telemetry.add('Malformed');
    deps.telemetry.log('error', 'message cannot be read', {
      messageId: record.messageId,
      detail: parsed.why,
    });
    if (parsed.newer) {
      failed.push(record.messageId);
      continue;
    }
    try {
      await deps.poison(record, parsed.why);
    } catch {
      failed.push(record.messageId);
    }
  }
  return { readable, failed };
}
