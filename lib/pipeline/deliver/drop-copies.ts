import { judge } from '../../core/claim.ts';
import { forEach } from '../each.ts';
import type { ClaimDeps } from './claim.ts';
import type { Work } from './work.ts';

export type DropDeps = Pick<ClaimDeps, 'claims' | 'owner' | 'now' | 'telemetry'>;

/** So often a delivery comes back in vain before it is looked at, each time. */
const MISSES = 8;

export interface Copies<W extends Work> {
  readonly going: readonly W[];
  /** Over, or carried on by another message. */
  readonly over: readonly W[];
}

/**
 * Takes out what a claim would only acknowledge, before it takes a slot. Every crash or lost reply while a delivery
 * waits may leave another copy of it, and each copy that books keeps somebody else out of a slot: a backlog that
 * waits long enough would be made of copies. Whoever waits its turn costs no look; it takes a few missed ones.
 */
export async function dropCopies<W extends Work>(works: readonly W[], deps: DropDeps): Promise<Copies<W>> {
  const suspects = works.filter(({ unclaimed, hops }) => !unclaimed && hops > 0 && hops % MISSES === 0);
  if (suspects.length === 0) return { going: works, over: [] };
  // A look that fails costs slots, not truth: the claim decides.
  const refs = suspects.map(({ ref }) => ref);
  const [recorded] = await forEach([refs], (all) => deps.claims.read(all), 'claims cannot be read', deps);
  const isOver = (work: Work): boolean => {
    const seen = recorded?.get(work.id);
    const message = { n: work.delivery.n, alone: work.alone, owner: deps.owner, once: false };
    return judge(message, seen?.claim, seen?.completion, deps.now()).kind === 'acknowledge';
  };
  const over = suspects.filter(isOver);
  return { going: works.filter((work) => !over.includes(work)), over };
}
