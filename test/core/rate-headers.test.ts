import { describe, expect, test } from 'vitest';
import { bucketRate, policyRate } from '../../lib/core/rate-headers.ts';

describe('RateLimit-Policy', () => {
  test.each([
    ['"default";q=100;w=60', { limit: 100, perMs: 60_000 }],
    ['100;w=60', { limit: 100, perMs: 60_000 }],
    ['"burst";q=10;w=1, "day";q=1000;w=86400', { limit: 1_000, perMs: 86_400_000 }],
    ['"a"; q=5 ; w=2;pk=:cHNk:', { limit: 5, perMs: 2_000 }],
    ['"junk";q=x;w=60, 7;w=10', { limit: 7, perMs: 10_000 }],
    ['"default";q=0;w=60', undefined],
    ['"default";q=100', undefined],
    ['"default";q=-1;w=60', undefined],
    ['"default";q=1e400;w=60', undefined],
    ['"default";q=100;w=1000000000', undefined],
    [';;;,,,', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j is %j', (value, expected) => {
    expect(policyRate(value === undefined ? {} : { 'ratelimit-policy': value })).toEqual(expected);
  });
});

describe('a Discord bucket', () => {
  const bucket = (limit: string, remaining: string, resetAfter: string) =>
    bucketRate({
      'x-ratelimit-limit': limit,
      'x-ratelimit-remaining': remaining,
      'x-ratelimit-reset-after': resetAfter,
    });

  test('tells its window in the reply to its first request only', () => {
    expect(bucket('5', '4', '1.987')).toEqual({ limit: 5, perMs: 2_000 });
    expect(bucket('5', '3', '1.2')).toBeUndefined();
  });

  test('is passed over when it makes no sense', () => {
    expect(bucket('5', '4', '-1')).toBeUndefined();
    expect(bucket('0', '-1', '2')).toBeUndefined();
    expect(bucket('many', 'NaN', 'soon')).toBeUndefined();
    expect(bucketRate({})).toBeUndefined();
  });
});
