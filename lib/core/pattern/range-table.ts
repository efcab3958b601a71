export interface Range {
  readonly low: number;
  readonly high: number;
  readonly position: number;
}

/**
 * Finds the ranges that hold a number in O(log n) and one step for each found: a balanced tree over the lower
 * bounds, laid out in their order, each node with the highest upper bound below it.
 */
export function rangeTable(
  ranges: readonly Range[],
): (value: number, found: (position: number) => void) => void {
  const sorted = ranges.toSorted((a, b) => a.low - b.low);
  const highest = new Float64Array(sorted.length);
  measure(0, sorted.length);

  function measure(from: number, to: number): number {
    if (from === to) return -Infinity;
    const middle = (from + to) >> 1;
    const high = Math.max(sorted[middle]!.high, measure(from, middle), measure(middle + 1, to));
    highest[middle] = high;
    return high;
  }

  return (value, found) => {
    const visit = (from: number, to: number): void => {
      if (from === to) return;
      const middle = (from + to) >> 1;
      if (highest[middle]! < value) return;
      visit(from, middle);
      const { low, high, position } = sorted[middle]!;
      if (low > value) return;
      if (high >= value) found(position);
      visit(middle + 1, to);
    };
    visit(0, sorted.length);
  };
}
