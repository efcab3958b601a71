import type { RecordWrite } from '../../core/event-record.ts';
import type { IngestDeps, Known, RequestIdentity, Sent } from './work.ts';

/**
 * Records what is in the queue, and the idempotency key of a post from which anything came; answers the ids
 * that are both sent and recorded. An event without its record could not be retried later than 15 minutes, so
 * it does not count as accepted: its producer sends it again, and the delivery claims stop the copy.
 */
export async function record(
  tenant: string,
  sent: readonly Sent[],
  request: RequestIdentity | undefined,
  known: Known,
  at: number,
  deps: IngestDeps,
): Promise<Set<string>> {
  const writes = [
    ...sent.map((one) => eventWrite(one, at)),
    ...sent.flatMap((one) => reminderWrite(one, at)),
    ...(request ? [{ kind: 'request' as const, ...request, at, replaces: known.request?.ttl }] : []),
  ];
  if (writes.length === 0) return new Set();
  const written = await deps.records.write(tenant, writes);
  return new Set(sent.flatMap(({ event }, index) => (written[index] ? [event.id] : [])));
}

function eventWrite({ event, hash, isAlert, pack, verdict }: Sent, at: number): RecordWrite {
  const isHead = isAlert && !verdict.reminder;
  return { kind: 'event', event, hash, pack, at, isAlert: isHead, replaces: verdict.replaces };
}

function reminderWrite({ event, verdict: { reminder } }: Sent, at: number): RecordWrite[] {
  return reminder ? [{ kind: 'reminder', ...reminder, latestId: event.id, at }] : [];
}
