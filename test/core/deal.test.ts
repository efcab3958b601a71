import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deal } from '../../lib/core/deal.ts';

const grid = { first: 1_000, periodMs: 10, count: 50 };

describe('dealing slots', () => {
  test('goes round among those who are free', () => {
    const hand = { freeAtMs: 0, periodMs: 30, count: 2 };
    expect(deal(grid, [hand, hand, hand], 100)).toEqual([
      [1_000, 1_030],
      [1_010, 1_040],
      [1_020, 1_050],
    ]);
  });

  test('without limits of one’s own there is a slot after the other', () => {
    expect(deal(grid, [{ freeAtMs: 0, periodMs: 0, count: 3 }], 100)).toEqual([[1_000, 1_010, 1_020]]);
  });

  test('leaves out what nobody is free for, but not for long', () => {
    const slow = { freeAtMs: 1_035, periodMs: 90, count: 9 };
    expect(deal({ ...grid, count: 20 }, [slow], 100)).toEqual([[1_040, 1_130]]);
    expect(deal(grid, [{ ...slow, periodMs: 200 }], 100)).toEqual([[1_040]]);
    expect(deal(grid, [{ ...slow, freeAtMs: 1_200 }], 100)).toEqual([[]]);
  });

  test('gives each slot once, in each hand’s pace, and none before it is free', () => {
    const hands = fc.array(fc.record({ freeAtMs: fc.nat(2_000), periodMs: fc.nat(400), count: fc.nat(30) }), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(hands, fc.integer({ min: 1, max: 200 }), fc.nat(500), (all, periodMs, gap) => {
        const slots = { first: 1_000, periodMs, count: 40 };
        const dealt = deal(slots, all, gap);
        const times = dealt.flat().toSorted((a, b) => a - b);
        expect(new Set(times).size).toBe(times.length);
        expect(times.every((at) => (at - 1_000) % periodMs === 0 && at < 1_000 + 40 * periodMs)).toBe(true);
        [1_000, ...times].forEach((at, index, list) =>
          expect(at - (list[index - 1] ?? at)).toBeLessThanOrEqual(Math.max(gap, periodMs)),
        );
        dealt.forEach((mine, index) => {
          const hand = all[index]!;
          expect(mine.length).toBeLessThanOrEqual(hand.count);
          expect(mine[0] ?? hand.freeAtMs).toBeGreaterThanOrEqual(hand.freeAtMs);
          mine.slice(1).forEach((at, n) => expect(at - mine[n]!).toBeGreaterThanOrEqual(hand.periodMs));
        });
      }),
    );
  });
});
