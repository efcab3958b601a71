import { type RecordableHistogram, createHistogram } from 'node:perf_hooks';

/** Times in an HDR histogram of microseconds with three significant figures, up to an hour. */
export interface Times {
  readonly record: (ms: number) => void;
  readonly add: (other: Times) => void;
  readonly count: () => number;
  /** Milliseconds; undefined while nothing is recorded. */
  readonly percentile: (percent: number) => number | undefined;
  readonly max: () => number | undefined;
  readonly min: () => number | undefined;
  readonly mean: () => number | undefined;
  /** What `add` of another takes. */
  readonly raw: RecordableHistogram;
}

const HIGHEST_US = 3_600_000_000;

export function createTimes(): Times {
  const raw = createHistogram({ lowest: 1, highest: HIGHEST_US, figures: 3 });
  // The histogram answers the upper end of a bucket, which may lie above all that was recorded.
  let mostUs = 0;
  const some = (us: () => number) => (raw.count === 0 ? undefined : Math.min(us(), mostUs) / 1_000);
  return {
    raw,
    record(ms) {
      const us = Math.min(HIGHEST_US, Math.max(1, Math.round(ms * 1_000)));
      mostUs = Math.max(mostUs, us);
      raw.record(us);
    },
    add(other) {
      mostUs = Math.max(mostUs, (other.max() ?? 0) * 1_000);
      raw.add(other.raw);
    },
    count: () => raw.count,
    percentile: (percent) => some(() => raw.percentile(percent)),
    max: () => some(() => mostUs),
    min: () => some(() => raw.min),
    mean: () => some(() => raw.mean),
  };
}

export interface Summary {
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Undefined when nothing was recorded. */
export function summaryOf(times: Times): Summary | undefined {
  if (times.count() === 0) return undefined;
  const at = (percent: number): number => round(times.percentile(percent) ?? 0);
  return {
    count: times.count(),
    min: round(times.min() ?? 0),
    mean: round(times.mean() ?? 0),
    p50: at(50),
    p90: at(90),
    p95: at(95),
    p99: at(99),
    p999: at(99.9),
    max: round(times.max() ?? 0),
  };
}

function round(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
