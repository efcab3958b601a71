import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Letters } from '../../../lib/core/pattern/letters.ts';
import { Marks } from '../../../lib/core/pattern/marks.ts';

/** Letters with gaps between them, without, and beyond one byte; halves of pairs too. */
const text = fc
  .array(fc.constantFrom('a', 'b', 'c', 'k', '0', 'ÿ', '\uD83D', '\uDE00', '\uFFFF', '\0'), { maxLength: 6 })
  .map((letters) => letters.join(''));

test.each([
  ['begins with', false, (whole: string, part: string) => whole.startsWith(part)],
  ['ends with', true, (whole: string, part: string) => whole.endsWith(part)],
])('what a text %s is found, and nothing else', (_, isFromEnd, holds) => {
  let found = 0;
  fc.assert(
    fc.property(fc.array(text, { maxLength: 30 }), text, (parts, whole) => {
      const marks = new Marks(parts.length);
      const letters = new Letters(
        parts.map((part, position) => ({ text: part, position })),
        isFromEnd,
      );
      letters.mark(whole, marks);
      for (const [position, part] of parts.entries()) {
        if (!holds(whole, part)) continue;
        found++;
        expect(marks.take()).toBe(position);
      }
      expect(marks.take()).toBe(-1);
    }),
    { numRuns: 1_000 },
  );
  expect(found).toBeGreaterThan(100);
});
