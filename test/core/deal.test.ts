import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deal } from '../../lib/core/deal.ts';

const stretch = { firstMs: 1_000, lastMs: 1_490, periodMs: 10 };

describe('dealing a stretch of time', () => {
  test('goes round among those who are free', () => {
    const hand = () => ({ bounds: [{ freeAtMs: 0, periodMs: 30 }], count: 2 });
    expect(deal(stretch, [hand(), hand(), hand()], 100)).toEqual([
      [1_000, 1_030],
      [1_010, 1_040],
      [1_020, 1_050],
    ]);
  });

  test('without limits of one’s own there is a send after the other', () => {
    expect(deal(stretch, [{ bounds: [], count: 3 }], 100)).toEqual([[1_000, 1_010, 1_020]]);
    const hand = { bounds: [], count: 2 };
    expect(deal(stretch, [hand, hand], 100)).toEqual([
      [1_000, 1_020],
      [1_010, 1_030],
    ]);
  });

  test('those below one limit keep it together, and let others go between', () => {
    const bot = { freeAtMs: 0, periodMs: 25 };
    const other = { freeAtMs: 1_015, periodMs: 25 };
    const hands = [bot, bot, other].map((bound) => ({ bounds: [bound], count: 2 }));
    expect(deal(stretch, hands, 100)).toEqual([
      [1_000, 1_050],
      [1_025, 1_075],
      [1_015, 1_040],
    ]);
  });

  test('lets time pass in which nobody is free, but not for long', () => {
    const slow = (freeAtMs: number, periodMs: number) => [{ bounds: [{ freeAtMs, periodMs }], count: 9 }];
    expect(deal({ ...stretch, lastMs: 1_190 }, slow(1_035, 90), 100)).toEqual([[1_035, 1_125]]);
    expect(deal(stretch, slow(1_035, 200), 100)).toEqual([[1_035]]);
    expect(deal(stretch, slow(1_200, 90), 100)).toEqual([[]]);
  });

  test('fills the stretch although sums of fractions differ in their last digits', () => {
    const now = 1_764_000_000_000;
    for (const limit of [7, 10, 100, 300, 900]) {
      const periodMs = 1_016 / limit;
      const filled = { firstMs: now, lastMs: now + (limit - 1) * periodMs, periodMs };
      expect(deal(filled, [{ bounds: [], count: 1_000 }], 100)[0]).toHaveLength(limit);
    }
  });

  test('keeps every distance, and gives nobody a time before it is free', () => {
    const bounds = fc.array(fc.record({ freeAtMs: fc.nat(2_000), periodMs: fc.nat(400) }), {
      minLength: 4,
      maxLength: 4,
    });
    const hands = fc.array(fc.record({ count: fc.nat(30), bound: fc.subarray([0, 1, 2, 3]) }), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(
        bounds,
        hands,
        fc.integer({ min: 1, max: 200 }),
        fc.nat(500),
        (limits, all, periodMs, gap) => {
          const given = { firstMs: 1_000, lastMs: 1_000 + 40 * periodMs, periodMs };
          const dealt = deal(
            given,
            all.map(({ count, bound }) => ({ count, bounds: bound.map((index) => limits[index]!) })),
            gap,
          );
          const sorted = (times: readonly number[][]) => times.flat().toSorted((a, b) => a - b);
          const apart = (times: readonly number[]) => times.slice(1).map((at, n) => at - times[n]!);
          const times = sorted(dealt);
          expect(times.every((at) => at >= given.firstMs && at <= given.lastMs + 0.1)).toBe(true);
          expect(Math.min(Infinity, ...apart(times))).toBeGreaterThanOrEqual(periodMs);
          expect(Math.max(0, ...apart([given.firstMs, ...times]))).toBeLessThanOrEqual(
            Math.max(gap, periodMs),
          );
          dealt.forEach((mine, index) => expect(mine.length).toBeLessThanOrEqual(all[index]!.count));
          limits.forEach((limit, index) => {
            const below = sorted(dealt.filter((_, hand) => all[hand]!.bound.includes(index)));
            expect(below[0] ?? limit.freeAtMs).toBeGreaterThanOrEqual(limit.freeAtMs);
            expect(Math.min(Infinity, ...apart(below))).toBeGreaterThanOrEqual(limit.periodMs);
          });
        },
      ),
    );
  });
});
