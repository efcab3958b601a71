import { problem } from '../core/problem.ts';
import { alertChanges } from './ingest/alert-changes.ts';
import { freshOf, judge } from './ingest/judge.ts';
import { keptBack } from './ingest/kept-back.ts';
import { lookUp } from './ingest/look-up.ts';
import { name } from './ingest/name.ts';
import { planAhead } from './ingest/plan-ahead.ts';
import { recall } from './ingest/recall.ts';
import { type Fate, record } from './ingest/record.ts';
import { ordersOf, send } from './ingest/send.ts';
import { termsFor } from './ingest/terms.ts';
import { withinQuota } from './ingest/urgent-quota.ts';
import {
  type IngestDeps,
  type Judged,
  type Named,
  type Post,
  type Refused,
  unavailable,
} from './ingest/work.ts';

export type { IngestDeps, Item, Post } from './ingest/work.ts';

/** What became of one item. `neverFiring`: the end of an alert whose beginning nobody told us. */
export type Receipt =
  | { readonly kind: 'accepted' | 'duplicate' | 'neverFiring'; readonly id: string }
  | Refused;

export interface Receipts {
  /** In the order of the items. */
  readonly receipts: readonly Receipt[];
  /** The idempotency key was used before, for the same items. */
  readonly replayed: boolean;
}

/**
 * Takes events in: recall the idempotency key, name them, look up what is known of them, judge each, choose
 * the lane of the new ones, enqueue, record what is in the queue. A record exists only after its event is safe, so a
 * crash in between costs at most a second copy in the queue, which the delivery claims stop.
 * @throws ProblemError `idempotency-mismatch` for the whole post, `unavailable` when nothing can be looked up.
 */
export async function ingest(post: Post, deps: IngestDeps): Promise<Receipts> {
  const { tenant } = post;
  const atMs = deps.now();
  const request = await recall(post, atMs, deps);
  const { newId } = deps;
  const termsOf = await termsFor(tenant, deps);
  const candidates = name(post, request, atMs, { newId, termsOf });
  const named = candidates.filter((candidate) => candidate.kind === 'named');
  const known = await lookUp(tenant, named, deps);
  const { repeats } = post;
  const kept = repeats && (await keptBack(tenant, named, known, atMs, repeats, deps));
  const judged = judge(named, known, atMs, (id) => (kept?.has(id) ? undefined : repeats?.withinMs));
  const fresh = await withinQuota(tenant, freshOf(judged, atMs), post.urgentPerSecond, deps);
  const admitted = fresh.filter(({ event }) => event.lane === 'urgent' || !post.urgentOnly);
  const orderOf = await ordersOf(tenant, admitted, deps);
  const { going, held, unordered } = planAhead(admitted, orderOf, atMs, deps);
  const sent = [...(await send(tenant, going, orderOf, atMs, deps)), ...held];
  const replayed = request?.isReplay ?? false;
  const isWorthKeeping =
    !replayed && (sent.length > 0 || judged.some(({ verdict }) => verdict.kind === 'duplicate'));
  const news = {
    sent,
    changes: alertChanges(judged, sent, atMs),
    named: named.map(({ event }) => event),
    request: isWorthKeeping ? request : undefined,
  };
  const fates: Map<string, Fate | 'unordered'> = await record(tenant, news, atMs, deps);
  for (const id of unordered) fates.set(id, 'unordered');
  return { receipts: receiptsOf(candidates, judged, fates), replayed };
}

/** Tells what became of each item. What repeats an item of the same post shares that item's fate. */
function receiptsOf(
  candidates: readonly (Named | Refused)[],
  judged: readonly Judged[],
  fates: ReadonlyMap<string, Fate | 'unordered'>,
): Receipt[] {
  // Those that are named were judged in the same order.
  const verdicts = judged.values();
  const fresh = new Set(judged.flatMap(({ verdict: { kind, id } }) => (kind === 'fresh' ? [id] : [])));
  return candidates.map((candidate): Receipt => {
    if (candidate.kind === 'refused') return candidate;
    const { kind, id } = verdicts.next().value!.verdict;
    const fate = fates.get(id) ?? (fresh.has(id) ? 'lost' : 'safe');
    if (fate === 'lost') return { kind: 'refused', problem: unavailable() };
    if (fate === 'unordered') return { kind: 'refused', problem: problem('validation', UNORDERED) };
    if (kind === 'mismatch' || fate === 'mismatch')
      return { kind: 'refused', problem: problem('idempotency-mismatch', MISMATCH) };
    return { kind: kind === 'fresh' ? 'accepted' : kind, id };
  });
}

const UNORDERED =
  'Leave out scheduledAt: this topic is ordered, and its events arrive in the order in which they are taken.';
const MISMATCH = 'This id was used for another event.';
