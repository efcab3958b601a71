import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJson } from '../../lib/core/parse-json.ts';

/** V8 13.6 remembers a key of the same length that ends in the same text, however the next one is written. */
const BEFORE = String.raw`{"q":1,"\\\"":1}`;
const AFTER = String.raw`{"q":1,"\"b":1}`;

describe('parseJson', () => {
  test('gives a key with an escape its own text, where JSON.parse gives that of another', () => {
    JSON.parse(BEFORE);
    expect(Object.keys(JSON.parse(AFTER) as object), 'the fault this is for').toEqual(['q', '\\"']);
    expect(Object.keys(parseJson(AFTER) as object)).toEqual(['q', '"b']);
  });

  test.each([
    ['behind a text with escapes', String.raw`{"a":"\n\"x\":","q":1,"\"b":1}`],
    ['with its escape at the end', String.raw`{"q":1,"b\"":1}`],
    ['before white space and a colon', `{"q":1,"\\"b"\n\t :1}`],
    ['deep inside', String.raw`[[{"x":[{"q":1,"\"b":"\\"}]}]]`],
    ['an emoji, as queues carry it', String.raw`{"q":1,"\ud83d\ude00":1}`],
  ])('finds one %s', (_, text) => {
    JSON.parse(BEFORE);
    expect(JSON.stringify(parseJson(text))).toBe(JSON.stringify(slowly(text)));
  });

  test('means what was written', () => {
    const key = fc.string({ unit: fc.constantFrom('a', '"', '\\', '\n', ':', '{', '😀', '\u0001') });
    const value = fc.dictionary(key, fc.oneof(key, fc.array(key), fc.dictionary(key, fc.integer())));
    fc.assert(
      fc.property(value, (written) => {
        expect(parseJson(JSON.stringify(written))).toEqual({ ...written });
      }),
    );
  });

  test('throws what JSON.parse throws', () => {
    expect(() => void parseJson('{"a\\"":')).toThrow(SyntaxError);
  });
});

/** The right reading by another way: every string has a key without escapes while V8 reads it. */
function slowly(text: string): unknown {
  const members = new Map<string, unknown>();
  const plain = text.replaceAll(/"(?:[^"\\]|\\.)*"/g, (string) => {
    members.set(`k${members.size}`, JSON.parse(string));
    return `"k${members.size - 1}"`;
  });
  const restore = (value: unknown): unknown => {
    if (typeof value === 'string') return members.get(value);
    if (Array.isArray(value)) return value.map(restore);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [members.get(key) as string, restore(member)]),
    );
  };
  return restore(JSON.parse(plain));
}
