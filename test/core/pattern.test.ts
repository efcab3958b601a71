import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compilePattern, PatternError } from '../../lib/core/pattern.ts';

const matches = (pattern: unknown, event: unknown): boolean => compilePattern(pattern)(event);

describe('event patterns', () => {
  test.each<[string, unknown, unknown, boolean]>([
    ['an equal text', { a: ['x'] }, { a: 'x' }, true],
    ['another text', { a: ['x'] }, { a: 'X' }, false],
    ['any of several values', { a: ['x', 5, null] }, { a: null }, true],
    ['a number by value', { a: [1] }, { a: 1 }, true],
    ['zero of either sign', { a: [0] }, { a: -0 }, true],
    ['a number as text', { a: [5] }, { a: '5' }, false],
    ['a boolean as text', { a: [true] }, { a: 'true' }, false],
    ['several fields', { a: ['x'], b: ['y'] }, { a: 'x', b: 'y' }, true],
    ['several fields, one off', { a: ['x'], b: ['y'] }, { a: 'x', b: 'z' }, false],
    ['nested fields', { a: { b: ['x'] } }, { a: { b: 'x' } }, true],
    ['a dotted name in the pattern', { 'a.b': ['x'] }, { a: { b: 'x' } }, true],
    ['a dotted name in the event', { a: { b: ['x'] } }, { 'a.b': 'x' }, true],
    ['dotted names beside nested ones', { a: { b: ['x'], c: ['y'] } }, { 'a.b': 'x', a: { c: 'y' } }, true],
    ['a prefix', { a: [{ prefix: 'or' }] }, { a: 'order' }, true],
    ['an empty prefix and an empty text', { a: [{ prefix: '' }] }, { a: '' }, true],
    ['an empty prefix and a number', { a: [{ prefix: '' }] }, { a: 1 }, false],
    ['an empty prefix and null', { a: [{ prefix: '' }] }, { a: null }, false],
    ['anything but another text', { a: [{ 'anything-but': 'x' }] }, { a: 'y' }, true],
    ['anything but this text', { a: [{ 'anything-but': 'x' }] }, { a: 'x' }, false],
    ['anything but a list', { a: [{ 'anything-but': ['x', 'y'] }] }, { a: 'y' }, false],
    ['anything-but and another type', { a: [{ 'anything-but': 'x' }] }, { a: false }, true],
    ['anything-but and null', { a: [{ 'anything-but': 'x' }] }, { a: null }, true],
    ['anything-but and a missing field', { a: [{ 'anything-but': 'x' }] }, {}, false],
    ['anything-but and an empty array', { a: [{ 'anything-but': 'x' }] }, { a: [] }, false],
    [
      'anything-but and an array with another element',
      { a: [{ 'anything-but': 'x' }] },
      { a: ['x', 'y'] },
      true,
    ],
    ['an array with the value', { a: ['x'] }, { a: ['y', 'x'] }, true],
    ['a nested array with the value', { a: ['x'] }, { a: [['y'], [['x']]] }, true],
    ['an empty array', { a: ['x'] }, { a: [] }, false],
    ['fields of one element', { a: { b: [1], c: [2] } }, { a: [{ b: 1, c: 2 }, { b: 3 }] }, true],
    ['fields of different elements', { a: { b: [1], c: [2] } }, { a: [{ b: 1 }, { c: 2 }] }, false],
    [
      'fields of different nested elements',
      { a: { b: { c: [1], d: [2] } } },
      { a: [{ b: [{ c: 1 }, { d: 2 }] }] },
      false,
    ],
    ['independent arrays', { a: { x: [1] }, b: { y: [2] } }, { a: [{}, { x: 1 }], b: [{ y: 2 }, {}] }, true],
    ['an existing text', { a: [{ exists: true }] }, { a: '' }, true],
    ['an existing null', { a: [{ exists: true }] }, { a: null }, true],
    ['an object, which is no leaf', { a: [{ exists: true }] }, { a: {} }, false],
    ['an empty array, which holds no leaf', { a: [{ exists: true }] }, { a: [] }, false],
    ['exists: false and an object', { a: [{ exists: false }] }, { a: {} }, true],
    ['exists: false and a leaf', { a: [{ exists: false }] }, { a: 0 }, false],
    ['exists: false under a missing parent', { a: { b: [{ exists: false }] } }, {}, true],
    ['exists: false under an empty array', { a: { b: [{ exists: false }] } }, { a: [] }, true],
    ['a value or its absence', { a: ['x', { exists: false }] }, { b: 1 }, true],
    ['a value or its absence, with another value', { a: ['x', { exists: false }] }, { a: 'y' }, false],
    ['an inherited member', { constructor: [{ exists: false }] }, {}, true],
    ['an event that is no object', { a: ['x'] }, 'x', false],
  ])('%s', (_, pattern, event, expected) => {
    expect(matches(pattern, event)).toBe(expected);
  });

  test.each<[string, unknown, readonly (string | number)[]]>([
    ['an empty pattern', {}, []],
    ['an empty object inside', { a: {} }, ['a']],
    ['an empty list', { a: { b: [] } }, ['a', 'b']],
    ['a bare value', { a: 'x' }, ['a']],
    ['a list inside a list', { a: [['x']] }, ['a', 0]],
    ['two operators in one matcher', { a: [{ prefix: 'x', exists: true }] }, ['a', 0]],
    ['an operator that is not known', { a: ['x', { near: 1 }] }, ['a', 1]],
    ['a prefix that is no text', { a: [{ prefix: 1 }] }, ['a', 0]],
    ['exists with a text', { a: [{ exists: 'yes' }] }, ['a', 0]],
    ['anything-but nothing', { a: [{ 'anything-but': [] }] }, ['a', 0]],
    ['anything-but null', { a: [{ 'anything-but': null }] }, ['a', 0]],
    ['anything-but a boolean', { a: [{ 'anything-but': true }] }, ['a', 0]],
    ['anything-but mixed types', { a: [{ 'anything-but': ['x', 1] }] }, ['a', 0]],
    ['a field named twice', { 'a.b': ['x'], a: { b: ['y'] } }, ['a', 'b']],
    ['a list as the pattern', ['x'], []],
  ])('refuses %s and says where', (_, pattern, path) => {
    const compile = (): unknown => compilePattern(pattern);
    expect(compile).toThrow(PatternError);
    expect(compile).toThrow(expect.objectContaining({ path }));
  });

  test('answers yes or no to anything', () => {
    const predicate = compilePattern({ a: { b: ['x', { exists: false }] }, 'c.d': [{ 'anything-but': 1 }] });
    fc.assert(
      fc.property(fc.anything(), (event) => {
        expect(typeof predicate(event)).toBe('boolean');
      }),
    );
  });

  test('adding an element to an array never ends an exact match', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.jsonValue(), (others, more) => {
        expect(matches({ a: ['x'] }, { a: [...others, 'x', more] })).toBe(true);
      }),
    );
  });
});
