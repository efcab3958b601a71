import { describe, expect, test } from 'vitest';
import { Audience } from '../../lib/core/audience.ts';
import type { Route } from '../../lib/core/catalog.ts';

const ROUTES = Array.from({ length: 3_000 }, (_, n): Route => ({
  id: `r${n}`,
  order: n,
  destinations: [`d${n}`],
}));

function audienceOf(nobody: Audience, positions: readonly number[]): Audience {
  return positions.reduce((audience, position) => audience.with(ROUTES[position]!, position), nobody);
}

const idsOf = ({ routes }: Audience) => routes.map(({ id }) => id);

describe('the routes that hear an event', () => {
  test('stand in their order, and answer each by itself', () => {
    const audience = audienceOf(new Audience(), [1, 5, 2]);
    expect(idsOf(audience)).toEqual(['r1', 'r5', 'r2']);
    expect(audience.answer).toEqual([
      { route: 'r1', destinations: ['d1'] },
      { route: 'r5', destinations: ['d5'] },
      { route: 'r2', destinations: ['d2'] },
    ]);
    expect(audience.isEmpty).toBe(false);
  });

  test('are nobody at first', () => {
    const nobody = new Audience();
    audienceOf(nobody, [1, 2]);
    expect(nobody.isEmpty).toBe(true);
    expect(nobody.routes).toEqual([]);
    expect(nobody.answer).toEqual([]);
  });

  test('are the same when they come again', () => {
    const nobody = new Audience();
    expect(audienceOf(nobody, [7, 9])).toBe(audienceOf(nobody, [7, 9]));
    expect(audienceOf(nobody, [7, 9]).answer).toBe(audienceOf(nobody, [7, 9]).answer);
    expect(audienceOf(nobody, [9, 7])).not.toBe(audienceOf(nobody, [7, 9]));
  });

  test('are not all remembered: events choose them, and there are more than there is memory', () => {
    const nobody = new Audience();
    for (const { order } of ROUTES) audienceOf(nobody, [order, 0]);
    expect(audienceOf(nobody, [0, 0])).toBe(audienceOf(nobody, [0, 0]));
    expect(audienceOf(nobody, [2_999])).toBe(audienceOf(nobody, [2_999]));
    expect(audienceOf(nobody, [2_999, 0])).not.toBe(audienceOf(nobody, [2_999, 0]));
    expect(idsOf(audienceOf(nobody, [2_999, 0]))).toEqual(['r2999', 'r0']);
  });

  test('are not remembered when there are many of them', () => {
    const nobody = new Audience();
    const many = ROUTES.slice(0, 100).map(({ order }) => order);
    expect(audienceOf(nobody, many)).not.toBe(audienceOf(nobody, many));
    expect(idsOf(audienceOf(nobody, many))).toEqual(many.map((order) => `r${order}`));
  });
});
