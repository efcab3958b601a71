import { tellTogether } from '../../core/tell-together.ts';
import { type Verdict, decide } from '../../core/verdict.ts';
import { policyOf } from './policy.ts';
import type { SendOneDeps } from './send-one.ts';
import type { Attempted } from './send.ts';
import type { Claimed } from './work.ts';

/** Those that are told in one message; on its own is what has no party, and what is decided without a request. */
export function partiesOf(works: readonly Claimed[]): Claimed[][] {
  return [...Map.groupBy(works, ({ id, party, fate }) => (fate ? id : (party ?? id))).values()];
}

/**
 * One request for all of a party: it tells of those that are claimed, and of nobody else. What became of it is judged
 * for each by itself.
 */
export async function attemptTogether(
  party: readonly Claimed[],
  attempt: (work: Claimed) => Promise<Attempted>,
  deps: Pick<SendOneDeps, 'now' | 'random'>,
): Promise<Attempted[]> {
  const [lead, ...others] = party;
  if (others.length === 0) return [await attempt(lead!)];
  const one = await attempt(spokesman(party));
  // By the same chance, so that what is tried again stays together.
  const [nowMs, random] = [deps.now(), deps.random()];
  return party.map((work): Attempted => {
    const verdict = verdictOn(work, one, { nowMs, random, among: party.length });
    return { ...one, work, verdict, ...(work !== lead && { shared: true }) };
  });
}

/** To the provider what it says is an event of its own: of other members, another. */
function spokesman(party: readonly Claimed[]): Claimed {
  const notification = tellTogether(party.map(({ delivery }) => delivery.notification));
  const lead = party[0]!;
  return {
    ...lead,
    ref: { ...lead.ref, event: notification.id },
    delivery: { ...lead.delivery, notification },
  };
}

interface Circumstances {
  readonly nowMs: number;
  readonly random: number;
  /** How many the message told of. */
  readonly among: number;
}

function verdictOn(
  work: Claimed,
  { outcome, verdict }: Attempted,
  { nowMs, random, among }: Circumstances,
): Verdict {
  // It came to no request.
  if (!outcome) return verdict;
  if (outcome.kind === 'reject') return { kind: 'again', atMs: nowMs, reason: outcome.reason, alone: true };
  const mine = decide(outcome, work.delivery, policyOf(work), nowMs, random);
  return mine.kind === 'delivered' ? { ...mine, among } : mine;
}
