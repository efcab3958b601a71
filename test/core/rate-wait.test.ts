import { describe, expect, test } from 'vitest';
import { MAX_HOPS } from '../../lib/core/message.ts';
import { rateWaitMs } from '../../lib/core/rate-wait.ts';
import { MAX_AGE_MS } from '../../lib/core/verdict.ts';

describe('the wait after a refusal for rate', () => {
  test.each([
    [undefined, 0, 1_000],
    [0, 0, 1_000],
    [250, 0, 1_000],
    [7_000, 0, 7_000],
    [undefined, 3_000_000, 30_000],
    [1_000, 3_000_000, 30_000],
    [undefined, 100_000_000, 60_000],
    [86_400_000, 100_000_000, 86_400_000],
    [undefined, -5_000, 1_000],
  ])('with a hint of %s ms, at an age of %i ms, is %i ms', (hint, age, expected) => {
    expect(rateWaitMs(hint, age)).toBe(expected);
  });

  test('lets a delivery grow old before it counts as a runaway, whatever the provider says', () => {
    for (const hint of [undefined, 0, 1_000]) {
      let hops = 0;
      for (let age = 0; age < MAX_AGE_MS; age += rateWaitMs(hint, age)) hops++;
      expect(hops).toBeLessThan(MAX_HOPS * 0.6);
    }
  });
});
