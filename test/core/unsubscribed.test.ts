import { describe, expect, test } from 'vitest';
import type { Person } from '../../lib/core/recipient.ts';
import { standingOf, withRefused, withoutRefused } from '../../lib/core/unsubscribed.ts';

const person = (...unsubscribed: string[]): Person =>
  unsubscribed.length > 0 ? { id: 'a', inbox: true, unsubscribed } : { id: 'a', inbox: true };
const thousand = Array.from({ length: 1_000 }, (_, index) => `t${index}`);

describe('unsubscribing', () => {
  test.each([
    [person(), ['a.b'], person('a.b')],
    [person('x'), ['a.b', 'c'], person('x', 'a.b', 'c')],
    [person('a.b'), ['a.b'], undefined],
    [person('a.*'), ['a.b'], undefined],
    [person('*'), ['a.*'], undefined],
    [person('a.b'), ['a.*'], person('a.b', 'a.*')],
    [person(...thousand.slice(1)), ['a'], person(...thousand.slice(1), 'a')],
    [person(...thousand), ['a'], 'full'],
    [person(...thousand), ['t7'], undefined],
  ])('%j from %j', (before, topics, after) => {
    expect(withRefused(before, topics)).toEqual(after);
  });

  test.each([
    [person('a.b'), ['a.b'], person()],
    [person('x', 'a.b'), ['a.b'], person('x')],
    [person('a.*'), ['a.b'], undefined],
    [person(), ['a.b'], undefined],
  ])('is undone: %j by %j', (before, topics, after) => {
    expect(withoutRefused(before, topics)).toEqual(after);
  });

  test.each([
    [person(), ['a'], { isRefused: false, isUndoable: false }],
    [person('a'), ['a'], { isRefused: true, isUndoable: true }],
    [person('a'), ['a', 'b'], { isRefused: false, isUndoable: true }],
    [person('*'), ['a', 'b'], { isRefused: true, isUndoable: false }],
  ])('shows how a person stands: %j to %j', (who, topics, expected) => {
    expect(standingOf(who, topics)).toEqual(expected);
  });
});
