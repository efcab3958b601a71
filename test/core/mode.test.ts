import { describe, expect, test } from 'vitest';
import type { Topic } from '../../lib/core/catalog.ts';
import { compileModes } from '../../lib/core/mode.ts';

const entries: readonly Topic[] = [
  { id: 'rest', topics: ['*'], mode: 'atLeastOnce' },
  { id: 'orders', topics: ['orders.*', 'refunds.*'], mode: 'atMostOnce' },
  { id: 'paid', topics: ['orders.paid'], mode: 'exactlyOnceRecorded' },
  { id: 'deep', topics: ['orders.eu.*'], claims: 'off' },
  { id: 'plain', topics: ['plain'] },
];

describe('the mode of a topic', () => {
  test.each([
    ['orders.paid', 'exactlyOnceRecorded'],
    ['orders.paid.late', 'atMostOnce'],
    ['orders.eu.shop.paid', 'claimsOff'],
    ['orders.eu', 'atMostOnce'],
    ['orders', 'atLeastOnce'],
    ['ordersX.paid', 'atLeastOnce'],
    ['refunds.made', 'atMostOnce'],
    ['plain', undefined],
    ['constructor', 'atLeastOnce'],
  ])('%s: the closest pattern decides, %s', (topic, mode) => {
    expect(compileModes(entries)(topic)).toBe(mode);
    expect(compileModes(entries.toReversed())(topic)).toBe(mode);
  });

  test('is the default where no entry fits', () => {
    expect(compileModes([])('orders')).toBeUndefined();
    expect(compileModes(entries.slice(1))('other')).toBeUndefined();
  });
});
