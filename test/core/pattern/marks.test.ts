import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Marks } from '../../../lib/core/pattern/marks.ts';

const SIZE = 3_000;
const marks = new Marks(SIZE);
const taken = (most = Infinity): number[] => {
  const seen: number[] = [];
  while (seen.length < most) {
    const position = marks.take();
    if (position < 0) break;
    seen.push(position);
  }
  return seen;
};

test('what is marked is taken once and in order, also what is marked in between; what is cleared is not', () => {
  const positions = fc.array(fc.integer({ min: 0, max: SIZE - 1 }), { maxLength: 200 });
  fc.assert(
    fc.property(positions, positions, fc.integer({ min: 0, max: 100 }), (given, more, most) => {
      marks.setAll(given);
      const sorted = inOrder(given);
      expect(taken(most)).toEqual(sorted.slice(0, most));
      marks.setAll(more);
      const left = inOrder([...sorted.slice(most), ...more]);
      expect(taken(most)).toEqual(left.slice(0, most));
      marks.clear();
      expect(taken()).toEqual([]);
      marks.setAll(given);
      expect(taken()).toEqual(sorted);
    }),
  );
});

function inOrder(positions: readonly number[]): number[] {
  return [...new Set(positions)].toSorted((a, b) => a - b);
}
