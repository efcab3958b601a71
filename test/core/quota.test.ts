import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { quotaHeaders, quotaPeriodMs } from '../../lib/core/quota.ts';
import { planWhole } from '../../lib/core/slots.ts';

const NOW = Date.UTC(2026, 10, 21, 10);

test.each([
  // The next 1.1 s can be booked.
  [10, 1, 1_200, { after: '1', remaining: '0', reset: '2' }],
  [10, 5, 900, { after: '1', remaining: '3', reset: '1' }],
  [10, 9, 5_000, { after: '5', remaining: '0', reset: '6' }],
  [10, 500, 5_000, { after: '6', remaining: '0', reset: '6' }],
  [1, 3, 50, { after: '1', remaining: '1', reset: '1' }],
])(
  'of %i events a second, %i do not fit %i ms ahead',
  (limit, count, aheadMs, { after, remaining, reset }) => {
    expect(quotaHeaders(limit, count, NOW + aheadMs, NOW)).toEqual({
      'retry-after': after,
      'ratelimit-limit': String(limit),
      'ratelimit-remaining': remaining,
      'ratelimit-reset': reset,
    });
  },
);

test('whoever comes again after Retry-After, alone, is let in', () => {
  const property = fc.property(
    fc.integer({ min: 1, max: 10_000 }),
    fc.integer({ min: 1, max: 500 }),
    fc.integer({ min: -1_000, max: 600_000 }),
    (limit, count, aheadMs) => {
      const periodMs = quotaPeriodMs(limit);
      const tat = NOW + aheadMs;
      const plan = planWhole(tat, periodMs, count, NOW);
      if (plan.branch !== 'full') return;
      const { 'retry-after': after, 'ratelimit-remaining': remaining } = quotaHeaders(limit, count, tat, NOW);
      expect(Number(remaining)).toBeLessThan(count);
      expect(planWhole(tat, periodMs, count, NOW + Number(after) * 1_000).branch).not.toBe('full');
    },
  );
  fc.assert(property, { numRuns: 2_000 });
});
