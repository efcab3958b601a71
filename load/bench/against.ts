import { takeTurns } from '../headline/interleave.ts';
import { type Bench, fullName } from './bench.ts';
import { type Comparison, type Side, compareTurns } from './comparison.ts';
import { type MeasureOptions, roundsFor } from './measure.ts';
import { type BenchProcess, openBench } from './process.ts';

/**
 * Pairs of processes that are measured. V8 compiles the same code now this way and now that: two processes of one
 * checkout may differ by a third, and no number of rounds between them would tell.
 */
const PAIRS = 3;

interface AgainstOptions extends MeasureOptions {
  /** Folder of the other checkout. */
  readonly before: string;
}

interface Pair {
  readonly before: Side;
  readonly after: Side;
}

/** Measures a benchmark of two checkouts in turns, each in processes of its own. */
export async function measureAgainst(bench: Bench, options: AgainstOptions): Promise<Comparison[]> {
  const pairs: Pair[] = [];
  for (let n = 0; n < PAIRS; n++) pairs.push(...(await measurePair(bench, options)));
  return [...Map.groupBy(pairs, ({ after }) => after.name).values()].map(compareTurns);
}

/** One pair for each case that both checkouts have. */
async function measurePair(bench: Bench, { before: root, ...options }: AgainstOptions): Promise<Pair[]> {
  const after = await openBench(bench.name, options);
  const before = await openBench(bench.name, { ...options, root }).catch(async (error: unknown) => {
    await after.end();
    throw error;
  });
  try {
    const known = new Set(before.cases.map(({ name }) => name));
    const cases = after.cases.filter(({ name, rivalOf }) => known.has(name) && rivalOf === undefined);
    const rounds = roundsFor(cases, options.seconds / PAIRS);
    const pairs: Pair[] = [];
    for (const { name, crowded = false } of cases) {
      const samplers = { before: () => before.sample(name), after: () => after.sample(name) };
      const onRound = (done: number): void =>
        options.progress(`${fullName(bench.name, name)}: round ${done} of ${rounds}`);
      const us = await takeTurns(samplers, { rounds, warmUp: Math.ceil(rounds / 3), onRound });
      const sideOf = async (process: BenchProcess, samples: readonly number[]): Promise<Side> => ({
        name: fullName(bench.name, name),
        us: samples,
        heapBytes: crowded ? undefined : await process.heap(name),
        counters: await process.counters(name),
      });
      pairs.push({ before: await sideOf(before, us.before), after: await sideOf(after, us.after) });
    }
    return pairs;
  } finally {
    await Promise.all([before.end(), after.end()]);
  }
}
