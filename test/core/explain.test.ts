import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { explainPattern, explainWanted } from '../../lib/core/explain.ts';
import { compilePattern } from '../../lib/core/pattern.ts';
import { compileWhen } from '../../lib/core/when.ts';
import { events, patterns } from './pattern/arbitraries.ts';
import { CASES } from './when/cases.ts';

const value = { kind: 'value', negated: false, otherBranches: 0 };

describe('why an event is not wanted', () => {
  test.each<[string, object, object, object | undefined]>([
    ['it is', { topic: ['a'] }, { topic: 'a' }, undefined],
    [
      'another value',
      { topic: ['a', 'b'] },
      { topic: 'c' },
      { ...value, path: 'topic', wanted: ['a', 'b'], had: ['c'] },
    ],
    [
      'nothing there',
      { data: { env: ['prod'] } },
      { data: {} },
      { ...value, path: 'data.env', wanted: ['prod'], had: [] },
    ],
    [
      'what failed first',
      { source: ['s'], data: { n: [{ numeric: ['>', 5] }], m: [1] } },
      { source: 's', data: { n: [1, 2] } },
      { ...value, path: 'data.n', wanted: [{ numeric: ['>', 5] }], had: [1, 2] },
    ],
    [
      'no branch of $or',
      { $or: [{ a: [1] }, { b: [2] }, { c: [3] }] },
      { a: 0 },
      { ...value, path: 'a', wanted: [1], had: [0], otherBranches: 2 },
    ],
    [
      'values that do not stand together',
      { data: { items: { sku: ['a'], n: [2] } } },
      { data: { items: [{ sku: 'a' }, { n: 2 }] } },
      { kind: 'apart', paths: ['data.items.sku', 'data.items.n'] },
    ],
    [
      'many long values, of which a few are shown',
      { a: ['x'] },
      { a: Array(9).fill('y'.repeat(300)) },
      { ...value, path: 'a', wanted: ['x'], had: Array(5).fill('y'.repeat(200)) },
    ],
  ])('%s', (_, pattern, event, expected) => {
    expect(explainPattern(pattern, event)).toEqual(expected);
  });

  test.each<[string, object, object | undefined]>([
    ['topic == "a" || data.x > 1', { topic: 'a' }, undefined],
    [
      'topic == "a" && data.x > 1',
      { topic: 'a', data: { x: 1 } },
      { ...value, path: 'data.x', wanted: 'data.x > 1', had: [1] },
    ],
    [
      '!(topic == "a")',
      { topic: 'a' },
      { ...value, path: 'topic', wanted: 'topic == "a"', had: ['a'], negated: true },
    ],
    [
      'topic != "a"',
      { topic: 'a' },
      { ...value, path: 'topic', wanted: 'topic != "a"', had: ['a'], negated: true },
    ],
    [
      '!(topic == "b" || data.x == 1)',
      { topic: 'a', data: { x: 1 } },
      { ...value, path: 'data.x', wanted: 'data.x == 1', had: [1], negated: true },
    ],
    ['severity >= "error"', {}, { ...value, path: 'severity', wanted: 'severity >= "error"', had: [] }],
  ])('%s of %j', (when, event, expected) => {
    expect(explainWanted({ when }, event)).toEqual(expected);
  });

  test('a route asks by topics, then by pattern, then by expression', () => {
    const route = { topics: ['a.*'], match: { source: ['s'] }, when: 'subject exists' };
    expect(explainWanted(route, { topic: 'b' })).toMatchObject({
      path: 'topic',
      wanted: ['a.*'],
      had: ['b'],
    });
    expect(explainWanted(route, { topic: 'a.b' })).toMatchObject({ path: 'source' });
    expect(explainWanted(route, { topic: 'a.b', source: 's' })).toMatchObject({ path: 'subject' });
    expect(explainWanted(route, { topic: 'a.b', source: 's', subject: '' })).toBeUndefined();
  });
});

describe('an explanation', () => {
  test('is given exactly when a pattern does not match, and names what is false by itself', () => {
    fc.assert(
      fc.property(patterns, events, (pattern, event) => {
        const found = explainPattern(pattern, event);
        expect(found === undefined).toBe(compilePattern(pattern)(event));
        const alone = (path: string, wanted: unknown): boolean => compilePattern({ [path]: wanted })(event);
        const isFalse =
          found?.kind === 'value'
            ? !alone(found.path, found.wanted) && !found.negated
            : found?.paths.length !== 1;
        expect(isFalse).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each(CASES.flatMap(([when, yes, no]) => [...yes, ...no].map((event) => [when, event] as const)))(
    'is given exactly when an expression is false: %s of %j',
    (when, event) => {
      expect(explainWanted({ when }, event) === undefined).toBe(compileWhen(when)(event));
    },
  );
});
