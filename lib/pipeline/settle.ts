import type { AttemptRecord, OutcomeWrite } from '../core/outcome-write.ts';
import { MAX_DELAY_SECONDS } from '../core/slots.ts';
import type { Written } from '../core/written.ts';
import { type PutBackDeps, type Returning, putBack } from './deliver/put-back.ts';
import type { Attempted } from './deliver/send.ts';
import type { Claimed } from './deliver/work.ts';

export interface SettleDeps extends PutBackDeps {
  readonly outcomes: {
    write(writes: readonly OutcomeWrite[], ttl: number): Promise<readonly Written[]>;
    log(attempts: readonly AttemptRecord[], ttl: number): Promise<void>;
  };
  /** Marks an event as having a dead delivery. */
  readonly markDead: (tenant: string, event: string) => Promise<void>;
  readonly owner: string;
  readonly ttl: () => number;
  readonly now: () => number;
}

/**
 * The one decider's last word: what is not told by a completion record gets a write of its own. The order
 * matters: first the next message, then the outcome, and only then may the caller acknowledge. The other
 * way round a crash in between would lose the delivery, or send it twice unaccounted for.
 *
 * Answers the deliveries that are taken care of; all others come again with their messages.
 */
export async function settle(attempts: readonly Attempted[], deps: SettleDeps): Promise<Claimed[]> {
  const carried = await enqueueNext(attempts, deps);
  const settled = attempts.filter(
    (attempt) => needsWrite(attempt) && (!isQueued(attempt, deps) || carried.has(attempt)),
  );
  await logAttempts(attempts, deps);
  await markDeadEvents(settled, deps);
  const written = await deps.outcomes.write(
    settled.map((attempt) => outcomeOf(attempt, deps)),
    deps.ttl(),
  );
  // A conflict is an end, too: another owner has taken over, and decides.
  return settled.filter((_, index) => written[index]?.kind !== 'unknown').map(({ work }) => work);
}

/** Puts the next message of each retry into the queue; answers the attempts whose message is safe. */
async function enqueueNext(attempts: readonly Attempted[], deps: SettleDeps): Promise<Set<Attempted>> {
  const queued = attempts.filter((attempt) => isQueued(attempt, deps));
  const returning = queued.map((attempt): Returning<Claimed> & { readonly attempt: Attempted } => ({
    work: attempt.work,
    n: attempt.verdict.kind === 'retry' ? attempt.work.delivery.n + 1 : attempt.work.delivery.n,
    delaySeconds: delaySeconds(attempt, deps),
    appointed: attempt.verdict.kind === 'again',
    attempt,
  }));
  const safe = new Set((await putBack(returning, deps)).map(({ work }) => work.id));
  return new Set(queued.filter(({ work }) => safe.has(work.id)));
}

/** Whether the delivery goes on in a queue; what is due later than SQS can delay waits in the due index. */
function isQueued(attempt: Attempted, deps: SettleDeps): boolean {
  const { kind } = attempt.verdict;
  return (kind === 'retry' || kind === 'again') && delaySeconds(attempt, deps) <= MAX_DELAY_SECONDS;
}

function delaySeconds({ verdict }: Attempted, deps: SettleDeps): number {
  if (verdict.kind !== 'retry' && verdict.kind !== 'again') return 0;
  return Math.max(0, Math.ceil((verdict.atMs - deps.now()) / 1000));
}

/** A success that no index lists is told by its completion record alone. */
function needsWrite({ work, verdict }: Attempted): boolean {
  return verdict.kind !== 'delivered' || work.indexed;
}

async function logAttempts(attempts: readonly Attempted[], deps: SettleDeps): Promise<void> {
  const records = attempts.flatMap(
    ({ work, verdict, outcome, atMs, ms, status, detail }): AttemptRecord[] => {
      // A refusal for rate uses up no attempt, so it is none; a plain success is told by the completion record.
      if (outcome === undefined || verdict.kind === 'delivered' || verdict.kind === 'again') return [];
      const reason = outcome.kind === 'delivered' ? undefined : outcome.reason;
      return [{ ref: work.ref, n: work.delivery.n, atMs, outcome: outcome.kind, reason, status, ms, detail }];
    },
  );
  if (records.length > 0) await deps.outcomes.log(records, deps.ttl());
}

async function markDeadEvents(attempts: readonly Attempted[], deps: SettleDeps): Promise<void> {
  const dead = attempts.filter(({ verdict }) => verdict.kind === 'dead').map(({ work }) => work.ref);
  const events = new Map(dead.map((ref) => [`${ref.tenant}#${ref.event}`, ref]));
  await Promise.all([...events.values()].map(({ tenant, event }) => deps.markDead(tenant, event)));
}

function outcomeOf(attempt: Attempted, deps: SettleDeps): OutcomeWrite {
  const { work, verdict } = attempt;
  const { ref, channel, delivery } = work;
  const common = { ref, owner: deps.owner, channel, since: delivery.since };
  switch (verdict.kind) {
    case 'delivered':
      return { ...common, state: 'delivered', attempt: delivery.n };
    case 'retry':
    case 'again': {
      const due = isQueued(attempt, deps) ? {} : { due: true as const, content: delivery.notification };
      const over = verdict.kind === 'retry' ? delivery.n : delivery.n - 1;
      return {
        ...common,
        state: 'retrying',
        attempt: over,
        reason: verdict.reason,
        nextAtMs: verdict.atMs,
        ...due,
      };
    }
    case 'dead':
      return {
        ...common,
        state: 'dead',
        attempt: delivery.n,
        reason: verdict.reason,
        content: delivery.notification,
      };
    case 'discarded':
      return { ...common, state: 'discarded', attempt: delivery.n, reason: verdict.reason };
  }
}
