import type { Event } from '../../core/event.ts';
import type { RecordWrite } from '../../core/event-record.ts';
import { longestOf, retentionOf } from '../../core/retention.ts';
import { holdOf } from '../../core/schedule.ts';
import type { AlertChange } from './alert-changes.ts';
import type { IngestDeps, RequestIdentity, Sent } from './work.ts';

/** What became of an event: recorded or not, or its id turned out to be another event's. */
export type Fate = 'safe' | 'lost' | 'mismatch';

/** What is to be recorded of a post. */
export interface News {
  /** What is in the queue, or to be brought there by the timers: for that its record is the promise. */
  readonly sent: readonly Sent[];
  readonly changes: readonly AlertChange[];
  /** All that it brought, new or not. */
  readonly named: readonly Event[];
  /** The idempotency key of a post from which anything came. */
  readonly request: RequestIdentity | undefined;
}

/**
 * Records what is in the queue, what is known of alerts by now, and the idempotency key; answers the fate of each id.
 * An event without its record could not be retried later than 15 minutes, so it does not count as accepted, and
 * neither does an alert that nobody would know of: its producer sends it again, and the delivery claims stop the copy.
 */
export async function record(
  tenant: string,
  news: News,
  at: number,
  deps: IngestDeps,
): Promise<Map<string, Fate>> {
  const { sent, changes, request } = news;
  const writes = [
    ...sent.map((one) => eventWrite(one, at)),
    ...changes.map(({ next, seen }): RecordWrite => ({ kind: 'alert', next, seen })),
    ...sent.flatMap((one) => reminderWrite(one, at)),
    ...(request ? [requestWrite(request, news, at)] : []),
  ];
  if (writes.length === 0) return new Map();
  const kept = await deps.records.write(tenant, writes);
  // A key that is not remembered must not have been answered: tomorrow it would be taken for a new one.
  if (request && kept.at(-1) === undefined) return new Map();
  const unknown = changes.filter((_, index) => kept[sent.length + index] === undefined);
  return new Map([
    ...sent.map(({ event, hash }, index) => [event.id, fateOf(hash, kept[index])] as const),
    ...unknown.map(({ event }) => [event, 'lost'] as const),
  ]);
}

function fateOf(hash: string, kept: string | undefined): Fate {
  if (kept === undefined) return 'lost';
  return kept === hash ? 'safe' : 'mismatch';
}

function eventWrite(
  { event, text, hash, isAlert, isContested, pack, verdict }: Sent,
  at: number,
): RecordWrite {
  const isHead = isAlert && !verdict.reminder;
  const { replaces } = verdict;
  const hold = holdOf(event, at);
  return { kind: 'event', event, text, hash, pack, at, isAlert: isHead, isContested, hold, replaces };
}

function reminderWrite({ event, verdict: { reminder } }: Sent, at: number): RecordWrite[] {
  return reminder ? [{ kind: 'reminder', ...reminder, latestId: event.id, at, ...retentionOf(event) }] : [];
}

function requestWrite(
  { key, hash, generation, replaces }: RequestIdentity,
  { named }: News,
  at: number,
): RecordWrite {
  return { kind: 'request', key, hash, generation, at, ...longestOf(named), replaces };
}
