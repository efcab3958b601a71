import { shardOf } from '../../core/keys.ts';
import { type PutBackDeps, putBack } from './put-back.ts';
import { type Prepared, destinationKey } from './work.ts';

/** There is a moment so often. The longer, the more of them meet in a batch. */
const MEET_MS = 30_000;
const SECOND_MS = 1_000;

/**
 * Sends deliveries back so that those of a destination come within the same second, from whichever worker, and meet.
 * Nobody waits for it here: a worker that stands still would keep others waiting. Answers which are safe in the queue.
 */
export async function meet(works: readonly Prepared[], deps: PutBackDeps): Promise<Prepared[]> {
  if (works.length === 0) return [];
  const nowMs = deps.now();
  const returning = works.map((work) => ({
    work,
    n: work.delivery.n,
    delaySeconds: Math.ceil(untilMoment(destinationKey(work), nowMs) / SECOND_MS),
    gathered: work.gathered + 1,
  }));
  return (await putBack(returning, deps)).map(({ work }) => work);
}

/** Each destination has a moment of its own, so that not everybody's storms come back at once. */
function untilMoment(destination: string, nowMs: number): number {
  return MEET_MS - ((nowMs + shardOf(destination, MEET_MS)) % MEET_MS);
}
