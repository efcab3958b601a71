import { setTimeout as sleep } from 'node:timers/promises';
import type { QueueDepth } from '../../cdk/local/sqs.ts';
import type { Driver } from '../e2e/rig.ts';

/** How a run is stopped, and what it says meanwhile. */
export interface RunDeps {
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

/** What can be seen of a run from outside. */
export interface Watch extends RunDeps {
  /** Messages that have arrived so far. */
  readonly count: () => Promise<number>;
}

/** Nothing has moved for so long that nothing will. */
const GIVE_UP_MS = 240_000;

interface Settling extends Watch {
  readonly depths: () => Promise<readonly QueueDepth[]>;
}

/** Waits until every queue has been empty for a while: then nothing is left that could still arrive. */
export async function settle({ signal, progress, count, depths }: Settling): Promise<void> {
  let last = '';
  let movedAt = Date.now();
  for (let empty = 0; empty < 3;) {
    await sleep(1_000, undefined, { signal });
    const all = await depths();
    const sum = (key: keyof QueueDepth) => all.reduce((total, one) => total + one[key], 0);
    const left = [sum('ready'), sum('delayed'), sum('inFlight')];
    const state = `arrived ${await count()} · queues: ${left[0]} waiting, ${left[1]} delayed, ${left[2]} in flight`;
    progress(`settling · ${state}`);
    empty = left.every((number) => number === 0) ? empty + 1 : 0;
    if (state !== last) movedAt = Date.now();
    last = state;
    if (Date.now() - movedAt > GIVE_UP_MS) return;
  }
}

/**
 * A plan may kill three owners of one delivery, which nobody can tell from a delivery that kills its owners. It is
 * given up on record, and comes when somebody asks for it: the timers send it within a minute.
 */
export async function replay(
  deliveries: readonly string[],
  user: Driver,
  { signal, progress, arrivals }: RunDeps & { arrivals: () => Promise<ReadonlyMap<string, number>> },
): Promise<void> {
  for (const delivery of deliveries) {
    const { status } = await user.call('POST', `/v1/deliveries/${encodeURIComponent(delivery)}/replay`);
    if (status !== 202) throw new Error(`the replay of ${delivery} was answered ${status}`);
  }
  const until = Date.now() + GIVE_UP_MS;
  for (let missing = deliveries; missing.length > 0 && Date.now() < until;) {
    await sleep(2_000, undefined, { signal });
    const seen = await arrivals();
    missing = missing.filter((delivery) => !seen.has(delivery));
    progress(`replaying · ${missing.length} of ${deliveries.length} to come`);
  }
}
