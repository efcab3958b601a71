import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  HORIZON_MS,
  LATENESS_MS,
  SHARED_TOLERANCE_MS,
  appointments,
  onGrid,
  planBooking,
  sharedCount,
  spacingOf,
} from '../../lib/core/slots.ts';

const NOW = 1_764_000_000_000;

const rates = fc.record({
  limit: fc.integer({ min: 1, max: 1_000 }),
  perMs: fc.constantFrom(1_000, 2_000, 60_000),
  shared: fc.boolean(),
});

describe('the spacing of slots', () => {
  test.each([
    [1, 1_000, false, 1_020],
    [30, 1_000, false, 34],
    [100, 1_000, false, 10.2],
    [5, 2_000, false, 405],
    [30, 1_000, true, 1_120 / 30],
  ])('%i per %i ms, shared %s: every %d ms', (limit, perMs, shared, expected) => {
    expect(spacingOf({ limit, perMs, shared }).periodMs).toBeCloseTo(expected, 9);
  });

  test('an unlimited scope has none', () => {
    expect(spacingOf({ limit: 0, perMs: 0, shared: false })).toEqual({ periodMs: 0, toleranceMs: Infinity });
  });

  test('keeps a window’s limit although sends start late by all that is allowed', () => {
    fc.assert(
      fc.property(rates, (rate) => {
        const { periodMs, toleranceMs } = spacingOf(rate);
        // The first of L+1 sends as late as can be, the last on time: they still do not fit into one window.
        const span = rate.limit * periodMs - toleranceMs - LATENESS_MS;
        expect(span).toBeGreaterThanOrEqual(rate.perMs - 1e-6);
      }),
    );
  });

  test('uses at least 98 % of a limit of its own', () => {
    const { periodMs } = spacingOf({ limit: 100, perMs: 1_000, shared: false });
    expect(1_000 / periodMs / 100).toBeGreaterThanOrEqual(0.98);
  });
});

describe('booking', () => {
  test('an idle scope gives slots from now on, as many as the horizon holds', () => {
    expect(planBooking(undefined, 100, 50, NOW, NOW)).toEqual({ branch: 'idle', from: NOW, count: 12 });
    expect(planBooking(NOW - 1, 100, 3, NOW, NOW)).toEqual({ branch: 'idle', from: NOW, count: 3 });
  });

  test('a busy scope gives what is free behind the others', () => {
    expect(planBooking(NOW + 300, 100, 50, NOW, NOW)).toEqual({
      branch: 'busy',
      from: NOW,
      maxTat: NOW + 300,
      count: 9,
    });
  });

  test('a scope that is booked out says until when', () => {
    const tat = NOW + HORIZON_MS + 1;
    expect(planBooking(tat, 100, 1, NOW, NOW)).toEqual({ branch: 'full', tat });
  });

  test('every plan stays within the horizon, and a busy one leaves room for what it wants', () => {
    const offsets = fc.option(fc.integer({ min: -2_000, max: 3_000 }), { nil: undefined });
    fc.assert(
      fc.property(
        offsets,
        rates,
        fc.integer({ min: 1, max: 250 }),
        fc.nat(500),
        (offset, rate, want, lead) => {
          const { periodMs } = spacingOf(rate);
          const tat = offset === undefined ? undefined : NOW + offset;
          const plan = planBooking(tat, periodMs, want, NOW + lead, NOW);
          fc.pre(plan.branch !== 'full');
          const first = plan.branch === 'idle' ? plan.from : (tat ?? 0);
          expect(first).toBeGreaterThanOrEqual(NOW + lead);
          expect(plan.count).toBeGreaterThanOrEqual(1);
          expect(plan.count).toBeLessThanOrEqual(want);
          expect(first + (plan.count - 1) * periodMs).toBeLessThanOrEqual(NOW + HORIZON_MS + 1e-6);
          expect(first).toBeLessThanOrEqual(plan.branch === 'busy' ? plan.maxTat + 1e-6 : NOW + lead);
        },
      ),
    );
  });

  test('slots of one scope never come closer than its period, whoever books them and when', () => {
    const bookings = fc.array(
      fc.record({ waitMs: fc.nat(400), want: fc.integer({ min: 1, max: 30 }), lead: fc.nat(60) }),
      {
        minLength: 1,
        maxLength: 30,
      },
    );
    fc.assert(
      fc.property(rates, bookings, (rate, steps) => {
        const { periodMs } = spacingOf(rate);
        const slots: number[] = [];
        let tat: number | undefined;
        let now = NOW;
        for (const { waitMs, want, lead } of steps) {
          now += waitMs;
          const plan = planBooking(tat, periodMs, want, now + lead, now);
          if (plan.branch === 'full') continue;
          const first = plan.branch === 'idle' ? plan.from : tat!;
          for (let i = 0; i < plan.count; i++) slots.push(first + i * periodMs);
          tat = first + onGrid(plan.count * periodMs);
        }
        slots
          .slice(1)
          .forEach((slot, index) => expect(slot - slots[index]!).toBeGreaterThanOrEqual(periodMs - 1e-3));
      }),
    );
  });
});

test('on the grid, sums agree with decimal arithmetic to the last digit', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 10_000_000 }),
      rates,
      fc.integer({ min: 1, max: 250 }),
      (offset, rate, n) => {
        const tat = NOW + offset / 16;
        const advance = onGrid(n * spacingOf(rate).periodMs);
        const scaled = (value: number) => {
          const [whole = '', part = ''] = String(value).split('.');
          return BigInt(whole + part.padEnd(4, '0'));
        };
        expect(scaled(tat + advance)).toBe(scaled(tat) + scaled(advance));
      },
    ),
  );
});

describe('two scopes at different paces', () => {
  test.each([
    [25, [10, 10], 100, 25],
    [25, [10.2, 5.6], 100, 22],
    [25, [1_020, 37], 100, 1],
    [25, [34], SHARED_TOLERANCE_MS, 25],
  ])('of %i sends with periods %j within %i ms they share %i', (count, periods, tolerance, expected) => {
    expect(sharedCount(count, periods, tolerance)).toBe(expected);
  });

  test('the last shared slot is left behind by no more than the tolerance', () => {
    const periods = fc.array(fc.double({ min: 1, max: 2_000, noNaN: true }), { minLength: 2, maxLength: 3 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 250 }), periods, (count, periodsMs) => {
        const shared = sharedCount(count, periodsMs, 100);
        const behind = (shared - 1) * (Math.max(...periodsMs) - Math.min(...periodsMs));
        expect(shared).toBeGreaterThanOrEqual(1);
        expect(behind).toBeLessThanOrEqual(100 + 1e-6);
      }),
    );
  });
});

describe('appointments', () => {
  test('fall one period after another, to the second they are due in', () => {
    expect(appointments(NOW + 400, 1_020, 4, NOW)).toEqual([1, 2, 3, 4]);
    expect(appointments(NOW, 100, 25, NOW).filter((delay) => delay <= 1)).toHaveLength(11);
  });

  test('are never in the past, and grow with the place in line', () => {
    fc.assert(
      fc.property(fc.integer({ min: -5_000, max: 5_000_000 }), rates, fc.nat(250), (offset, rate, count) => {
        const delays = appointments(NOW + offset, spacingOf(rate).periodMs, count, NOW);
        expect(delays).toHaveLength(count);
        expect(delays.every((delay) => Number.isInteger(delay) && delay >= 0)).toBe(true);
        expect(delays).toEqual(delays.toSorted((a, b) => a - b));
      }),
    );
  });
});
