import type { RecordWrite } from '../../core/event-record.ts';
import type { IngestDeps, RequestIdentity, Sent } from './work.ts';

/** What became of an event that is in the queue: recorded, or its id turned out to be another event's. */
export type Fate = 'safe' | 'mismatch';

/**
 * Records what is in the queue, and the idempotency key of a post from which anything came; answers the fate of
 * each id, none where a record is missing. An event without its record could not be retried later than 15
 * minutes, so it does not count as accepted: its producer sends it again, and the delivery claims stop the copy.
 */
export async function record(
  tenant: string,
  sent: readonly Sent[],
  request: RequestIdentity | undefined,
  at: number,
  deps: IngestDeps,
): Promise<Map<string, Fate>> {
  const writes = [
    ...sent.map((one) => eventWrite(one, at)),
    ...sent.flatMap((one) => reminderWrite(one, at)),
    ...(request ? [requestWrite(request, at)] : []),
  ];
  if (writes.length === 0) return new Map();
  const kept = await deps.records.write(tenant, writes);
  // A key that is not remembered must not have been answered: tomorrow it would be taken for a new one.
  if (request && kept.at(-1) === undefined) return new Map();
  return new Map(
    sent.flatMap(({ event, hash }, index) => {
      const winner = kept[index];
      return winner === undefined ? [] : [[event.id, winner === hash ? 'safe' : 'mismatch'] as const];
    }),
  );
}

function eventWrite({ event, hash, isAlert, isContested, pack, verdict }: Sent, at: number): RecordWrite {
  const isHead = isAlert && !verdict.reminder;
  const { replaces } = verdict;
  return { kind: 'event', event, hash, pack, at, isAlert: isHead, isContested, replaces };
}

function reminderWrite({ event, verdict: { reminder } }: Sent, at: number): RecordWrite[] {
  return reminder ? [{ kind: 'reminder', ...reminder, latestId: event.id, at }] : [];
}

function requestWrite({ key, hash, generation, replaces }: RequestIdentity, at: number): RecordWrite {
  return { kind: 'request', key, hash, generation, at, replaces };
}
