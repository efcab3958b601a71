import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compilePattern, PatternError } from '../../lib/core/pattern.ts';
import { events, matchers, patterns, scalar } from './pattern/arbitraries.ts';
import { wants } from './pattern/oracle.ts';
import { REFUSED } from './pattern/refused.ts';
import { SHAPE_CASES } from './pattern/shape-cases.ts';
import { VALUE_CASES } from './pattern/value-cases.ts';

const matches = (pattern: unknown, event: unknown): boolean => compilePattern(pattern)(event);
const short = (value: unknown): string => JSON.stringify(value)?.slice(0, 80) ?? 'undefined';

const CASES = Object.entries({ ...VALUE_CASES, ...SHAPE_CASES }).flatMap(([rule, cases]) =>
  cases.flatMap(({ pattern, yes, no }) => [
    ...yes.map((event) => ({ rule, pattern, event, expected: true })),
    ...no.map((event) => ({ rule, pattern, event, expected: false })),
  ]),
);

describe('event patterns', () => {
  test('the tables are as long as they should be', () => {
    expect(CASES.filter(({ expected }) => expected).length).toBeGreaterThan(150);
    expect(CASES.filter(({ expected }) => !expected).length).toBeGreaterThan(150);
    expect(Object.values(REFUSED).flat().length).toBeGreaterThan(60);
  });

  test.each(CASES.map((one) => [`${one.rule}: ${short(one.pattern)} on ${short(one.event)}`, one] as const))(
    '%s',
    (_, { pattern, event, expected }) => {
      expect(matches(pattern, event)).toBe(expected);
    },
  );

  test.each(
    Object.entries(REFUSED).flatMap(([rule, list]) =>
      list.map(([pattern, path]) => [`${rule}: ${short(pattern)}`, pattern, path] as const),
    ),
  )('refuses %s and says where', (_, pattern, path) => {
    const compile = (): unknown => compilePattern(pattern);
    expect(compile).toThrow(PatternError);
    expect(compile).toThrow(expect.objectContaining({ path }));
  });

  test.each<[string, unknown]>([
    ['the pattern: ', {}],
    ['data.level[1]: ', { data: { level: ['x', { near: 1 }] } }],
    ['$or[1].a: ', { $or: [{ a: ['x'] }, { a: [] }] }],
    ['["a.b"]["c d"][0]: ', { 'a.b': { 'c d': [[]] } }],
  ])('an error begins with its place: %s', (start, pattern) => {
    const message = expect.stringMatching(`^${start.replaceAll(/[.[\]$]/g, String.raw`\$&`)}`);
    expect(() => compilePattern(pattern)).toThrow(expect.objectContaining({ message }));
  });
});

describe('for all patterns and events', () => {
  test('a pattern wants what the reference says it wants', () => {
    let wanted = 0;
    fc.assert(
      fc.property(patterns, events, (pattern, event) => {
        const expected = wants(pattern, event);
        if (expected) wanted++;
        expect(matches(pattern, event)).toBe(expected);
      }),
      { numRuns: 5_000 },
    );
    expect(wanted).toBeGreaterThan(200);
  });

  test('a field that the pattern does not name changes nothing', () => {
    fc.assert(
      fc.property(
        patterns,
        events,
        fc.constantFrom('d', 'a0', '$or', '__proto__'),
        scalar,
        (pattern, event, name, value) => {
          const more = JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(value)}}`);
          expect(matches(pattern, Object.assign(Object.create(null), event, more))).toBe(
            matches(pattern, event),
          );
        },
      ),
    );
  });

  test('the order of keys and of elements changes nothing', () => {
    fc.assert(
      fc.property(patterns, events, (pattern, event) => {
        expect(matches(reversed(pattern, false), reversed(event, true))).toBe(matches(pattern, event));
      }),
    );
  });

  test('$or is true when one of its branches is, and distributes over what stands beside it', () => {
    fc.assert(
      fc.property(patterns, patterns, patterns, events, (one, other, beside, event) => {
        const inner = { d: one };
        const outer = { d: other };
        const both = { e: beside, $or: [inner, outer] };
        const subject = { d: event, e: event };
        const distributed = {
          $or: [
            { e: beside, ...inner },
            { e: beside, ...outer },
          ],
        };
        expect(matches(both, subject)).toBe(matches(distributed, subject));
        expect(matches(both, subject)).toBe(
          matches({ e: beside }, subject) && (matches(inner, subject) || matches(outer, subject)),
        );
      }),
    );
  });

  test('names with dots are steps', () => {
    fc.assert(
      fc.property(matchers, scalar, (list, value) => {
        const expected = matches({ a: { b: { c: list } } }, { a: { b: { c: value } } });
        for (const pattern of [{ 'a.b': { c: list } }, { a: { 'b.c': list } }, { 'a.b.c': list }])
          for (const event of [{ 'a.b': { c: value } }, { a: { 'b.c': value } }, { 'a.b.c': value }])
            expect(matches(pattern, event)).toBe(expected);
      }),
    );
  });

  test('one more value in a list loses no event, but for exists: false', () => {
    fc.assert(
      fc.property(matchers, matchers, scalar, (list, more, value) => {
        fc.pre(matches({ a: list }, { a: value }));
        expect(matches({ a: [...list, ...more] }, { a: value })).toBe(true);
      }),
    );
  });

  test('anything gets an answer, and anything is refused or compiled', () => {
    const predicate = compilePattern({ a: { b: ['x', { exists: false }] }, 'c.d': [{ 'anything-but': 1 }] });
    fc.assert(
      fc.property(fc.anything(), fc.object(), (event, pattern) => {
        expect(typeof predicate(event)).toBe('boolean');
        expect(verdictOf(pattern, event)).toMatch(/^(true|false|refused)$/);
      }),
    );
  });
});

function verdictOf(pattern: unknown, event: unknown): string {
  try {
    return String(matches(pattern, event));
  } catch (error) {
    return error instanceof PatternError ? 'refused' : String(error);
  }
}

/** The same value with its members the other way round; its lists too, where their order means nothing. */
function reversed(value: unknown, lists: boolean): unknown {
  if (Array.isArray(value)) {
    const inner = value.map((element) => reversed(element, lists));
    return lists ? inner.toReversed() : inner;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, inner]) => [key, reversed(inner, lists)]),
  );
}

describe('what would be slow elsewhere', () => {
  const long = 'a'.repeat(200_000);

  test.each<[string, unknown, unknown]>([
    ['a wildcard with many stars', { a: [{ wildcard: `${'a*'.repeat(500)}b` }] }, { a: long }],
    ['a wildcard that nearly fits everywhere', { a: [{ wildcard: `*b${'a'.repeat(3_000)}*` }] }, { a: long }],
    ['a wildcard that fits late', { a: [{ wildcard: `*${'a'.repeat(3_000)}b*` }] }, { a: long }],
    ['many wildcards', { a: Array.from({ length: 100 }, (_, i) => ({ wildcard: `*a${i}b*` })) }, { a: long }],
    ['a long word without case', { a: [{ 'equals-ignore-case': `${long}b` }] }, { a: long }],
    [
      'thousands of values',
      { a: Array.from({ length: 9_000 }, (_, i) => `v${i}`) },
      { a: Array(10_000).fill('x') },
    ],
    [
      'an array in an array in an array',
      { a: { b: ['x'] } },
      { a: JSON.parse('['.repeat(5_000) + ']'.repeat(5_000)) },
    ],
    ['objects in objects', { a: ['x'] }, { a: JSON.parse(`${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`) }],
  ])('%s', (_, pattern, event) => {
    expect(matches(pattern, event)).toBe(false);
  });

  test('thousands of fields of one element', () => {
    const names = Array.from({ length: 9_900 }, (_, index) => `f${index}`);
    const fields = (value: unknown) => Object.fromEntries(names.map((name) => [name, value]));
    const predicate = compilePattern({ a: fields([1]) });
    expect(predicate({ a: [{}, fields(1)] })).toBe(true);
    expect(predicate({ a: [{ f0: 1 }, { ...fields(1), f0: 2 }] })).toBe(false);
  });

  test('hundreds of branches over thousands of elements are given up in favour of the event', () => {
    const values = Array.from({ length: 30 }, (_, index) => index);
    const pattern = {
      a: { $or: values.map((x) => ({ x: [x] })), b: { $or: values.map((y) => ({ y: [y] })) } },
    };
    const apart = values.flatMap((value) => [{ x: value }, { b: { y: value } }]);
    expect(matches(pattern, { a: apart.slice(0, 8) })).toBe(false);
    expect(matches(pattern, { a: Array.from({ length: 100 }, () => apart).flat() })).toBe(true);
  });

  test('elements with thousands of members are not passed once for each of hundreds of branches', () => {
    const values = Array.from({ length: 30 }, (_, index) => index);
    const branchesOf = (name: string) => ({ $or: values.map((n) => ({ [name + n]: [1] })) });
    const pattern = { a: { z: [1], y: [1], b: branchesOf('b'), c: branchesOf('c') } };
    const inner = (name: string) => Object.fromEntries(values.map((n) => [name + n, 1]));
    const others = Array.from({ length: 10_000 }, (_, n) => [`o${n}`, 1]);
    let passed = 0;
    const wide = (more: object) =>
      new Proxy(
        { b: inner('b'), c: inner('c'), ...Object.fromEntries(others), ...more },
        { ownKeys: (target) => (passed++, Reflect.ownKeys(target)) },
      );
    expect(matches(pattern, { a: [wide({ z: 1 }), wide({ z: 1 }), { y: 1 }] })).toBe(true);
    expect(passed).toBeLessThan(100);
    expect(matches({ a: { z: [1], y: [1] } }, { a: [wide({ z: 1 }), wide({ y: 1 })] })).toBe(false);
  });
});

describe('letters in either case', () => {
  test('no spelling of a character begins or ends another', () => {
    const ambiguous = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).filter(
      (unit) => {
        const spellings = [...new Set([unit, unit.toLowerCase(), unit.toUpperCase()])];
        return spellings.some((one) =>
          spellings.some((other) => one !== other && (one.startsWith(other) || one.endsWith(other))),
        );
      },
    );
    expect(ambiguous).toEqual([]);
    expect('ß'.toUpperCase()).toBe('SS');
  });
});
