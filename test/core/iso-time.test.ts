import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isTimely, isoTime, parseIsoTime } from '../../lib/core/iso-time.ts';

describe('parseIsoTime', () => {
  test.each([
    ['2026-11-21T10:00:00Z', '2026-11-21T10:00:00.000Z'],
    ['2026-11-21T12:00:00+02:00', '2026-11-21T10:00:00.000Z'],
    ['2026-11-21 10:00:00.5z', '2026-11-21T10:00:00.500Z'],
    ['2018-08-03T09:52:26.739266876+02:00', '2018-08-03T07:52:26.739Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
  ])('reads %s', (text, iso) => {
    expect(new Date(parseIsoTime(text) ?? NaN).toISOString()).toBe(iso);
  });

  test.each([
    '',
    '2026-11-21',
    '2026-11-21T10:00:00',
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '1763719200',
    'now',
  ])('refuses %j', (text) => {
    expect(parseIsoTime(text)).toBeUndefined();
  });
});

test('a time is timely from 7 days back to 5 minutes ahead', () => {
  const now = Date.UTC(2026, 10, 21);
  expect([-7 * 86_400_000, 0, 300_000].map((offset) => isTimely(now + offset, now))).toEqual([
    true,
    true,
    true,
  ]);
  expect([-7 * 86_400_000 - 1, 300_001].map((offset) => isTimely(now + offset, now))).toEqual([false, false]);
});

test('a time is written as Date writes it', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.integer({ min: -8.64e15, max: 8.64e15 }),
        fc.double({ min: -1e13, max: 1e13, noNaN: true }),
      ),
      (ms) => {
        expect(isoTime(ms)).toBe(new Date(ms).toISOString());
      },
    ),
    { examples: [[0], [-1], [253_402_300_799_999], [253_402_300_800_000], [1.5]] },
  );
});

test('a time is read as Date reads it', () => {
  const part = (max: number) => fc.integer({ min: 0, max }).map((number) => String(number).padStart(2, '0'));
  const fraction = fc.constantFrom('', '.5', '.12', '.123', '.1234', '.000000001');
  const zone = fc.constantFrom('Z', 'Z', 'Z', 'z', '+02:00', '-23:59');
  fc.assert(
    fc.property(
      part(99),
      part(99),
      part(13),
      part(28),
      part(25),
      part(61),
      part(61),
      fraction,
      zone,
      (...parts) => {
        const [century, year, month, day, hours, minutes, seconds, rest, offset] = parts;
        const text = `${century}${year}-${month}-${day}T${hours}:${minutes}:${seconds}${rest}${offset}`;
        const ms = day === '00' ? Number.NaN : Date.parse(text.toUpperCase());
        expect(parseIsoTime(text)).toBe(Number.isNaN(ms) ? undefined : ms);
      },
    ),
    { numRuns: 2_000 },
  );
});
