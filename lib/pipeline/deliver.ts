import { ownScopeId } from '../channel.ts';
import { countsAgainst } from '../core/breaker.ts';
import type { Rate } from '../core/catalog.ts';
import { type QueueRecord, parseDeliveryPack } from '../core/message.ts';
import type { ScopeId, ScopeRef } from '../core/scope.ts';
import { appointments, wholeSeconds } from '../core/slots.ts';
import { type AgreeDeps, agree } from './deliver/agree.ts';
import { type BookDeps, book } from './deliver/book.ts';
import { type ClaimDeps, claim } from './deliver/claim.ts';
import type { Later, Line } from './deliver/line.ts';
import { type PrepareDeps, prepare } from './deliver/prepare.ts';
import { type Returning, putBack } from './deliver/put-back.ts';
import { type ReportDeps, report } from './deliver/report.ts';
import { type Attempted, type SendDeps, send } from './deliver/send.ts';
import { type Batch, type Booked, type Prepared, type Work, destinationKey, gather } from './deliver/work.ts';
import { forEach, toError } from './each.ts';
import { type ReadDeps, readMessages } from './read.ts';
import { type SettleDeps, settle } from './settle.ts';

export interface DeliverDeps
  extends ReadDeps, PrepareDeps, AgreeDeps, BookDeps, ClaimDeps, SendDeps, SettleDeps, ReportDeps {
  readonly limits: BookDeps['limits'] & AgreeDeps['limits'] & LimitEffects;
  readonly extend: (
    entries: readonly { readonly receiptHandle: string; readonly seconds: number }[],
  ) => Promise<void>;
  /** Switches a destination off that its provider calls gone. */
  readonly disable: (tenant: string, destination: string, reason: 'gone') => Promise<void>;
}

/** What outcomes do to a destination's scope. */
interface LimitEffects {
  readonly standInLine: (scope: ScopeRef, count: number) => Promise<number>;
  readonly push: (scope: ScopeId, untilMs: number) => Promise<void>;
  readonly learn: (scope: ScopeId, rate: Rate) => Promise<void>;
  readonly report: (scope: ScopeId, ok: number, fail: number) => Promise<boolean>;
  readonly endProbe: (scope: ScopeId, owner: string, healed: boolean) => Promise<void>;
}

/**
 * One batch of delivery packs: dedupe, agree, book, claim, send, complete, settle. Slots come before claims, because
 * a claim without a slot would lock its own delivery out for the length of a lease.
 *
 * Answers the ids of messages that must come again: those with a delivery of unknown or foreign state.
 */
export async function deliver(records: readonly QueueRecord[], deps: DeliverDeps): Promise<string[]> {
  const { readable, failed } = await readMessages(records, parseDeliveryPack, deps);
  const batch = gather(readable);

  const { prepared, later: unknown } = await prepare(batch.works, deps);
  const { prepared: ready, later: unasked } = await agree(prepared, deps);
  const { now, later: slotless } = await book(ready.filter(isSendable), deps);
  const later = [...unknown, ...unasked, ...slotless];
  await defer(later, batch, deps);

  const ruledOut = ready.filter((work) => !isSendable(work));
  const { claimed, acknowledged, isolated, waiting } = await claim([...ruledOut, ...now], deps);
  acknowledged.forEach(batch.finish);
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

  report({ attempts, deferred: later, waiting, acknowledged }, deps);
  return [...failed, ...(await returnUnfinished(batch, deps))];
}

function isSendable(work: Prepared): boolean {
  return work.fate === undefined;
}

/** Gives appointments to what cannot be sent now: it comes back then, and books like everybody. */
async function defer(later: readonly Later[], batch: Batch, deps: DeliverDeps): Promise<void> {
  const lines = Map.groupBy(later.flatMap(queueUp), ({ scope }) => `${scope?.tenant}#${scope?.id}`).values();
  const returning = await forEach(lines, (line) => appoint(line, deps), 'no place in line', deps);
  for (const { work } of await putBack(returning.flat(), deps)) batch.finish(work);
}

/** A delivery that comes back: at `untilMs`, or when its turn in the line of a scope is. */
interface Waiter {
  readonly work: Work;
  readonly untilMs: number;
  readonly scope?: Line | undefined;
}

/** Urgent ones never wait behind a backlog, and who came back on time is not sent to the end of the line again. */
function queueUp({ works, untilMs, scope }: Later): Waiter[] {
  return works.map((work) => {
    const stands = work.lane === 'normal' && !work.appointed;
    return { work, untilMs, scope: stands ? scope : undefined };
  });
}

/** Members of one line, of several destinations, take turns: one write for all of them. */
async function appoint(line: readonly Waiter[], deps: DeliverDeps): Promise<Returning[]> {
  const { scope } = line[0]!;
  if (!scope) return line.map((one) => comeBack(one, deps));
  const inTurn = takeTurns([...Map.groupBy(line, ({ work }) => destinationKey(work)).values()]);
  const firstMs = await deps.limits.standInLine(scope, inTurn.length);
  const { periodMs, rounded } = scope;
  const delays = appointments(firstMs, periodMs, inTurn.length, deps.now(), rounded);
  return inTurn.map(({ work, untilMs }, index) =>
    back(work, Math.max(delays[index]!, wholeSeconds(untilMs - deps.now(), rounded))),
  );
}

/** What does not stand in line returns spread out, so that it does not return as a crowd. */
function comeBack({ work, untilMs }: Waiter, deps: DeliverDeps): Returning {
  const soon = wholeSeconds(untilMs - deps.now(), 'early');
  return back(work, work.lane === 'urgent' ? soon : soon + Math.floor(deps.random() * 3));
}

/** The first of each list, then the second of each, and so on. */
function takeTurns<T>(lists: readonly (readonly T[])[]): T[] {
  const longest = Math.max(...lists.map(({ length }) => length));
  return Array.from({ length: longest }, (_, turn) =>
    lists.flatMap((list) => list.slice(turn, turn + 1)),
  ).flat();
}

function back(work: Work, delaySeconds: number): Returning {
  return { work, n: work.delivery.n, delaySeconds, appointed: true };
}

/** Sends suspects on, each in a message of its own, so that one that kills its worker takes nobody with it. */
async function isolate(isolated: readonly Booked[], batch: Batch, deps: DeliverDeps): Promise<void> {
  const returning = isolated.map((work) => ({ work, n: work.delivery.n, delaySeconds: 0, alone: true }));
  for (const { work } of await putBack(returning, deps)) batch.finish(work);
}

/** Tells the destinations' scopes what happened: pushes, breaker counts, ends of probes, switched-off targets. */
async function applyToScopes(attempts: readonly Attempted[], deps: DeliverDeps): Promise<void> {
  const groups = Map.groupBy(attempts, ({ work }) => destinationKey(work)).values();
  await forEach(groups, (group) => applyToScope(group, deps), 'scope could not be changed', deps);
}

async function applyToScope(group: readonly Attempted[], deps: DeliverDeps): Promise<void> {
  const { tenant, destination } = group[0]!.work.ref;
  const scope = { tenant, id: ownScopeId(destination) };
  if (group.some(({ outcome }) => outcome?.kind === 'gone')) await deps.disable(tenant, destination, 'gone');
  for (const [id, untilMs] of pushesOf(group)) await deps.limits.push({ tenant, id }, untilMs);
  const stated = group.findLast(({ hint }) => hint?.rate)?.hint?.rate;
  if (stated) await deps.limits.learn(scope, stated);
  // What never left says nothing about the destination.
  const posted = group.filter(({ ms }) => ms !== undefined);
  if (posted.length === 0) return;
  const fail = posted.filter(({ outcome }) => outcome && countsAgainst(outcome)).length;
  if (posted.some(({ work }) => work.probe)) await deps.limits.endProbe(scope, deps.owner, fail === 0);
  else await deps.limits.report(scope, posted.length - fail, fail);
}

/** Until when nobody sends in the scopes that refused for rate: those that the replies name, else the destination's own. */
function pushesOf(group: readonly Attempted[]): ReadonlyMap<string, number> {
  const pushes = new Map<string, number>();
  for (const { work, verdict, hint } of group) {
    if (verdict.kind !== 'again' || verdict.reason !== 'rateLimited') continue;
    const named = work.target?.scopes.find(({ name }) => name === hint?.scope);
    const id = named?.id ?? ownScopeId(work.ref.destination);
    pushes.set(id, Math.max(pushes.get(id) ?? 0, verdict.atMs));
  }
  return pushes;
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
