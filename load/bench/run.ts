import { type Conditions, conditionsOf } from '../headline/conditions.ts';
import type { Bench } from './bench.ts';
import { type Result, measure } from './measure.ts';
import { startReceiver } from './receiver.ts';

/** A whole run, as it is written to a file. */
export interface BenchRun {
  readonly conditions: Conditions;
  readonly results: readonly Result[];
  /** Benchmarks that failed, and why. */
  readonly failed: Readonly<Record<string, string>>;
}

export interface RunOptions {
  readonly seconds: number;
  readonly progress: (text: string) => void;
  /** Folder for CPU profiles. */
  readonly cpuProf?: string | undefined;
  /** Told of each benchmark when it is done. */
  readonly onDone: (bench: Bench, results: readonly Result[]) => void;
}

/** Measures benchmarks, each in a process of its own. */
export async function runBenches(
  benches: readonly Bench[],
  { seconds, progress, cpuProf, onDone }: RunOptions,
): Promise<BenchRun> {
  const receiver = await startReceiver();
  const conditions = conditionsOf();
  const all: Result[] = [];
  const failed: Record<string, string> = {};
  for (const bench of benches) {
    progress(`${bench.name}: starts`);
    try {
      const results = await measure(bench, { seconds, progress, cpuProf, receiver: receiver.url });
      all.push(...results);
      progress('');
      onDone(bench, results);
    } catch (error) {
      failed[bench.name] = error instanceof Error ? error.message : String(error);
    }
  }
  receiver.close();
  return { conditions: conditions(), results: all, failed };
}
