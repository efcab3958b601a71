import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { newMarks } from '../../../lib/core/pattern/marks.ts';

const SIZE = 3_000;
const marks = newMarks(SIZE);
const drained = (stopAfter = Infinity): number[] => {
  const seen: number[] = [];
  marks.drain((position) => (seen.push(position) >= stopAfter ? 'stop' : undefined));
  return seen;
};

test('what is marked is visited once, in order, up to a stop, and forgotten', () => {
  const positions = fc.array(fc.integer({ min: 0, max: SIZE - 1 }), { maxLength: 200 });
  fc.assert(
    fc.property(positions, fc.integer({ min: 1, max: 100 }), (given, stopAfter) => {
      for (const position of given) marks.set(position);
      const sorted = [...new Set(given)].toSorted((a, b) => a - b);
      expect(drained(stopAfter)).toEqual(sorted.slice(0, stopAfter));
      expect(drained()).toEqual([]);
    }),
  );
});
