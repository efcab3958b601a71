import { ownScopeId } from '../channel.ts';
import { countsAgainst } from '../core/breaker.ts';
import { type QueueRecord, parseDeliveryPack } from '../core/message.ts';
import { MAX_DELAY_SECONDS, appointments } from '../core/slots.ts';
import { type BookDeps, type Later, book } from './deliver/book.ts';
import { type ClaimDeps, claim } from './deliver/claim.ts';
import { type PrepareDeps, prepare } from './deliver/prepare.ts';
import { type Returning, putBack } from './deliver/put-back.ts';
import { type ReportDeps, report } from './deliver/report.ts';
import { type Attempted, type SendDeps, send } from './deliver/send.ts';
import { type Batch, type Booked, type Prepared, type Work, gather } from './deliver/work.ts';
import { type ReadDeps, readMessages } from './read.ts';
import { type SettleDeps, settle } from './settle.ts';

export interface DeliverDeps
  extends ReadDeps, PrepareDeps, BookDeps, ClaimDeps, SendDeps, SettleDeps, ReportDeps {
  readonly limits: BookDeps['limits'] & LimitEffects;
  readonly extend: (
    entries: readonly { readonly receiptHandle: string; readonly seconds: number }[],
  ) => Promise<void>;
  /** Switches a destination off that its provider calls gone. */
  readonly disable: (tenant: string, destination: string, reason: 'gone') => Promise<void>;
}

/** What outcomes do to a destination's scope. */
interface LimitEffects {
  standInLine(scope: NonNullable<Later['scope']>, count: number): Promise<number>;
  push(scope: { readonly tenant: string; readonly id: string }, untilMs: number): Promise<void>;
  report(scope: { readonly tenant: string; readonly id: string }, ok: number, fail: number): Promise<boolean>;
  endProbe(
    scope: { readonly tenant: string; readonly id: string },
    owner: string,
    healed: boolean,
  ): Promise<void>;
}

/**
 * One batch of delivery packs: dedupe, book, claim, send, complete, settle. Slots come before claims, because
 * a claim without a slot would lock its own delivery out for the length of a lease.
 *
 * Answers the ids of messages that must come again: those with a delivery of unknown or foreign state.
 */
export async function deliver(records: readonly QueueRecord[], deps: DeliverDeps): Promise<string[]> {
  const { readable, failed } = await readMessages(records, parseDeliveryPack, deps);
  const batch = gather(readable);

  const prepared = await prepare(batch.works, deps);
  const { now, later } = await book(prepared.filter(isSendable), deps);
  await defer(later, batch, deps);

  const ruledOut = prepared
    .filter((work) => !isSendable(work))
    .map((work): Booked => ({ ...work, slotAt: 0 }));
  const { claimed, acknowledged, isolated, waiting } = await claim([...ruledOut, ...now], deps);
  acknowledged.forEach(batch.finish);
  await isolate(isolated, batch, deps);

  const { attempts, recorded } = await send(claimed, deps);
  recorded.forEach(batch.finish);

  const settled = await settle(attempts, deps);
  settled.forEach(batch.finish);
  await applyToScopes(attempts, deps);

  report({ attempts, deferred: later, waiting, acknowledged }, deps);
  return [...failed, ...(await returnUnfinished(batch, deps))];
}

function isSendable(work: Prepared): boolean {
  return work.fate === undefined;
}

/** Gives appointments to what has no slot: it comes back then, and books like everybody. */
async function defer(later: readonly Later[], batch: Batch, deps: DeliverDeps): Promise<void> {
  const returning = await Promise.all(later.map((one) => appoint(one, deps)));
  for (const { work } of await putBack(returning.flat(), deps)) batch.finish(work);
}

async function appoint({ works, untilMs, scope }: Later, deps: DeliverDeps): Promise<Returning[]> {
  const waitMs = Math.max(0, untilMs - deps.now());
  const soon = Math.max(1, Math.ceil(waitMs / 1000));
  const [urgent, normal] = split(works, (work) => work.lane === 'urgent');
  // Who came back on time and still found no slot is not sent to the end of the line again.
  const [returned, fresh] = split(normal, (work) => work.appointed || scope === undefined);
  const line = scope && fresh.length > 0 ? await deps.limits.standInLine(scope, fresh.length) : 0;
  const delays = appointments(Math.max(line, untilMs), scope?.periodMs ?? 0, fresh.length, deps.now());
  return [
    ...urgent.map((work) => back(work, soon)),
    ...returned.map((work) => back(work, soon + Math.floor(deps.random() * 3))),
    ...fresh.map((work, index) => back(work, delays[index] as number)),
  ];
}

function back(work: Work, delaySeconds: number): Returning {
  return {
    work,
    n: work.delivery.n,
    delaySeconds: Math.min(delaySeconds, MAX_DELAY_SECONDS),
    appointed: true,
  };
}

/** Sends suspects on, each in a message of its own, so that one that kills its worker takes nobody with it. */
async function isolate(isolated: readonly Booked[], batch: Batch, deps: DeliverDeps): Promise<void> {
  const returning = isolated.map((work) => ({ work, n: work.delivery.n, delaySeconds: 0, alone: true }));
  for (const { work } of await putBack(returning, deps)) batch.finish(work);
}

/** Tells the destinations' scopes what happened: pushes, breaker counts, ends of probes, switched-off targets. */
async function applyToScopes(attempts: readonly Attempted[], deps: DeliverDeps): Promise<void> {
  const groups = Map.groupBy(attempts, ({ work: { ref } }) => `${ref.tenant}#${ref.destination}`);
  const changes = [...groups.values()].map(async (group) => {
    const { tenant, destination } = (group[0] as Attempted).work.ref;
    const scope = { tenant, id: ownScopeId(destination) };
    const sent = group.flatMap(({ outcome }) => outcome ?? []);
    if (sent.some(({ kind }) => kind === 'gone')) await deps.disable(tenant, destination, 'gone');
    const refused = group.flatMap(({ verdict }) =>
      verdict.kind === 'again' && verdict.reason === 'rateLimited' ? [verdict.atMs] : [],
    );
    if (refused.length > 0) await deps.limits.push(scope, Math.max(...refused));
    const fail = sent.filter(countsAgainst).length;
    const probe = group.find(({ work }) => work.probe);
    if (probe) await deps.limits.endProbe(scope, deps.owner, fail === 0);
    else if (fail > 0) await deps.limits.report(scope, sent.length - fail, fail);
  });
  for (const result of await Promise.allSettled(changes)) {
    if (result.status === 'rejected') {
      deps.telemetry.log('warn', 'scope could not be changed', { error: result.reason as Error });
    }
  }
}

/** Messages with unknown or foreign state come again in 2-20 s, spread out. */
async function returnUnfinished(batch: Batch, deps: DeliverDeps): Promise<string[]> {
  const records = batch.unfinished();
  const entries = records.map(({ receiptHandle }) => ({
    receiptHandle,
    seconds: 2 + Math.floor(deps.random() * 19),
  }));
  if (entries.length > 0) await deps.extend(entries);
  return records.map(({ messageId }) => messageId);
}

function split<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}
