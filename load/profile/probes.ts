import { type HeapProfiler, type Profiler, Session } from 'node:inspector/promises';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { startCpuProfile } from '../../lib/platform/cpu-profile.ts';

/** What a thread can be asked about itself. */
export const PROBES = { cpu: startCpu, heap: startHeap, loop: startLoop, handles: startHandles } as const;
export type ProbeName = keyof typeof PROBES;

/** What one thread found out. */
export interface Findings {
  readonly cpu?: Profiler.Profile;
  readonly heap?: HeapProfiler.SamplingHeapProfile;
  readonly loop?: LoopFindings;
  readonly handles?: HandleFindings;
}

export interface LoopFindings {
  /** How late a timer fired, ms. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Share of the time in which it worked. */
  readonly utilisation: number;
}

export interface HandleFindings {
  /** What kept the event loop alive, by kind. */
  readonly before: Readonly<Record<string, number>>;
  readonly after: Readonly<Record<string, number>>;
}

/** Ends a probe and gives what it found. */
type Stop = () => Promise<Findings>;

/** Mean distance of two samples of the heap. */
const HEAP_INTERVAL_BYTES = 16 * 1_024;
const LOOP_RESOLUTION_MS = 5;

async function startCpu(): Promise<Stop> {
  const stop = await startCpuProfile();
  return async () => ({ cpu: await stop() });
}

/** All that was allocated, garbage included. */
async function startHeap(): Promise<Stop> {
  const session = new Session();
  session.connect();
  await session.post('HeapProfiler.startSampling', {
    samplingInterval: HEAP_INTERVAL_BYTES,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  return async () => {
    const { profile } = await session.post('HeapProfiler.stopSampling');
    session.disconnect();
    return { heap: profile };
  };
}

async function startLoop(): Promise<Stop> {
  const delay = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  delay.enable();
  const before = performance.eventLoopUtilization();
  return async () => {
    delay.disable();
    const { utilization } = performance.eventLoopUtilization(before);
    return {
      loop: {
        p50: lateMs(delay.percentile(50)),
        p99: lateMs(delay.percentile(99)),
        max: lateMs(delay.max),
        utilisation: utilization,
      },
    };
  };
}

/** The histogram has the whole distance of two timers. */
function lateMs(ns: number): number {
  return Math.max(0, ns / 1e6 - LOOP_RESOLUTION_MS);
}

async function startHandles(): Promise<Stop> {
  const before = activeHandles();
  return async () => ({ handles: { before, after: activeHandles() } });
}

function activeHandles(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
