import type { DeliveryRef } from '../core/claim.ts';
import type { AttemptRecord, OutcomeWrite } from '../core/outcome-write.ts';
import { type KeptUntil, type Retained, retentionOf } from '../core/retention.ts';
import { MAX_DELAY_SECONDS } from '../core/slots.ts';
import type { Written } from '../core/written.ts';
import { fateOf } from '../core/failover.ts';
import type { Lost } from './failovers/pass-on.ts';
import { type PutBackDeps, type Returning, putBack } from './deliver/put-back.ts';
import { parkedAs } from './deliver/park.ts';
import type { Attempted } from './deliver/send.ts';
import { type Claimed, toldBy } from './deliver/work.ts';

export interface SettleDeps extends PutBackDeps {
  readonly outcomes: {
    readonly write: (writes: readonly OutcomeWrite[], until: KeptUntil) => Promise<readonly Written[]>;
    readonly log: (attempts: readonly AttemptRecord[], until: KeptUntil) => Promise<readonly Written[]>;
  };
  /** Marks events as having a dead delivery, and keeps them as long as that. */
  readonly markDead: (
    events: readonly (Pick<DeliveryRef, 'tenant' | 'event'> & Retained)[],
    until: KeptUntil,
  ) => Promise<readonly Written[]>;
  /** Has others hear of what is given up, where its destination wants that; never throws. */
  readonly passOn: (lost: readonly Lost[]) => Promise<void>;
  readonly owner: string;
  readonly ttl: KeptUntil;
  /** Whatever is to be tried again keeps its message: nothing is enqueued, and the timers have no part in it. */
  readonly inPlace?: true;
}

/**
 * The one decider's last word: what is not told by a completion record gets a write of its own. The order
 * matters: first the next message, then the outcome, and only then may the caller acknowledge. The other
 * way round a crash in between would lose the delivery, or send it twice unaccounted for.
 *
 * Each step passes on what is safe so far. Answers the deliveries that are taken care of; all others come
 * again with their messages, and their claims lapse.
 */
export async function settle(attempts: readonly Attempted[], deps: SettleDeps): Promise<Claimed[]> {
  const nowMs = deps.now();
  const ends = attempts.filter(needsWrite).map((attempt) => endOf(attempt, nowMs, deps));
  const logged = await logAttempts(ends, deps);
  const carried = await enqueueNext(logged, deps);
  const marked = await markDeadEvents(carried, deps);
  const written = await writeOutcomes(marked, deps);
  return written.map(({ work }) => work);
}

/** An attempt, and how its delivery goes on. */
interface End extends Attempted {
  /** It waits in a queue, or longer than a queue can delay; neither when the delivery is over or its message stays. */
  readonly next?: { readonly in: 'queue' | 'dueIndex'; readonly delaySeconds: number };
}

function endOf(attempt: Attempted, nowMs: number, { inPlace }: SettleDeps): End {
  const { verdict } = attempt;
  if (inPlace || (verdict.kind !== 'retry' && verdict.kind !== 'again')) return attempt;
  const delaySeconds = Math.max(0, Math.ceil((verdict.atMs - nowMs) / 1000));
  const inQueue = delaySeconds <= MAX_DELAY_SECONDS || leavesNoTrace(attempt);
  return { ...attempt, next: { in: inQueue ? 'queue' : 'dueIndex', delaySeconds } };
}

/** A success that its completion record tells is written already. */
function needsWrite({ work, verdict }: Attempted): boolean {
  return verdict.kind !== 'delivered' || toldBy(work) === 'claim';
}

/** An attempt that is none, of a delivery that nobody has claimed: only its message goes on. */
function leavesNoTrace({ work, verdict }: Attempted): boolean {
  return work.unclaimed && verdict.kind === 'again';
}

/** An attempt that may have been accepted is on record before the delivery goes on. */
async function logAttempts(ends: readonly End[], deps: SettleDeps): Promise<End[]> {
  const records = new Map(ends.flatMap((end) => recordOf(end, deps).map((record) => [end, record] as const)));
  if (records.size === 0) return [...ends];
  const written = await deps.outcomes.log([...records.values()], deps.ttl);
  const lost = new Set([...records.keys()].filter((_, index) => written[index]?.kind === 'unknown'));
  return ends.filter((end) => !lost.has(end));
}

function recordOf(
  { work, verdict, outcome, atMs, ms, status, detail }: End,
  { owner }: SettleDeps,
): AttemptRecord[] {
  // A plain success is told elsewhere; a refusal for rate uses up no attempt, so it is none.
  if (outcome === undefined || outcome.kind === 'delivered') return [];
  if (verdict.kind === 'again' && outcome.kind !== 'maybe') return [];
  const { kind, reason } = outcome;
  const { ref, delivery } = work;
  const kept = retentionOf(delivery);
  return [{ ref, n: delivery.n, owner, atMs, outcome: kind, reason, status, ms, detail, ...kept }];
}

/** Puts the next message of each retry into the queue. */
async function enqueueNext(ends: readonly End[], deps: SettleDeps): Promise<End[]> {
  const returning = ends.flatMap((end): (Returning<Claimed> & { readonly end: End })[] => {
    const { work, verdict, next } = end;
    if (next?.in !== 'queue') return [];
    const again = verdict.kind === 'again';
    const n = again ? work.delivery.n : work.delivery.n + 1;
    const { delaySeconds } = next;
    const alone = again && verdict.alone === true;
    // Many may be told apart at once: whoever has no place in line yet gets one.
    const appointed = again && !alone;
    return [{ work, n, delaySeconds, appointed, alone, keyUntilMs: keyUntil(end), end }];
  });
  const safe = new Set((await putBack(returning, deps)).map(({ end }) => end));
  return ends.filter((end) => end.next?.in !== 'queue' || safe.has(end));
}

async function markDeadEvents(ends: readonly End[], deps: SettleDeps): Promise<End[]> {
  const dead = ends.flatMap(({ verdict, work: { ref, delivery } }) =>
    verdict.kind === 'dead' ? [{ ...ref, ...retentionOf(delivery) }] : [],
  );
  const events = [...new Map(dead.map((ref) => [eventKey(ref), ref])).values()];
  const marked = events.length === 0 ? [] : await deps.markDead(events, deps.ttl);
  const lost = new Set(events.filter((_, index) => marked[index]?.kind === 'unknown').map(eventKey));
  return ends.filter(({ verdict, work }) => verdict.kind !== 'dead' || !lost.has(eventKey(work.ref)));
}

function eventKey({ tenant, event }: DeliveryRef): string {
  return `${tenant}#${event}`;
}

async function writeOutcomes(ends: readonly End[], deps: SettleDeps): Promise<End[]> {
  const telling = ends.filter((end) => !leavesNoTrace(end));
  const writes = telling.map((end) => writeOf(end, deps));
  const written = await deps.outcomes.write(writes, deps.ttl);
  await passOnLost(
    telling.filter((_, index) => written[index]?.kind === 'written'),
    deps,
  );
  // A conflict is an end, too: another owner has taken over, and decides.
  const lost = new Set(telling.filter((_, index) => written[index]?.kind === 'unknown'));
  return ends.filter((end) => !lost.has(end));
}

async function passOnLost(ends: readonly End[], deps: SettleDeps): Promise<void> {
  const lost = ends.flatMap(({ work: { ref }, verdict }): Lost[] => {
    if (verdict.kind !== 'dead' && verdict.kind !== 'discarded') return [];
    const standing = { state: verdict.kind, reason: verdict.reason };
    return fateOf(standing, deps.now()) === 'failsOver' ? [{ ref, standing }] : [];
  });
  if (lost.length > 0) await deps.passOn(lost);
}

/** An attempt in doubt leaves its mark on all that follow. */
function keyUntil({ work, verdict }: End): number | undefined {
  const isTriedAgain = verdict.kind === 'retry' || verdict.kind === 'again';
  return (isTriedAgain ? verdict.keyUntilMs : undefined) ?? work.delivery.keyUntilMs;
}

function writeOf(end: End, { owner }: SettleDeps): OutcomeWrite {
  const { work, verdict, next } = end;
  const { ref, channel, lane, delivery } = work;
  const { n, since, notification, mode, expiresAtMs, incident } = delivery;
  const { unclaimed } = work;
  const keyUntilMs = keyUntil(end);
  const kept = { mode, expiresAtMs, keyUntilMs, incident, ...retentionOf(delivery) };
  const common = { ref, owner, channel, lane, since, attempt: n, unclaimed, ...kept };
  if (verdict.kind === 'delivered') {
    const { providerId, among } = verdict;
    return { ...common, state: 'delivered', providerId, among };
  }
  if (verdict.kind === 'held') {
    const { untilMs: nextAtMs, reason: cause } = verdict;
    const held = { state: 'held', reason: 'ambiguous', cause, nextAtMs, due: true } as const;
    return { ...common, ...held, content: notification };
  }
  if (verdict.kind === 'parked') return { ...common, ...parkedAs(delivery) };
  const { reason } = verdict;
  if (verdict.kind === 'discarded') return { ...common, state: 'discarded', reason };
  if (verdict.kind === 'dead') {
    return { ...common, state: 'dead', reason, cause: verdict.cause, content: notification };
  }
  return {
    ...common,
    state: 'retrying',
    attempt: verdict.kind === 'retry' ? n : n - 1,
    reason,
    nextAtMs: verdict.atMs,
    ...(next?.in === 'dueIndex' && { due: true as const, content: notification }),
  };
}
