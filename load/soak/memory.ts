import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Resident memory of processes at one moment, in KiB, by process id. */
export type Sample = ReadonlyMap<number, number>;

export async function sampleMemory(pids: readonly number[]): Promise<Sample> {
  if (pids.length === 0) return new Map();
  // A process that has just ended makes `ps` exit with 1 when it was the only one.
  const { stdout } = await promisify(execFile)('ps', ['-o', 'pid=,rss=', '-p', pids.join()]).catch(() => ({
    stdout: '',
  }));
  return new Map(stdout.trim().split('\n').filter(Boolean).map(toEntry));
}

function toEntry(line: string): [number, number] {
  const [pid = 0, kib = 0] = line.trim().split(/\s+/).map(Number);
  return [pid, kib];
}

/** What processes took in the second quarter and in the last, and by which share that grew; below 0: shrank. */
export interface Change {
  readonly beforeKiB: number;
  readonly afterKiB: number;
  readonly share: number;
}

export interface Growth extends Change {
  /** Those that were there from the second quarter to the end, what grew most first. */
  readonly processes: readonly (Change & { readonly name: string })[];
}

/**
 * How much the memory of those processes grew that lived long enough to tell. The first quarter is warm-up; medians,
 * because collections of garbage make single samples jump.
 */
export function growthOf(samples: readonly ReadonlyMap<string, number>[]): Growth {
  const quarter = Math.floor(samples.length / 4);
  const early = samples.slice(quarter, 2 * quarter);
  const late = samples.slice(-quarter);
  const names = [...(early[0]?.keys() ?? [])].filter((name) => late.every((sample) => sample.has(name)));
  const medianIn = (part: typeof samples, name: string): number =>
    median(part.flatMap((sample) => sample.get(name) ?? []));
  const processes = names
    .map((name) => Object.assign(changeOf(medianIn(early, name), medianIn(late, name)), { name }))
    .toSorted((a, b) => b.afterKiB - b.beforeKiB - (a.afterKiB - a.beforeKiB));
  const sum = (of: 'beforeKiB' | 'afterKiB'): number => processes.reduce((all, one) => all + one[of], 0);
  return { ...changeOf(sum('beforeKiB'), sum('afterKiB')), processes };
}

function changeOf(beforeKiB: number, afterKiB: number): Change {
  return { beforeKiB, afterKiB, share: beforeKiB > 0 ? afterKiB / beforeKiB - 1 : 0 };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
