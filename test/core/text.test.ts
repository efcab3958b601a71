import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapeDiscord, escapeHtml, escapeSlackWithLinks } from '../../lib/core/escape.ts';
import { lengthOf, split, truncate, type TextUnit } from '../../lib/core/text.ts';

const UNITS: readonly TextUnit[] = ['utf16', 'codePoints', 'bytes'];
const unit = fc.constantFrom(...UNITS);
const text = fc.string({ unit: 'binary', maxLength: 80 });

describe('lengthOf', () => {
  test.each([
    ['abc', 3, 3, 3],
    ['€', 1, 1, 3],
    ['👍', 2, 1, 4],
    ['', 0, 0, 0],
  ])('counts %j', (value, utf16, codePoints, bytes) => {
    expect(UNITS.map((each) => lengthOf(value, each))).toEqual([utf16, codePoints, bytes]);
  });
});

describe('truncate', () => {
  test.each([
    ['leaves what fits', 'abc', 3, 'utf16', 'abc'],
    ['shows that something is missing', 'abcdef', 4, 'utf16', 'abc…'],
    ['drops space before the ellipsis', 'ab cdef', 4, 'utf16', 'ab…'],
    ['keeps entities whole', 'a&amp;bcdef', 5, 'utf16', 'a…'],
    ['keeps backslash escapes whole', 'a\\*bcdef', 3, 'utf16', 'a…'],
    ['keeps an entity behind a backslash whole', 'a\\&amp;bc', 4, 'utf16', 'a\\…'],
    ['keeps surrogate pairs whole', 'a👍bc', 3, 'utf16', 'a…'],
    ['keeps its own links whole', 'see <https://x.example/abc> there', 12, 'utf16', 'see…'],
    ['counts code points', '👍👍👍', 2, 'codePoints', '👍…'],
    ['counts bytes, three of them for the ellipsis', 'abcdefgh', 6, 'bytes', 'abc…'],
    ['gives nothing when not even the ellipsis fits', 'abcdef', 2, 'bytes', ''],
  ] as const)('%s', (_, value, max, counted, expected) => {
    expect(truncate(value, max, counted)).toBe(expected);
  });

  test('never exceeds its limit', () => {
    fc.assert(
      fc.property(text, fc.nat(60), unit, (raw, max, counted) => {
        const cut = truncate(escapeSlackWithLinks(raw), max, counted);
        expect(lengthOf(cut, counted)).toBeLessThanOrEqual(max);
        expect(cut.isWellFormed()).toBe(true);
      }),
    );
  });

  test.each([
    ['an entity', escapeHtml, /&(amp|lt|gt|quot|#39);/g, /[&<>"']/],
    ['a backslash escape', escapeDiscord, /\\[^\sA-Za-z0-9]/g, /[\\*_~`|<>[\]]/],
    ['a link', escapeSlackWithLinks, /<https?:[^<>\s]*>/g, /[<>]/],
  ])('never cuts %s apart', (_, escape, whole, part) => {
    const pieces = fc.oneof(fc.constantFrom('&', '<', '*', '\\', ' https://x.example/a '), fc.string());
    fc.assert(
      fc.property(fc.array(pieces), fc.nat(60), unit, (raw, max, counted) => {
        expect(truncate(escape(raw.join('')), max, counted).replace(whole, '')).not.toMatch(part);
      }),
    );
  });
});

describe('split', () => {
  test.each([
    ['one part when it fits', 'abc', 5, ['abc']],
    ['nothing for blank text', ' \n ', 5, []],
    ['at the end of a line', 'first\nsecond\nthird', 13, ['first\nsecond', 'third']],
    ['between words', 'one two three', 8, ['one two', 'three']],
    ['between characters when there is no better place', 'abcdefgh', 3, ['abc', 'def', 'gh']],
    ['not at an early line end, which would waste a part', 'a\nbcdefgh', 6, ['a\nbcde', 'fgh']],
  ] as const)('gives %s', (_, value, max, parts) => {
    expect(split(value, max)).toEqual(parts);
  });

  test('loses nothing but white space, and every part fits', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 8, max: 30 }), unit, (raw, max, counted) => {
        const escaped = escapeHtml(raw);
        const parts = split(escaped, max, counted);
        for (const part of parts) expect(lengthOf(part, counted)).toBeLessThanOrEqual(max);
        expect(parts.join('').replace(/\s/g, '')).toBe(escaped.replace(/\s/g, ''));
      }),
    );
  });

  test('comes to an end even when a part cannot hold one entity', () => {
    expect(split('&amp;&amp;', 2).join('')).toBe('&amp;&amp;');
  });
});
