import { type QueueRecord, parseDeliveryPack } from '../core/message.ts';
import { type AgreeDeps, agree } from './deliver/agree.ts';
import { type AppointDeps, appoint } from './deliver/appoint.ts';
import { type BookDeps, book } from './deliver/book.ts';
import { type ClaimDeps, claim } from './deliver/claim.ts';
import { type DropDeps, dropCopies } from './deliver/drop-copies.ts';
import { type EffectDeps, applyToScopes } from './deliver/effects.ts';
import { meet } from './deliver/meet.ts';
import { formParties } from './deliver/party.ts';
import { type LeaveDeps, leavePlaces } from './deliver/places.ts';
import { type PrepareDeps, prepare } from './deliver/prepare.ts';
import { putBack } from './deliver/put-back.ts';
import { type ForwardDeps, forward } from './deliver/forward.ts';
import { type ReportDeps, report } from './deliver/report.ts';
import { type SendDeps, send } from './deliver/send.ts';
import { type TooLongDeps, partTooLong } from './deliver/too-long.ts';
import { type Batch, type Booked, gather, isSendable } from './deliver/work.ts';
import { toError } from './each.ts';
import { type ReadDeps, readMessages } from './read.ts';
import { type SettleDeps, settle } from './settle.ts';

export interface DeliverDeps
  extends
    ReadDeps,
    PrepareDeps,
    ForwardDeps,
    AgreeDeps,
    BookDeps,
    TooLongDeps,
    DropDeps,
    AppointDeps,
    ClaimDeps,
    SendDeps,
    SettleDeps,
    EffectDeps,
    LeaveDeps,
    ReportDeps {
  readonly limits: BookDeps['limits'] &
    AgreeDeps['limits'] &
    AppointDeps['limits'] &
    EffectDeps['limits'] &
    LeaveDeps['limits'];
  readonly extend: (
    entries: readonly { readonly receiptHandle: string; readonly seconds: number }[],
  ) => Promise<void>;
}

/**
 * One batch of delivery packs: dedupe, forward, agree, book, claim, send, complete, settle. Slots come before claims, because
 * a claim without a slot would lock its own delivery out for the length of a lease.
 *
 * Answers the ids of messages that must come again: those with a delivery of unknown or foreign state.
 */
export async function deliver(records: readonly QueueRecord[], deps: DeliverDeps): Promise<string[]> {
  const { readable, failed } = await readMessages(records, parseDeliveryPack, deps);
  const batch = gather(readable);

  const { prepared, later: unknown } = await prepare(batch.works, deps);
  const { here, forwarded } = await forward(prepared, deps);
  forwarded.forEach(batch.passOn);
  const { prepared: ready, later: unasked } = await agree(here, deps);
  const { going, over } = await dropCopies(ready.filter(isSendable), deps);
  over.forEach(batch.passOn);
  const parties = formParties(going, deps);
  const { now, later: slotless } = await book(parties.leads, deps);
  const { waiting: inLine, gathering } = partTooLong(slotless, parties, deps);
  const appointed = await appoint([...unknown, ...unasked, ...inLine], deps);
  const deferred = parties.returning(appointed);
  for (const { work } of await putBack(deferred, deps)) batch.passOn(work);

  const ruledOut = ready.filter((work) => !isSendable(work));
  const { claimed, finished, stale, isolated, waiting } = await claim(
    [...ruledOut, ...parties.booked(now)],
    deps,
  );
  finished.forEach(batch.finish);
  stale.forEach(batch.passOn);
  await isolate(isolated, batch, deps);

  const { attempts, recorded } = await send(claimed, deps);
  recorded.forEach(batch.finish);

  const done = new Set(recorded.map(({ id }) => id));
  const settled = await settle(
    attempts.filter(({ work }) => !done.has(work.id)),
    deps,
  );
  settled.forEach(batch.finish);
  await applyToScopes(attempts, deps);
  await leavePlaces(now, deps);
  (await meet(gathering, deps)).forEach(batch.passOn);

  report(
    {
      attempts,
      deferred: [...deferred, ...gathering],
      waiting,
      acknowledged: [...over, ...finished, ...stale],
    },
    deps,
  );
  return [...failed, ...(await returnUnfinished(batch, deps))];
}

/** Sends suspects on, each in a message of its own, so that one that kills its worker takes nobody with it. */
async function isolate(isolated: readonly Booked[], batch: Batch, deps: DeliverDeps): Promise<void> {
  const returning = isolated.map((work) => ({ work, n: work.delivery.n, delaySeconds: 0, alone: true }));
  for (const { work } of await putBack(returning, deps)) batch.passOn(work);
}

/** Messages with unknown or foreign state come again in 2-20 s, spread out. */
async function returnUnfinished(batch: Batch, deps: DeliverDeps): Promise<string[]> {
  const records = batch.unfinished();
  const entries = records.map(({ receiptHandle }) => ({
    receiptHandle,
    seconds: 2 + Math.floor(deps.random() * 19),
  }));
  try {
    if (entries.length > 0) await deps.extend(entries);
  } catch (error) {
    // They come again when their visibility runs out: later, but not lost.
    deps.telemetry.log('warn', 'visibility could not be set', { error: toError(error) });
  }
  return records.map(({ messageId }) => messageId);
}
