import { type HeapProfiler, Session } from 'node:inspector/promises';
import type { Case } from './bench.ts';

/** Mean distance of two samples. */
const INTERVAL_BYTES = 1_024;
const FOR_MS = 100;

/**
 * Bytes that a unit of work allocates on V8's heap, garbage included: an estimate by V8's sampling profiler. What
 * buffers hold outside of the heap is not in it.
 */
export async function heapBytesOf({ run }: Case): Promise<number> {
  const session = new Session();
  session.connect();
  try {
    await session.post('HeapProfiler.startSampling', {
      samplingInterval: INTERVAL_BYTES,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    });
    const until = performance.now() + FOR_MS;
    let units = 0;
    do units += await run();
    while (performance.now() < until);
    const { profile } = await session.post('HeapProfiler.stopSampling');
    return bytesIn(profile.head) / units;
  } finally {
    session.disconnect();
  }
}

function bytesIn({ selfSize, children }: HeapProfiler.SamplingHeapProfileNode): number {
  return children.reduce((sum, child) => sum + bytesIn(child), selfSize);
}
