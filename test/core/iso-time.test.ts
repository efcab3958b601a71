import { describe, expect, test } from 'vitest';
import { isTimely, parseIsoTime } from '../../lib/core/iso-time.ts';

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
