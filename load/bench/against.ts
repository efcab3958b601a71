import { takeTurns } from '../headline/interleave.ts';
import { type Bench, fullName } from './bench.ts';
import { type Comparison, compareTurns } from './comparison.ts';
import { type MeasureOptions, roundsFor } from './measure.ts';
import { type BenchProcess, openBench } from './process.ts';

/** Measures a benchmark of two checkouts in turns, each in a process of its own. */
export async function measureAgainst(
  bench: Bench,
  { before: root, ...options }: MeasureOptions & { readonly before: string },
): Promise<Comparison[]> {
  const after = await openBench(bench.name, options);
  const before = await openBench(bench.name, { ...options, root }).catch(async (error: unknown) => {
    await after.end();
    throw error;
  });
  try {
    const known = new Set(before.cases.map(({ name }) => name));
    const cases = after.cases.filter(({ name, rivalOf }) => known.has(name) && rivalOf === undefined);
    const rounds = roundsFor(cases, options.seconds);
    const comparisons: Comparison[] = [];
    for (const { name, crowded } of cases) {
      const samplers = { before: () => before.sample(name), after: () => after.sample(name) };
      const onRound = (done: number): void =>
        options.progress(`${fullName(bench.name, name)}: round ${done} of ${rounds}`);
      const us = await takeTurns(samplers, { rounds, warmUp: Math.ceil(rounds / 3), onRound });
      const sideOf = async (process: BenchProcess, samples: readonly number[]) => ({
        name: fullName(bench.name, name),
        us: samples,
        heapBytes: crowded ? undefined : await process.heap(name),
        counters: await process.counters(name),
      });
      comparisons.push(compareTurns(await sideOf(before, us.before), await sideOf(after, us.after)));
    }
    return comparisons;
  } finally {
    await Promise.all([before.end(), after.end()]);
  }
}
