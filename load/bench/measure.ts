import { median, takeTurns } from '../headline/interleave.ts';
import { type Bench, type Counts, fullName } from './bench.ts';
import { type BenchProcessOptions, openBench } from './process.ts';
import { YARDSTICK } from './protocol.ts';

/** What was measured of one case. */
export interface Result {
  /** `engine/rules/1000`. */
  readonly name: string;
  readonly bench: string;
  /** Full name of the case of ours that it is compared with; absent of ours. */
  readonly rivalOf?: string | undefined;
  /** By the clock on the wall, else CPU time. */
  readonly waits: boolean;
  /** Microseconds of a unit, round by round, and those of the yard stick beside them. */
  readonly us: readonly number[];
  readonly yardstickUs: readonly number[];
  /** Bytes of a unit on the heap, an estimate; absent where others run in the process. */
  readonly heapBytes?: number | undefined;
  readonly counters: Counts;
  readonly also: Counts;
  /** Bytes that a unit works on. */
  readonly bytes?: number | undefined;
}

export interface MeasureOptions extends BenchProcessOptions {
  /** Time for each case. */
  readonly seconds: number;
  readonly progress: (text: string) => void;
}

const LEAST_ROUNDS = 3;
const MOST_ROUNDS = 200;

/** How many rounds fit into the time that there is for each case. */
export function roundsFor(cases: readonly { readonly ms: number }[], seconds: number): number {
  const roundMs = cases.reduce((sum, { ms }) => sum + ms, 0);
  const rounds = Math.round((seconds * 1_000 * cases.length) / Math.max(roundMs, 1));
  return Math.min(MOST_ROUNDS, Math.max(LEAST_ROUNDS, rounds));
}

/** Measures the cases of a benchmark, which take turns with each other and with the yard stick. */
export async function measure(bench: Bench, options: MeasureOptions): Promise<Result[]> {
  const process = await openBench(bench.name, options);
  try {
    const { cases } = process;
    const rounds = roundsFor(cases, options.seconds);
    const names = [...cases.map(({ name }) => name), YARDSTICK];
    const samplers = Object.fromEntries(names.map((name) => [name, () => process.sample(name)]));
    const onRound = (done: number): void => options.progress(`${bench.name}: round ${done} of ${rounds}`);
    const samples = await takeTurns(samplers, { rounds, warmUp: Math.ceil(rounds / 3), onRound });
    const results: Result[] = [];
    for (const { name, rivalOf, waits = false, crowded, bytes } of cases)
      results.push({
        name: fullName(bench.name, name),
        bench: bench.name,
        rivalOf: rivalOf === undefined ? undefined : fullName(bench.name, rivalOf),
        waits,
        us: samples[name] ?? [],
        yardstickUs: samples[YARDSTICK] ?? [],
        heapBytes: crowded ? undefined : await process.heap(name),
        counters: await process.counters(name),
        also: await process.also(name),
        bytes,
      });
    return results;
  } finally {
    await process.end();
  }
}

/** How a case stands to the yard stick, round by round. */
export function ratiosOf({ us, yardstickUs }: Pick<Result, 'us' | 'yardstickUs'>): number[] {
  return us.map((value, round) => value / (yardstickUs[round] ?? Number.NaN));
}

/** Median microseconds of a unit. */
export function medianUs({ us }: Pick<Result, 'us'>): number {
  return median(us);
}
