import type { Counts } from './bench.ts';
import { type Interval, intervalOf, ratioInterval } from './interval.ts';
import { type Result, ratiosOf } from './measure.ts';

/** One case, before and after. */
export interface Comparison {
  readonly name: string;
  /** After : before; above 1 it has become slower. */
  readonly time: Interval;
  /** After : before, where the heap tells. */
  readonly heap: number | undefined;
  readonly counters: readonly CounterChange[];
}

export interface CounterChange {
  readonly name: string;
  readonly before: number;
  readonly after: number;
}

export type Side = Pick<Result, 'name' | 'us' | 'heapBytes' | 'counters'>;

/** Compares samples of one case that were taken in turns, round by round, in one or several pairs of processes. */
export function compareTurns(pairs: readonly { readonly before: Side; readonly after: Side }[]): Comparison {
  const ratios = pairs.map(({ before, after }) =>
    after.us.map((us, round) => us / (before.us[round] ?? Number.NaN)),
  );
  const { before, after } = pairs.at(-1)!;
  return { ...compareCounts(before, after), time: intervalOf(ratios) };
}

/** Compares two runs by how each stood to the yard stick beside it. */
export function compareRuns(before: Result, after: Result): Comparison {
  return { ...compareCounts(before, after), time: ratioInterval(ratiosOf(after), ratiosOf(before)) };
}

function compareCounts(before: Side, after: Side): Omit<Comparison, 'time'> {
  const heap =
    before.heapBytes === undefined || after.heapBytes === undefined
      ? undefined
      : (after.heapBytes + HEAP_GRAIN) / (before.heapBytes + HEAP_GRAIN);
  return { name: after.name, heap, counters: changesOf(before.counters, after.counters) };
}

/** The estimate of the heap is no finer: an operation that allocates nothing must not seem to double it. */
const HEAP_GRAIN = 64;

function changesOf(before: Counts, after: Counts): CounterChange[] {
  return Object.entries(after).flatMap(([name, now]) => {
    const was = before[name];
    return was === undefined ? [] : [{ name, before: was, after: now }];
  });
}

/** Counters are sums of whole numbers: what differs by less is rounding. */
const EXACT = 1e-6;

/** What has become worse: by more than a share, and beyond doubt; and every counter that has grown at all. */
export function regressionsIn({ time, heap, counters }: Comparison, max: number): string[] {
  return [
    ...(time.value > 1 + max && time.low > 1
      ? [`slower by ${percent(time.value)} (${percent(time.low)} to ${percent(time.high)})`]
      : []),
    ...(heap !== undefined && heap > 1 + max ? [`allocates ${percent(heap)} more`] : []),
    ...counters
      .filter(({ before, after }) => after > before * (1 + EXACT))
      .map(({ name, before, after }) => `${name} ${before} -> ${after}`),
  ];
}

export function comparisonLine({ name, time, heap, counters }: Comparison): string {
  const changed = counters
    .filter(({ before, after }) => before !== after)
    .map(({ name: counter, before, after }) => `, ${counter} ${before} -> ${after}`);
  const bytes = heap === undefined ? '' : `, heap x${heap.toFixed(2)}`;
  return `${name}: time x${time.value.toFixed(3)} (${time.low.toFixed(3)} to ${time.high.toFixed(3)})${bytes}${changed.join('')}`;
}

function percent(ratio: number): string {
  return `${(100 * (ratio - 1)).toFixed(1)} %`;
}
