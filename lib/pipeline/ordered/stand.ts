import { type Catalog, baseOf } from '../../core/catalog.ts';
import { type Claim, type Recorded, attemptOf, judge } from '../../core/claim.ts';
import { isPaused, pausedMs } from '../../core/pause.ts';
import { HORIZON_MS } from '../../core/slots.ts';
import { closestEntry } from '../../core/topic.ts';
import { MAX_AGE_MS } from '../../core/verdict.ts';
import { pausesFor } from '../deliver/park.ts';
import type { Work } from '../deliver/work.ts';
import { receivesOf } from './groups.ts';
import type { Step } from './sequence.ts';

/** What the head of a sequence may do now. */
export type Standing =
  /** `suspect`: its worker fell silent twice. */
  | { readonly kind: 'go'; readonly work: Work; readonly suspect: boolean }
  | { readonly kind: 'over' }
  | { readonly kind: 'wait'; readonly untilMs: number };

export interface StandDeps {
  readonly catalog: (tenant: string) => Promise<Catalog>;
  /** Id of this turn. */
  readonly owner: string;
  readonly now: () => number;
}

/**
 * Says by the ledger where the head stands. Its message is never written anew, so the number of its attempt and the
 * time of the next one are those of its claim.
 */
export async function stand(step: Step, recorded: Recorded | undefined, deps: StandDeps): Promise<Standing> {
  const { record } = step;
  const nowMs = deps.now();
  const { claim, completion } = recorded ?? {};
  const n = attemptOf(claim);
  const judgement = judge({ n, alone: true, owner: deps.owner }, claim, completion, nowMs);
  if (judgement.kind === 'wait') return judgement;
  const head = await ageing(step.work, claim, deps);
  const isOver = judgement.kind === 'acknowledge';
  const isHeld = nowMs <= head.endsMs && (isOver ? await holdsGroup(head, deps) : isPutOff(head));
  if (isHeld) return { kind: 'wait', untilMs: nowMs + lookAgainMs(receivesOf(record)) };
  if (isOver) return { kind: 'over' };
  const { nextAt = 0 } = claim ?? {};
  if (claim?.state === 'retrying' && nextAt > nowMs + HORIZON_MS) return { kind: 'wait', untilMs: nextAt };
  const suspect = claim?.state === 'sending' && claim.takeovers > 0;
  const { work } = head;
  const key = claim?.keyUntilMs === undefined ? {} : { keyUntilMs: claim.keyUntilMs };
  return { kind: 'go', work: { ...work, delivery: { ...work.delivery, n, ...key } }, suspect };
}

interface Head {
  /** Its `since` leaves out the time of pauses. */
  readonly work: Work;
  readonly claim: Claim | undefined;
  readonly isPaused: boolean;
  /** Epoch ms. Nothing holds a group longer than a delivery may live: what comes behind would never be sent. */
  readonly endsMs: number;
}

/** The time for which its destination was paused does not count for its age, as far as its queue can keep it. */
async function ageing(work: Work, claim: Claim | undefined, deps: StandDeps): Promise<Head> {
  const { ref, delivery } = work;
  const destination = baseOf(await deps.catalog(ref.tenant), ref.destination);
  const pauses = destination ? await pausesFor(ref.tenant, deps) : [];
  const paused = destination ? pausedMs(pauses, destination, delivery.since, deps.now()) : 0;
  const since = delivery.since + Math.min(paused, MAX_KEPT_MS - MAX_AGE_MS);
  return {
    work: { ...work, delivery: { ...delivery, since } },
    claim,
    isPaused: destination !== undefined && isPaused(pauses, destination),
    endsMs: Math.min(Math.max(claim?.since ?? 0, since) + MAX_AGE_MS, delivery.since + MAX_KEPT_MS),
  };
}

/**
 * Whether a delivery that is not to be sent holds its group: while people are to find out what became of it, or
 * once it is dead where its topic says so, until they replay or discard it.
 */
async function holdsGroup({ work, claim }: Head, { catalog }: StandDeps): Promise<boolean> {
  if (claim?.state !== 'dead') return claim?.state === 'held';
  const { topics } = await catalog(work.ref.tenant);
  return closestEntry(topics)(work.delivery.notification.topic)?.onDead === 'stop';
}

/**
 * Whether it is not for its own message to send it now: a replay has a message of its own, which the timers see to,
 * and what is paused waits where it is, as what is parked would come back in any order.
 */
function isPutOff({ work, claim, isPaused: paused }: Head): boolean {
  return paused || (claim?.since ?? 0) > work.delivery.since;
}

const MINUTE_MS = 60_000;
const LOOK_MINUTES = 15;
/** Its queue forgets a message after seven days: half a day before, what is left of a group is given up, on record. */
const MAX_KEPT_MS = 156 * 60 * MINUTE_MS;

/**
 * How long a held group is left alone: a minute at first, 15 in the end. So it is given out about 640 times in the
 * longest life of a delivery, of the 1,000 that its queue allows.
 */
function lookAgainMs(receives: number): number {
  return Math.min(receives, LOOK_MINUTES) * MINUTE_MS;
}
