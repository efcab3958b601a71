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

export interface Growth {
  /** Processes that were there from the second quarter to the end. */
  readonly processes: number;
  readonly beforeKiB: number;
  readonly afterKiB: number;
  /** Share by which their memory grew between the second quarter and the last; negative when it shrank. */
  readonly share: number;
}

/**
 * How much the memory of those processes grew that lived long enough to tell. The first quarter is warm-up; medians,
 * because collections of garbage make single samples jump.
 */
export function growthOf(samples: readonly Sample[]): Growth {
  const quarter = Math.floor(samples.length / 4);
  const early = samples.slice(quarter, 2 * quarter);
  const late = samples.slice(-quarter);
  const pids = [...(early[0]?.keys() ?? [])].filter((pid) => late.every((sample) => sample.has(pid)));
  const sumIn = (part: readonly Sample[]): number =>
    pids.reduce((sum, pid) => sum + median(part.flatMap((sample) => sample.get(pid) ?? [])), 0);
  const [beforeKiB, afterKiB] = [sumIn(early), sumIn(late)];
  return {
    processes: pids.length,
    beforeKiB,
    afterKiB,
    share: beforeKiB > 0 ? afterKiB / beforeKiB - 1 : 0,
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
