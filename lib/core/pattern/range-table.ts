import type { Marks } from './marks.ts';

export interface Range {
  readonly low: number;
  readonly high: number;
  readonly position: number;
}

/**
 * Finds the ranges that hold a number: those that begin at it or below, of which the ones that end below it are passed
 * over as far as a range stands before them that reaches further up.
 */
export class RangeTable {
  readonly #lows: Float64Array;
  readonly #highs: Float64Array;
  readonly #positions: Int32Array;
  /** The next range before each that reaches further up; -1: none does. */
  readonly #further: Int32Array;

  constructor(ranges: readonly Range[]) {
    const sorted = ranges.toSorted((a, b) => a.low - b.low || a.high - b.high);
    this.#lows = Float64Array.from(sorted, ({ low }) => low);
    this.#highs = Float64Array.from(sorted, ({ high }) => high);
    this.#positions = Int32Array.from(sorted, ({ position }) => position);
    this.#further = new Int32Array(sorted.length);
    for (const [at, { high }] of sorted.entries()) {
      let before = at - 1;
      while (before >= 0 && this.#highs[before]! <= high) before = this.#further[before]!;
      this.#further[at] = before;
    }
  }

  mark(value: number, marks: Marks): void {
    let at = this.#beginUpTo(value) - 1;
    while (at >= 0) {
      if (this.#highs[at]! >= value) marks.set(this.#positions[at--]!);
      else at = this.#further[at]!;
    }
  }

  /** How many begin at a number or below. */
  #beginUpTo(value: number): number {
    let from = 0;
    let to = this.#lows.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.#lows[middle]! <= value) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}
