import type { KillOptions } from './options.ts';

/** Events of one post. */
export const BATCH = 20;
/** Latest moment of a kill after the start of the post it goes with: then the batch is anywhere on its way. */
const SPREAD_MS = 800;

/** One kill: with which post, how long after its start, and whom. */
export interface Strike {
  readonly target: 'function' | 'stack';
  readonly batch: number;
  readonly afterMs: number;
  /** Which of those that run then, as a share of their number. */
  readonly pick: number;
}

/** Spreads the kills over the posts, by chance that a seed decides. In order of time. */
export function planStrikes({ events, kills, stackKills, seed }: KillOptions): readonly Strike[] {
  const random = seeded(seed);
  const batches = Math.ceil(events / BATCH);
  const strike = (target: Strike['target']): Strike => ({
    target,
    batch: Math.floor(random() * batches),
    afterMs: Math.floor(random() * SPREAD_MS),
    pick: random(),
  });
  return [
    ...Array.from({ length: kills }, () => strike('function')),
    ...Array.from({ length: stackKills }, () => strike('stack')),
  ].toSorted((a, b) => a.batch - b.batch || a.afterMs - b.afterMs);
}

/** Numbers from 0 to 1 that a seed fixes (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
