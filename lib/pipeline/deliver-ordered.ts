import { type Recorded, refText } from '../core/claim.ts';
import { type QueueRecord, parseDeliveryPack } from '../core/message.ts';
import type { DeliverDeps } from './deliver.ts';
import { toError } from './each.ts';
import { attempt } from './ordered/attempt.ts';
import { receivesOf } from './ordered/groups.ts';
import { type Sequence, type Step, headOf, leftOf, sequencesOf } from './ordered/sequence.ts';
import { type Standing, stand } from './ordered/stand.ts';
import { readMessages } from './read.ts';

export interface OrderedDeps extends Omit<DeliverDeps, 'owner'> {
  /** Each turn owns its claims under an id of its own: a completion record of one says nothing of the next. */
  readonly newOwner: () => string;
}

/** A turn is not begun without the time to send and to write down what happened. */
const TURN_MS = 10_000;
/** SQS: 12 hours from the receive, less what an invocation may have taken of them. */
const MAX_WAIT_SECONDS = 43_100;
const OFTEN = 500;
const OFTEN_SECONDS = 600;

/**
 * One batch of an ordered topic's deliveries. The heads of all groups take a turn together; where a head is over the
 * next one follows, and where it must be tried again its group waits behind it: nothing is enqueued anew, because
 * that would change the order. The messages stay in the queue, out of sight until the head's next attempt.
 *
 * Answers the ids of messages that must come again.
 */
export async function deliverOrdered(records: readonly QueueRecord[], deps: OrderedDeps): Promise<string[]> {
  const { readable, failed } = await readMessages(records, parseDeliveryPack, deps);
  const sequences = sequencesOf(records, readable, failed);
  for (;;) {
    const moving = sequences.filter((sequence) => headOf(sequence));
    if (moving.length === 0 || deps.remainingMs() < TURN_MS) break;
    await takeTurn(moving, { ...deps, owner: deps.newOwner() });
  }
  return await giveBack(sequences, deps);
}

/** A head, and what it may do. */
interface Looked {
  readonly sequence: Sequence;
  readonly standing: Standing;
}

async function takeTurn(moving: readonly Sequence[], deps: DeliverDeps): Promise<void> {
  const looked = await look(moving, deps);
  for (const { sequence, standing } of looked) {
    if (standing.kind === 'over') sequence.at++;
    if (standing.kind === 'wait') sequence.untilMs = standing.untilMs;
  }
  const going = chooseFrom(looked);
  if (going.size === 0) return;
  const ends = await attempt(
    [...going.values()].map(({ work }) => work),
    deps,
  );
  for (const [id, { sequence }] of going) {
    const end = ends.get(id) ?? soon(deps);
    if (end.kind === 'over') sequence.at++;
    if (end.kind === 'wait') sequence.untilMs = end.untilMs;
  }
}

/** Reads where the heads stand; while that cannot be read, they wait. */
async function look(moving: readonly Sequence[], deps: DeliverDeps): Promise<Looked[]> {
  const heads = moving.map((sequence) => ({ sequence, head: headOf(sequence)! }));
  try {
    const recorded = await deps.claims.read([
      ...new Map(heads.map(({ head: { work } }) => [work.id, work.ref])).values(),
    ]);
    return await Promise.all(
      heads.map(async ({ sequence, head }) => ({ sequence, standing: await lookAt(head, recorded, deps) })),
    );
  } catch (error) {
    deps.telemetry.log('error', 'heads of ordered deliveries cannot be read', { error: toError(error) });
    return moving.map((sequence) => ({ sequence, standing: soon(deps) }));
  }
}

function lookAt(head: Step, recorded: ReadonlyMap<string, Recorded>, deps: DeliverDeps): Promise<Standing> {
  return stand(head, recorded.get(refText(head.work.ref)), deps);
}

interface Going {
  readonly sequence: Sequence;
  readonly work: Extract<Standing, { kind: 'go' }>['work'];
}

/**
 * Who goes, by delivery: each once, since a catalog that changed may have put a copy into another group. Suspects
 * come last and one at a time, so that one that kills its worker takes nobody with it.
 */
function chooseFrom(looked: readonly Looked[]): Map<string, Going> {
  const going = looked.flatMap(({ sequence, standing }) =>
    standing.kind === 'go' ? [{ sequence, ...standing }] : [],
  );
  const trusted = going.filter(({ suspect }) => !suspect);
  const chosen = trusted.length > 0 ? trusted : going.slice(0, 1);
  return new Map(chosen.map(({ sequence, work }) => [work.id, { sequence, work }]));
}

/** Of unknown state, or in other hands: 2-20 s, spread out. */
function soon({ now, random }: Pick<DeliverDeps, 'now' | 'random'>) {
  return { kind: 'wait', untilMs: now() + (2 + Math.floor(random() * 19)) * 1_000 } as const;
}

/**
 * Puts what is left of each group out of sight until its head may go on, the whole of it for the same time: while
 * any message of a group is in flight SQS gives out no other (re:Post, "sqs-fifo-messages-not-returned").
 */
async function giveBack(sequences: readonly Sequence[], deps: OrderedDeps): Promise<string[]> {
  const left = sequences.map((sequence) => ({
    records: leftOf(sequence),
    seconds: secondsOf(sequence, deps),
  }));
  const entries = left.flatMap(({ records, seconds }) =>
    records.map(({ receiptHandle }) => ({ receiptHandle, seconds })),
  );
  try {
    if (entries.length > 0) await deps.extend(entries);
  } catch (error) {
    // They come again when their visibility runs out, and then wait for the time that the ledger says.
    deps.telemetry.log('warn', 'visibility could not be set', { error: toError(error) });
  }
  return left.flatMap(({ records }) => records.map(({ messageId }) => messageId));
}

/**
 * What only ran out of time comes again at once. A message that has come very often stays away longer, so that its
 * delivery reaches the age at which it is given up within the 1,000 receives that the queue allows.
 */
function secondsOf({ untilMs, blocked, steps, at }: Sequence, deps: OrderedDeps): number {
  const isHeldUp = blocked.length > 0 && at === steps.length;
  const until = untilMs ?? (isHeldUp ? soon(deps).untilMs : deps.now());
  const head = steps[at];
  const least = head && receivesOf(head.record) > OFTEN ? OFTEN_SECONDS : 0;
  return Math.min(MAX_WAIT_SECONDS, Math.max(least, Math.ceil((until - deps.now()) / 1_000)));
}
