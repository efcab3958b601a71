import type { OutboundRequest, Target } from '../../channel.ts';
import { wireId } from '../../core/delivery.ts';
import type { RateHint } from '../../core/learned.ts';
import { type Outcome, type Reply, outcomeOfFailure } from '../../core/outcome.ts';
import { type Verdict, decide } from '../../core/verdict.ts';
import { type SettleDeps, settle } from '../settle.ts';
import { type CompleteDeps, createCompletions } from './complete.ts';
import { limitedScopes } from './limited.ts';
import { isOverdue } from './places.ts';
import { policyOf } from './policy.ts';
import { type ReachDeps, type ReachSlot, createReachSlot } from './reach-slot.ts';
import { MAX_IN_FLIGHT, URGENT_SEND_MS } from './send-limits.ts';
import { type Claimed, type Fate, destinationKey, toldBy } from './work.ts';

export interface SendDeps extends CompleteDeps, ReachDeps, SettleDeps {
  /** Carries a request to the outside; never throws. */
  readonly post: (
    request: OutboundRequest,
    options: { readonly timeoutMs: number; readonly secrets: readonly string[] },
  ) => Promise<{ readonly reply: Reply; readonly ms: number }>;
  readonly random: () => number;
  /** Time left to this invocation. */
  readonly remainingMs: () => number;
}

/** What one attempt, or the decision not to make one, came to. */
export interface Attempted {
  readonly work: Claimed;
  readonly verdict: Verdict;
  readonly outcome?: Outcome;
  /** When the request was begun. */
  readonly atMs: number;
  readonly ms?: number;
  readonly status?: number;
  /** Redacted text of what went wrong. */
  readonly detail?: string;
  /** What the reply says about rates. */
  readonly hint?: RateHint;
}

/** Kept back at the end of an invocation for writing down what happened. */
const RESERVE_MS = 5_000;
/** A send that could not have this long is not begun. */
const MIN_SEND_MS = 3_000;
const FLUSH_EVERY_MS = 1_000;

/**
 * Sends what was claimed, each in its slot, and writes completion records on the way: after every ten
 * deliveries and every second, so that a crash costs little. Answers every attempt, and what is recorded.
 */
export async function send(
  works: readonly Claimed[],
  deps: SendDeps,
): Promise<{ readonly attempts: Attempted[]; readonly recorded: Claimed[] }> {
  const completions = createCompletions(
    works.filter((work) => toldBy(work) === 'completion'),
    deps,
  );
  const reachSlot = createReachSlot(deps);
  const attempts: Attempted[] = [];
  const recorded = new Map<string, Claimed>();
  const flush = async (all: boolean): Promise<void> => {
    for (const work of await completions.flush(all)) recorded.set(work.id, work);
  };
  const run = async (work: Claimed): Promise<void> => {
    const attempt = await attemptOne(work, reachSlot, deps);
    attempts.push(attempt);
    if (toldBy(work) === 'completion') {
      completions.decided(attempt);
      await flush(false);
    }
    for (const done of await recordAtOnce(attempt, deps)) recorded.set(done.id, done);
  };
  const groups = [...Map.groupBy(works, destinationKey).values()];
  const sending = Promise.all(groups.map((group) => inParallel(group, widthOf(group, deps), run)));
  while ((await Promise.race([sending, deps.wait(FLUSH_EVERY_MS)])) === undefined) await flush(true);
  await flush(true);
  return { attempts, recorded: [...recorded.values()] };
}

/** Successes that do not wait for others: where nothing is written, and where a crash is to cost one at most. */
async function recordAtOnce(attempt: Attempted, deps: SendDeps): Promise<Claimed[]> {
  const { work, verdict } = attempt;
  if (verdict.kind !== 'delivered') return [];
  if (work.unclaimed) return [work];
  return work.mode === 'exactlyOnceRecorded' ? await settle([attempt], deps) : [];
}

/** Slots pace a limited destination; an unlimited one is bounded by the number in flight. */
function widthOf(group: readonly Claimed[], deps: SendDeps): number {
  const [work] = group;
  return limitedScopes(work!, deps).length > 0 ? group.length : (work!.places?.count ?? MAX_IN_FLIGHT);
}

async function inParallel<T>(
  items: readonly T[],
  width: number,
  run: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const lane = async (): Promise<void> => {
    for (const item of queue) await run(item);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
}

/** Never throws: what could not be sent is put back. */
async function attemptOne(work: Claimed, reachSlot: ReachSlot, deps: SendDeps): Promise<Attempted> {
  if (work.fate) return foregone(work, work.fate, deps);
  if (isLate(deps) || (work.places && isOverdue(work.places, deps.now())))
    return putBack(work, 'deadline', deps.now() + 1_000, deps);
  const slot = await reachSlot(work);
  if (!slot.ok) return putBack(work, 'noSlot', slot.untilMs, deps);
  // Waiting for the slot took its time.
  if (isLate(deps)) return putBack(work, 'deadline', deps.now() + 1_000, deps);
  return await sendOne(work, work.target!, deps);
}

function isLate({ remainingMs }: SendDeps): boolean {
  return remainingMs() < RESERVE_MS + MIN_SEND_MS;
}

async function sendOne(work: Claimed, target: Target, deps: SendDeps): Promise<Attempted> {
  const atMs = deps.now();
  const { ref, delivery } = work;
  let request: OutboundRequest;
  try {
    const id = wireId(ref.tenant, ref.event, ref.destination);
    request = target.request(delivery.notification, { wireId: id, n: delivery.n, atMs });
  } catch {
    return judged(work, { kind: 'reject', reason: 'render' }, deps, {
      atMs,
      detail: 'the message could not be built',
    });
  }
  const longest = work.lane === 'urgent' ? URGENT_SEND_MS : target.channel.timeoutMs;
  const timeoutMs = Math.min(longest, target.channel.timeoutMs, deps.remainingMs() - RESERVE_MS);
  const { reply, ms } = await deps.post(request, { timeoutMs, secrets: target.secrets });
  const { outcome, hint } = readReply(target, reply, deps.now());
  const seen =
    reply.kind === 'reply' ? { status: reply.status, detail: reply.body } : { detail: reply.detail };
  return judged(work, outcome, deps, { atMs, ms, ...seen, hint });
}

/** A channel that trips over an odd reply must not take its batch down: the default reading stands in. */
function readReply(target: Target, reply: Reply, nowMs: number): { outcome: Outcome; hint: RateHint } {
  try {
    return { outcome: target.outcome(reply, nowMs), hint: target.rateHint(reply) };
  } catch {
    const failure = { kind: 'failure', reason: 'clientError', started: true, detail: '' } as const;
    return { outcome: outcomeOfFailure(failure), hint: {} };
  }
}

function judged(
  work: Claimed,
  outcome: Outcome,
  deps: SendDeps,
  seen: Pick<Attempted, 'atMs' | 'ms' | 'status' | 'detail' | 'hint'>,
): Attempted {
  const verdict = decide(outcome, work.delivery, policyOf(work), deps.now(), deps.random());
  return { work, outcome, verdict, ...seen };
}

function foregone(work: Claimed, fate: Fate, deps: SendDeps): Attempted {
  const atMs = deps.now();
  if (fate.kind === 'verdict') return { work, verdict: fate.verdict, atMs };
  return judged(work, fate.outcome, deps, { atMs, detail: fate.detail });
}

function putBack(work: Claimed, reason: 'noSlot' | 'deadline', atMs: number, deps: SendDeps): Attempted {
  return { work, verdict: { kind: 'again', atMs, reason }, atMs: deps.now() };
}
