import { expect, test } from 'vitest';
import { RETENTION_DAYS, compileRetention, keptUntil, longestOf } from '../../lib/core/retention.ts';

const DAY = 86_400;

test.each([
  [undefined, 30],
  [90, 90],
  [400, 400],
  [29, 30],
  [401, 400],
  [-1, 30],
  [30.5, 30],
  [Number.NaN, 30],
  [Infinity, 30],
  ['90' as never, 30],
])('what says %s days is kept for %s', (days, kept) => {
  expect(keptUntil(10_000, days)).toBe(10 + kept * DAY);
});

test('what several have in common is kept as long as the longest of them', () => {
  expect(longestOf([])).toEqual({});
  expect(longestOf([{}, { retentionDays: 30 }])).toEqual({});
  expect(longestOf([{ retentionDays: 90 }, {}, { retentionDays: 400 }])).toEqual({ retentionDays: 400 });
});

test('the closest entry that says it decides', () => {
  const retentionFor = compileRetention([
    { id: 'all', topics: ['*'], retentionDays: 60 },
    { id: 'audit', topics: ['audit.*'], retentionDays: 400 },
    { id: 'login', topics: ['audit.login'], mode: 'atMostOnce' },
  ]);
  expect(['orders', 'audit.role', 'audit.login'].map(retentionFor)).toEqual([60, 400, 400]);
  expect(compileRetention([])('orders')).toBeUndefined();
});

test('no topic is kept for less than what has none', () => {
  expect(keptUntil(0, RETENTION_DAYS.min)).toBeGreaterThanOrEqual(keptUntil(0));
});
