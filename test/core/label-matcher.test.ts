import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type LabelMatcher,
  fitsNothing,
  parseMatcher,
  whenOfMatchers,
} from '../../lib/core/label-matcher.ts';
import { compileWhen } from '../../lib/core/when.ts';

const matcher = (text: string): LabelMatcher => {
  const read = parseMatcher(text);
  if (!read) throw new Error(`${text} is no matcher`);
  return read;
};
const whenOf = (...texts: string[]): string => {
  const made = whenOfMatchers(texts.map(matcher));
  if (!made.ok) throw new Error(made.detail);
  return made.when;
};
const fits = (texts: string | string[], labels: object): boolean =>
  compileWhen(whenOf(...[texts].flat()))({ topic: 'alert.firing', data: { labels } });

test.each<[string, LabelMatcher | undefined]>([
  ['a=b', { name: 'a', value: 'b', isRegex: false, isEqual: true }],
  ['a="b"', { name: 'a', value: 'b', isRegex: false, isEqual: true }],
  [' a != "b c" ', { name: 'a', value: 'b c', isRegex: false, isEqual: false }],
  ['a=~"b|c"', { name: 'a', value: 'b|c', isRegex: true, isEqual: true }],
  ['a!~b.*', { name: 'a', value: 'b.*', isRegex: true, isEqual: false }],
  [String.raw`a="x\"y\\z\nw"`, { name: 'a', value: 'x"y\\z\nw', isRegex: false, isEqual: true }],
  ['a=', { name: 'a', value: '', isRegex: false, isEqual: true }],
  ['a="b', undefined],
  ['a="b"c"', undefined],
  ['=b', undefined],
  ['alertname', undefined],
  ['', undefined],
])('reads %j', (text, expected) => {
  expect(parseMatcher(text)).toEqual(expected);
});

describe('matchers as an expression', () => {
  test.each<[string | string[], object, boolean]>([
    ['a=b', { a: 'b' }, true],
    ['a=b', { a: 'bb' }, false],
    ['a=b', {}, false],
    ['a!=b', { a: 'c' }, true],
    ['a!=b', { a: 'b' }, false],
    ['a!=b', {}, true],
    ['a=', {}, true],
    ['a=', { a: '' }, true],
    ['a=', { a: 'b' }, false],
    ['a!=', { a: 'b' }, true],
    ['a!=', {}, false],
    ['a=~b|c', { a: 'c' }, true],
    ['a=~b|c', { a: 'bc' }, false],
    ['a=~b|', {}, true],
    ['a!~b|c', { a: 'b' }, false],
    ['a!~b|c', {}, true],
    ['a=~api-.*', { a: 'api-1' }, true],
    ['a=~api-.*', { a: 'api-' }, true],
    ['a=~api-.*', { a: 'xapi-1' }, false],
    ['a=~api-.+', { a: 'api-1' }, true],
    ['a=~api-.+', { a: 'api-' }, false],
    ['a=~.+', { a: 'x' }, true],
    ['a=~.+', { a: '' }, false],
    ['a=~.+', {}, false],
    ['a=~.*', {}, true],
    ['a!~.*', { a: 'x' }, false],
    ['a=~.*-db', { a: 'eu-db' }, true],
    ['a=~^api-(eu|us)-.*$', { a: 'api-us-3' }, true],
    ['a=~^api-(eu|us)-.*$', { a: 'api-ap-3' }, false],
    ['a=~(?:a|b)?c', { a: 'c' }, true],
    ['a=~(?:a|b)?c', { a: 'bc' }, true],
    ['a=~https?', { a: 'http' }, true],
    [String.raw`a=~10\.0\.0\.1:.*`, { a: '10.0.0.1:9100' }, true],
    [String.raw`a=~10\.0\.0\.1:.*`, { a: '10x0.0.1:9100' }, false],
    [String.raw`a=~x\*y.*`, { a: 'x*y1' }, true],
    [String.raw`a=~x\*y.*`, { a: 'xxxy1' }, false],
    [String.raw`a="x\"\\*"`, { a: 'x"\\*' }, true],
    ['a=~.*x.*?', { a: 'axa' }, true],
    [['a=b', 'c!=d'], { a: 'b' }, true],
    [['a=b', 'c!=d'], { a: 'b', c: 'd' }, false],
  ])('%j and %j: %s', (texts, labels, expected) => {
    expect(fits(texts, labels)).toBe(expected);
  });

  test.each([
    'a=~[ab]',
    'a=~a+',
    'a=~a*',
    'a=~a{2}',
    'a=~a.b',
    'a=~(a',
    'a=~a)',
    String.raw`a=~\d`,
    'a=~.+b.+',
    'a=~(?i)a',
    String.raw`a=~a\$`.slice(0, -1),
    `a=~${'(a|b)'.repeat(7)}`,
    `a=~${'('.repeat(11)}a${')'.repeat(11)}`,
    'a.b=c',
    'a-b=c',
  ])('%s is refused', (text) => {
    expect(whenOfMatchers([matcher('x=y'), matcher(text)])).toMatchObject({
      ok: false,
      index: 1,
      detail: expect.stringMatching(/\w/),
    });
  });

  test('agree with regular expressions on every expression that can be read', () => {
    const piece = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'ab', String.raw`\.`, String.raw`\*`, '-') },
      fc.constantFrom('.*', '.+', 'a?', '(a|b)', '(a|)', '(?:ab|.*b)?'),
    );
    const source = fc.array(fc.array(piece, { maxLength: 4 }), { minLength: 1, maxLength: 3 });
    const label = fc.oneof(
      fc.constant(undefined),
      fc
        .array(fc.constantFrom('a', 'b', '.', '*', '-', '\\', '"'), { maxLength: 6 })
        .map((one) => one.join('')),
    );
    let read = 0;
    fc.assert(
      fc.property(source, label, fc.boolean(), (alternatives, text, isEqual) => {
        const value = alternatives.map((one) => one.join('')).join('|');
        const made = whenOfMatchers([{ name: 'a', value, isRegex: true, isEqual }]);
        if (!made.ok) return;
        read++;
        const labels = text === undefined ? {} : { a: text };
        expect(compileWhen(made.when)({ data: { labels } })).toBe(
          new RegExp(`^(?:${value})$`).test(text ?? '') === isEqual,
        );
      }),
      { numRuns: 2_000 },
    );
    expect(read).toBeGreaterThan(1_000);
  });
});

test.each<[string, boolean]>([
  ['a=b', false],
  ['a=', true],
  ['a!=b', true],
  ['a!=', false],
  ['a=~b|', true],
  ['a=~.*', true],
  ['a=~.+', false],
  ['a!~b', true],
  ['a!~.*', false],
])('%s fits what has no such label: %s', (text, expected) => {
  expect(fitsNothing(matcher(text))).toBe(expected);
});
