import type { RateHint } from '../../core/learned.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { Verdict } from '../../core/verdict.ts';
import { type SettleDeps, settle } from '../settle.ts';
import { attemptTogether, partiesOf } from './attempt-together.ts';
import { type CompleteDeps, createCompletions } from './complete.ts';
import { limitedScopes } from './limited.ts';
import { isOverdue } from './places.ts';
import { type ReachDeps, type ReachSlot, createReachSlot } from './reach-slot.ts';
import { MAX_IN_FLIGHT, MIN_SEND_MS, RESERVE_MS } from './send-limits.ts';
import { type SendOneDeps, judged, sendOne } from './send-one.ts';
import { type TurnDeps, leaveTurn, takeTurn } from './turn.ts';
import { type Claimed, type Fate, destinationKey, toldBy } from './work.ts';

export interface SendDeps extends CompleteDeps, ReachDeps, SettleDeps, TurnDeps, SendOneDeps {}

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
  /** The request was made for another, and told of it, too. */
  readonly shared?: true;
}

/**
 * Sends what was claimed, each in its slot, and writes completion records on the way: after every ten
 * deliveries and before one is a second old, so that a crash costs little. Answers every attempt, and what is recorded.
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
  const flush = async (which: Parameters<typeof completions.flush>[0]): Promise<void> => {
    for (const work of await completions.flush(which)) recorded.set(work.id, work);
  };
  const run = async (party: readonly Claimed[]): Promise<void> => {
    const made = await attemptTogether(party, (work) => attemptOne(work, reachSlot, deps), deps);
    attempts.push(...made);
    const telling = made.filter(({ work }) => toldBy(work) === 'completion');
    telling.forEach(completions.decided);
    if (telling.length > 0) await flush('complete');
    for (const attempt of made)
      for (const done of await recordAtOnce(attempt, deps)) recorded.set(done.id, done);
  };
  const groups = [...Map.groupBy(works, destinationKey).values()];
  const sending = Promise.all(groups.map((group) => inParallel(partiesOf(group), widthOf(group, deps), run)));
  while ((await Promise.race([sending, deps.wait(completions.dueInMs())])) === undefined) await flush('due');
  await flush('all');
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
  const turn = await takeTurn(work, deps);
  if (!turn.ok) return { work, verdict: turn.verdict, atMs: deps.now() };
  const attempt = await attemptInSlot(work, turn.held?.providerId, reachSlot, deps);
  if (turn.held) await leaveTurn(turn.held, attempt, deps);
  return attempt;
}

async function attemptInSlot(
  work: Claimed,
  changed: string | undefined,
  reachSlot: ReachSlot,
  deps: SendDeps,
): Promise<Attempted> {
  const slot = await reachSlot(work);
  if (!slot.ok) return putBack(work, 'noSlot', slot.untilMs, deps);
  // Waiting for the slot took its time.
  if (isLate(deps)) return putBack(work, 'deadline', deps.now() + 1_000, deps);
  return await sendOne(work, work.target!, changed, deps);
}

function isLate({ remainingMs }: SendDeps): boolean {
  return remainingMs() < RESERVE_MS + MIN_SEND_MS;
}

function foregone(work: Claimed, fate: Fate, deps: SendDeps): Attempted {
  const atMs = deps.now();
  if (fate.kind === 'verdict') return { work, verdict: fate.verdict, atMs };
  return judged(work, fate.outcome, deps, { atMs, detail: fate.detail });
}

function putBack(work: Claimed, reason: 'noSlot' | 'deadline', atMs: number, deps: SendDeps): Attempted {
  return { work, verdict: { kind: 'again', atMs, reason }, atMs: deps.now() };
}
