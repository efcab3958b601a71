import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Learned, afterRefusal, rateNow, shareAt } from '../../lib/core/learned.ts';

const NOW = 1_764_000_000_000;
const MINUTE = 60_000;
const declared = { limit: 10, perMs: 1_000, fixed: false };

/** Refusals so many ms apart, from NOW on. */
function refused(...waits: readonly number[]): { readonly learned: Learned; readonly atMs: number } {
  let atMs = NOW;
  let learned = afterRefusal(undefined, atMs);
  for (const wait of waits) {
    atMs += wait;
    learned = afterRefusal(learned, atMs);
  }
  return { learned, atMs };
}

describe('refusals for rate', () => {
  test('the first one leaves the rate as it is', () => {
    expect(rateNow(declared, refused().learned, NOW)).toEqual({ limit: 10, perMs: 1_000 });
  });

  test('each that follows takes 30 % away, those of the same moment together', () => {
    const { learned, atMs } = refused(5_000, 10, 10);
    expect(rateNow(declared, learned, atMs).limit).toBeCloseTo(7, 1);
  });

  test('never take more than nine tenths', () => {
    const { learned, atMs } = refused(...Array<number>(50).fill(2_000));
    expect(rateNow(declared, learned, atMs).limit).toBe(1);
  });

  test('are forgotten little by little, and after ten minutes the next is a first one', () => {
    const { learned, atMs } = refused(2_000, 2_000);
    const shares = [0, 1, 2, 3, 10].map((minutes) => shareAt(learned, atMs + minutes * MINUTE));
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares[1]! - shares[0]!).toBeCloseTo(0.1, 9);
    expect(shares.at(-1)).toBe(1);
    expect(afterRefusal(learned, atMs + 10 * MINUTE).share).toBe(1);
  });

  test('give a scope without a rate one, until it has recovered', () => {
    const { learned, atMs } = refused(5_000);
    const unlimited = { limit: 0, perMs: 0, fixed: false };
    expect(rateNow(unlimited, learned, atMs).limit).toBeCloseTo(14, 0);
    expect(rateNow(unlimited, learned, atMs + 10 * MINUTE)).toEqual({ limit: 0, perMs: 0 });
  });

  test('keep the share between a tenth and all of it, whatever the clock does', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5_000, max: 900_000 }), { maxLength: 40 }), (waits) => {
        const { learned, atMs } = refused(...waits);
        expect(learned.share).toBeGreaterThanOrEqual(0.1);
        expect(shareAt(learned, atMs)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('a stated rate', () => {
  const stated = (limit: number): Learned => ({ rate: { limit, perMs: 1_000 }, share: 1, atMs: 0 });

  test('replaces a default in both directions', () => {
    expect(rateNow(declared, stated(20), NOW).limit).toBe(20);
    expect(rateNow(declared, stated(2), NOW).limit).toBe(2);
  });

  test('never exceeds what somebody has set', () => {
    expect(rateNow({ ...declared, fixed: true }, stated(20), NOW).limit).toBe(10);
    expect(rateNow({ ...declared, fixed: true }, stated(2), NOW).limit).toBe(2);
  });

  test('outlives refusals', () => {
    expect(afterRefusal(stated(20), NOW)).toEqual({ ...stated(20), atMs: NOW });
  });
});
