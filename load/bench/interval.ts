import { median } from '../headline/interleave.ts';

/** A median, and where it lies in 95 of 100 samples like this one. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 1_000;

/**
 * Interval of the median by the bootstrap, of samples in groups: groups are drawn first, then samples out of each. What
 * differs from group to group is in it, and the same samples give the same interval.
 */
export function intervalOf(groups: readonly (readonly number[])[]): Interval {
  const random = randomFrom(groups.length);
  const draw = <T>(all: readonly T[]): T[] => all.map(() => all[Math.floor(random() * all.length)]!);
  const medians = Array.from({ length: RESAMPLES }, () => medianOf(draw(groups).map(draw))).toSorted(
    (a, b) => a - b,
  );
  return { value: medianOf(groups), low: medians[RESAMPLES * 0.025]!, high: medians[RESAMPLES * 0.975 - 1]! };
}

function medianOf(groups: readonly (readonly number[])[]): number {
  return median(groups.map(median));
}

/** Interval of the ratio of two medians whose samples were not taken in turns. */
export function ratioInterval(above: readonly number[], below: readonly number[]): Interval {
  const [first, second] = [intervalOf([above]), intervalOf([below])];
  // Both errors at once, as if they were normal: the widths add up by their squares.
  const width = (edge: 'low' | 'high', other: 'low' | 'high'): number =>
    Math.hypot(Math.log(first[edge] / first.value), Math.log(second[other] / second.value));
  const value = first.value / second.value;
  return {
    value,
    low: value * Math.exp(-width('low', 'high')),
    high: value * Math.exp(width('high', 'low')),
  };
}

/** mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
