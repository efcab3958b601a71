import {
  type Claim,
  type ClaimWrite,
  type DeliveryRef,
  type Ownership,
  type Recorded,
  judge,
} from '../../core/claim.ts';
import type { Telemetry } from '../../core/metrics.ts';
import { inDoubt, keyOf } from '../../core/verdict.ts';
import type { AttemptRecord } from '../../core/outcome-write.ts';
import { type KeptUntil, type Retained, retentionOf } from '../../core/retention.ts';
import type { Written } from '../../core/written.ts';
import { toError } from '../each.ts';
import { policyOf } from './policy.ts';
import type { Booked, Claimed } from './work.ts';

export interface ClaimDeps {
  readonly claims: {
    readonly claim: (writes: readonly ClaimWrite[]) => Promise<readonly Written[]>;
    readonly read: (refs: readonly DeliveryRef[]) => Promise<ReadonlyMap<string, Recorded>>;
  };
  readonly logAttempts: (attempts: readonly AttemptRecord[], until: KeptUntil) => Promise<readonly Written[]>;
  /** Id of this batch: names the owner in every claim. */
  readonly owner: string;
  /** Function timeout + 5 s: no invocation outlives its own claims. */
  readonly leaseMs: number;
  readonly ttl: KeptUntil;
  readonly now: () => number;
  readonly telemetry: Telemetry;
}

export interface ClaimResult {
  readonly claimed: Claimed[];
  /** Over. */
  readonly finished: Booked[];
  /** Carried on by another message. */
  readonly stale: Booked[];
  /** To go on in a message of their own, unclaimed. */
  readonly isolated: Booked[];
  /** Somebody else's, or not known: their messages come again. */
  readonly waiting: Booked[];
}

/** A work with the place in the completion records that a claim would fix. */
interface Candidate {
  readonly work: Booked;
  readonly k: number;
  readonly i: number;
  readonly write: ClaimWrite;
  readonly indexed: boolean;
}

/** Deliveries told by one completion record. */
export const PER_COMPLETION = 10;
/** The first, and one more for what the rules allow after a look at what stands in the way. */
const ROUNDS = 2;

/**
 * Claims the deliveries of a batch in one round of conditional writes, 25 a call; what conflicts is read,
 * judged, and claimed in a second round where the rules allow it.
 */
export async function claim(works: readonly Booked[], deps: ClaimDeps): Promise<ClaimResult> {
  const claimed = works.filter(({ unclaimed }) => unclaimed).map(asIfClaimed);
  const result: ClaimResult = { claimed, finished: [], stale: [], isolated: [], waiting: [] };
  let candidates = place(
    works.filter(({ unclaimed }) => !unclaimed),
    deps,
  );
  for (let round = 1; round <= ROUNDS && candidates.length > 0; round++) {
    const conflicts = await write(candidates, result, deps);
    candidates = conflicts.length === 0 ? [] : await reconsider(conflicts, result, deps);
  }
  result.waiting.push(...candidates.map(({ work }) => work));
  return result;
}

/** It has no place in a completion record. */
function asIfClaimed(work: Booked): Claimed {
  return { ...work, k: 0, i: 0, indexed: false };
}

/** Gives each work its place; completion records belong to one tenant, so tenants are numbered apart. */
function place(works: readonly Booked[], deps: ClaimDeps): Candidate[] {
  const counts = new Map<string, number>();
  return works.map((work) => {
    const position = counts.get(work.ref.tenant) ?? 0;
    counts.set(work.ref.tenant, position + 1);
    const k = Math.floor(position / PER_COMPLETION);
    const i = position % PER_COMPLETION;
    const own = ownership(work, k, i, deps);
    const kind = work.delivery.n === 1 ? 'insert' : 'advance';
    return { work, k, i, write: { kind, ref: work.ref, own }, indexed: kind === 'advance' };
  });
}

function ownership({ delivery }: Booked, k: number, i: number, deps: ClaimDeps): Ownership {
  const leaseUntil = deps.now() + deps.leaseMs;
  return { owner: deps.owner, k, i, attempt: delivery.n, leaseUntil, ttl: deps.ttl(delivery.retentionDays) };
}

/** One round; answers the conflicts. What is not known waits: the next receive finds out. */
async function write(
  candidates: readonly Candidate[],
  result: ClaimResult,
  deps: ClaimDeps,
): Promise<Candidate[]> {
  const written = await deps.claims.claim(candidates.map((candidate) => candidate.write));
  const conflicts: Candidate[] = [];
  candidates.forEach((candidate, index) => {
    const { work, k, i, indexed } = candidate;
    const kind = written[index]?.kind;
    if (kind === 'written') result.claimed.push({ ...work, k, i, indexed });
    else if (kind === 'conflict') conflicts.push(candidate);
    else result.waiting.push(work);
  });
  return conflicts;
}

/** Reads what stands in the way and judges it; answers the claims worth another round. */
async function reconsider(
  conflicts: readonly Candidate[],
  result: ClaimResult,
  deps: ClaimDeps,
): Promise<Candidate[]> {
  // A lease that runs out after the look says nothing: its owner may have completed what the look did not see yet.
  const nowMs = deps.now();
  const recorded = await read(conflicts, deps);
  if (recorded === undefined) {
    result.waiting.push(...conflicts.map(({ work }) => work));
    return [];
  }
  const again: Candidate[] = [];
  for (const { work, k, i } of conflicts) {
    const seen = recorded.get(work.id);
    const { doubt } = policyOf(work);
    const unsent = inDoubt(doubt, work.delivery, 'crashed', nowMs);
    const { alone, delivery } = work;
    const message = { n: delivery.n, alone, owner: deps.owner, once: unsent !== undefined };
    const judgement = judge(message, seen?.claim, seen?.completion, nowMs);
    const indexed = seen?.claim.open !== undefined;
    const { ref } = work;
    const own = ownership(work, k, i, deps);
    switch (judgement.kind) {
      case 'insert':
      case 'advance':
        again.push({ work, k, i, write: { kind: judgement.kind, ref, own }, indexed });
        break;
      case 'replace':
        again.push({ work, k, i, write: { kind: 'replace', ref, own, seen: seen!.claim }, indexed });
        break;
      case 'takeOver': {
        const doubted = { ...work, delivery: { ...delivery, ...keyOf(doubt, delivery) } };
        again.push({
          work: doubted,
          k,
          i,
          write: { kind: 'takeOver', ref, own, seen: seen!.claim },
          indexed,
        });
        break;
      }
      case 'ambiguous':
      case 'poison': {
        const verdict = judgement.kind === 'ambiguous' && unsent ? unsent : POISON;
        const ended: Booked = { ...work, fate: { kind: 'verdict', verdict } };
        again.push({ work: ended, k, i, write: { kind: 'takeOver', ref, own, seen: seen!.claim }, indexed });
        break;
      }
      case 'mine':
        result.claimed.push({ ...work, k, i, indexed });
        break;
      case 'isolate':
        result.isolated.push(work);
        break;
      case 'wait':
        result.waiting.push(work);
        break;
      case 'acknowledge':
        result[judgement.why].push(work);
        break;
    }
  }
  return await logCrashes(again, result, deps);
}

async function read(
  conflicts: readonly Candidate[],
  deps: ClaimDeps,
): Promise<ReadonlyMap<string, Recorded> | undefined> {
  try {
    return await deps.claims.read(conflicts.map(({ work }) => work.ref));
  } catch (error) {
    deps.telemetry.log('error', 'claims cannot be read', { error: toError(error) });
    return undefined;
  }
}

const POISON = { kind: 'dead', reason: 'poison', ambiguous: true } as const;

/**
 * The attempts whose owners fell silent may have reached the provider. That is written down before anybody
 * sends again, so that every duplicate is accounted for; answers the claims that may go ahead.
 */
async function logCrashes(
  candidates: readonly Candidate[],
  result: ClaimResult,
  deps: ClaimDeps,
): Promise<Candidate[]> {
  const crashes = new Map(
    candidates.flatMap((candidate) =>
      candidate.write.kind === 'takeOver'
        ? [[candidate, crashOf(candidate.write.ref, candidate.write.seen, candidate.work.delivery)] as const]
        : [],
    ),
  );
  if (crashes.size === 0) return [...candidates];
  const written = await deps.logAttempts([...crashes.values()], deps.ttl);
  const unlogged = new Set([...crashes.keys()].filter((_, index) => written[index]?.kind === 'unknown'));
  result.waiting.push(...[...unlogged].map(({ work }) => work));
  return candidates.filter((candidate) => !unlogged.has(candidate));
}

/** The attempt of an owner that fell silent: it may have reached the provider. */
export function crashOf(ref: DeliveryRef, seen: Claim, kept: Retained): AttemptRecord {
  return {
    ref,
    n: seen.attempt,
    owner: seen.owner,
    atMs: seen.leaseUntil,
    outcome: 'maybe',
    reason: 'crashed',
    detail: 'the worker fell silent during this attempt',
    ...retentionOf(kept),
  };
}
