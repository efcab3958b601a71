import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  HORIZON_MS,
  LATENESS_MS,
  appointments,
  horizonOf,
  onGrid,
  periodOf,
  planBooking,
} from '../../lib/core/slots.ts';

const NOW = 1_764_000_000_000;
const END = NOW + HORIZON_MS;

const rates = fc.record({
  limit: fc.integer({ min: 1, max: 1_000 }),
  perMs: fc.constantFrom(1_000, 2_000, 60_000),
});

/** Times on the grid, on which sums are exact. */
const sixteenths = ({ max }: { readonly max: number }) =>
  fc.integer({ min: 1, max: max * 16 }).map((n) => n / 16);

describe('the spacing of slots', () => {
  test.each([
    [1, 1_000, 1_016],
    [30, 1_000, 1_016 / 30],
    [100, 1_000, 10.16],
    [5, 2_000, 403.4],
  ])('%i per %i ms: every %d ms', (limit, perMs, expected) => {
    expect(periodOf({ limit, perMs })).toBeCloseTo(expected, 9);
  });

  test('an unlimited scope has none', () => {
    expect(periodOf({ limit: 0, perMs: 0 })).toBe(0);
  });

  test('keeps a window’s limit although sends start late by all that is allowed', () => {
    fc.assert(
      fc.property(rates, (rate) => {
        // The first of L+1 sends as late as can be, the last on time: they still do not fit into one window.
        const span = rate.limit * periodOf(rate) - LATENESS_MS;
        expect(span).toBeGreaterThan(rate.perMs);
      }),
    );
  });

  test('uses at least 98 % of a limit', () => {
    expect(1_000 / periodOf({ limit: 100, perMs: 1_000 }) / 100).toBeGreaterThanOrEqual(0.98);
  });
});

describe('the horizon', () => {
  test('of an urgent delivery holds a slot whatever the others have booked', () => {
    fc.assert(
      fc.property(sixteenths({ max: 3_950 }), (periodMs) => {
        const tat = NOW + horizonOf('normal', periodMs) + periodMs;
        const plan = planBooking(tat, periodMs, 1, NOW, NOW + horizonOf('urgent', periodMs));
        expect(plan.branch).toBe('busy');
      }),
    );
  });

  test('is longer for an urgent one where slots lie far apart, but not without end', () => {
    expect(horizonOf('normal', 3_000)).toBeLessThan(HORIZON_MS);
    expect(horizonOf('urgent', 1_016)).toBe(2_066);
    expect(horizonOf('urgent', 60_000)).toBe(5_000);
  });
});

describe('booking', () => {
  test('an idle scope gives slots from now on, as many as the horizon holds', () => {
    expect(planBooking(undefined, 100, 50, NOW, END)).toEqual({ branch: 'idle', from: NOW, count: 12 });
    expect(planBooking(NOW - 1, 100, 3, NOW, END)).toEqual({ branch: 'idle', from: NOW, count: 3 });
  });

  test('a busy scope gives what is free behind the others', () => {
    expect(planBooking(NOW + 300, 100, 50, NOW, END)).toEqual({
      branch: 'busy',
      from: NOW,
      maxTat: NOW + 300,
      count: 9,
    });
  });

  test('a scope that is booked out says until when', () => {
    const tat = NOW + HORIZON_MS + 1;
    expect(planBooking(tat, 100, 1, NOW, END)).toEqual({ branch: 'full', tat });
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
          const periodMs = periodOf(rate);
          const tat = offset === undefined ? undefined : NOW + offset;
          const plan = planBooking(tat, periodMs, want, NOW + lead, END);
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
        const periodMs = periodOf(rate);
        const slots: number[] = [];
        let tat: number | undefined;
        let now = NOW;
        for (const { waitMs, want, lead } of steps) {
          now += waitMs;
          const plan = planBooking(tat, periodMs, want, now + lead, now + HORIZON_MS);
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
        const advance = onGrid(n * periodOf(rate));
        const scaled = (value: number) => {
          const [whole = '', part = ''] = String(value).split('.');
          return BigInt(whole + part.padEnd(4, '0'));
        };
        expect(scaled(tat + advance)).toBe(scaled(tat) + scaled(advance));
      },
    ),
  );
});

describe('appointments', () => {
  test('fall one period after another, to the second they are due in', () => {
    expect(appointments(NOW + 1_400, 1_016, 4, NOW, 'early')).toEqual([1, 2, 3, 4]);
    expect(appointments(NOW + 1_400, 1_016, 4, NOW, 'late')).toEqual([2, 3, 4, 5]);
    expect(appointments(NOW, 100, 25, NOW, 'early').filter((delay) => delay <= 1)).toHaveLength(20);
  });

  test('are a second away at least, and grow with the place in line', () => {
    const rounding = fc.constantFrom('early' as const, 'late' as const);
    fc.assert(
      fc.property(
        fc.integer({ min: -5_000, max: 5_000_000 }),
        rates,
        fc.nat(250),
        rounding,
        (offset, rate, count, rounded) => {
          const delays = appointments(NOW + offset, periodOf(rate), count, NOW, rounded);
          expect(delays).toHaveLength(count);
          expect(delays.every((delay) => Number.isInteger(delay) && delay >= 1)).toBe(true);
          expect(delays).toEqual(delays.toSorted((a, b) => a - b));
        },
      ),
    );
  });
});
