import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildJson } from '../../lib/core/json-build.ts';
import { readJson } from '../../lib/core/json.ts';

const read = (text: string) => readJson(Buffer.from(text));

describe('readJson', () => {
  test.each([
    ['nothing', ''],
    ['truncated', '{"a":'],
    ['NaN', '{"a":NaN}'],
    ['a trailing comma', '[1,]'],
    ['a comment', '{} // end'],
    ['a byte order mark', '\uFEFF{}'],
    ['two values', '{}{}'],
  ])('refuses %s as malformed', (_, text) => {
    expect(read(text)).toMatchObject({ ok: false, fault: { slug: 'malformed-json' } });
  });

  test('refuses bytes that are not UTF-8', () => {
    const bytes = Uint8Array.from([0x22, 0xc3, 0x28, 0x22]);
    expect(readJson(bytes)).toMatchObject({ ok: false, fault: { slug: 'malformed-json' } });
  });

  test.each([
    ['too-deep', `${'['.repeat(33)}${']'.repeat(33)}`, '/0'.repeat(32)],
    ['too-many-items', `{"a":{${keys(1_001)}}}`, '/a/k1000'],
    ['too-many-items', `[${'0,'.repeat(10_000)}0]`, '/10000'],
    ['forbidden-key', '{"data":{"__proto__":{}}}', '/data/__proto__'],
    ['forbidden-key', String.raw`{"\u005f_proto__":1}`, '/__proto__'],
    ['forbidden-key', '[{"constructor":{"prototype":{}}}]', '/0/constructor/prototype'],
    ['duplicate-key', String.raw`{"a":1,"b":{"x":1,"\u0078":2}}`, '/b/x'],
    ['number-range', '{"a":[1,1e400]}', '/a/1'],
    ['number-range', '{"a":-9007199254740993}', '/a'],
    ['number-range', `{"a":0.${'1'.repeat(1_000_000)}}`, '/a'],
    ['invalid-character', String.raw`{"a":"\ud800"}`, '/a'],
    ['invalid-character', '{"a":["x","\uFFFF"]}', '/a/1'],
    ['invalid-character', '{"a":"\uFFFE"}', '/a'],
    ['invalid-character', String.raw`{"a\u0000":1}`, '/a\0'],
    ['invalid-character', String.raw`{"~/":"\u0000"}`, '/~0~1'],
  ])('refuses %s and says where', (slug, text, pointer) => {
    expect(read(text)).toMatchObject({ ok: false, fault: { slug, pointer } });
  });

  test.each([
    ['depth 32', `${'['.repeat(32)}${']'.repeat(32)}`],
    ['1,000 keys', `{${keys(1_000)}}`],
    ['10,000 elements', `[${'0,'.repeat(9_999)}0]`],
    ['the key constructor alone', '{"constructor":{"name":1},"prototype":2}'],
    ['the same key in two objects', '[{"a":1},{"a":2}]'],
    ['2^53 - 1 and small fractions', '[9007199254740991, 1.5e-7, -0, 1e20]'],
    ['a surrogate pair in either form', String.raw`["😀","\ud83d\ude00"]`],
    ['structure inside of texts', String.raw`{"a":"{[\"}],:\\","b":"\\"}`],
  ])('accepts %s', (_, text) => {
    expect(read(text)).toEqual({ ok: true, value: JSON.parse(text) });
  });

  test('means what JSON.parse means, or says why not', () => {
    const reasons = { slug: expect.stringMatching(/character|number|key/) as unknown };
    const outcome = (text: string): [got: unknown, expected: unknown] => {
      const result = read(text);
      return result.ok ? [result.value, JSON.parse(text)] : [{ slug: result.fault.slug }, reasons];
    };
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' }), (given) => {
        const [got, expected] = outcome(JSON.stringify(given));
        expect(got).toEqual(expected);
      }),
    );
  });

  test('never throws, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(readJson(bytes)).toHaveProperty('ok');
      }),
    );
  });

  test('shows at most 64 characters of a key', () => {
    const result = read(`{"${'k'.repeat(500)}":1e999}`);
    expect(result.ok || result.fault.pointer.length).toBe(65);
  });
});

function keys(count: number): string {
  return Array.from({ length: count }, (_, index) => `"k${index}":0`).join(',');
}

describe('keys with escapes', () => {
  const valueOf = (text: string): unknown => {
    const result = readJson(new TextEncoder().encode(text));
    return result.ok ? result.value : result.fault;
  };

  test('are those that were written, whatever another body held before', () => {
    const before = '{"q":1,"\\\\\\"":1}';
    const after = '{"q":1,"\\"b":1}';
    expect(Object.keys(valueOf(before) as object)).toEqual(['q', '\\"']);
    expect(Object.keys(valueOf(after) as object)).toEqual(['q', '"b']);
  });

  test('lead to the value that the text stands for', () => {
    const plain = fc.jsonValue().filter((value) => !JSON.stringify(value).includes('__proto__'));
    fc.assert(
      fc.property(plain, fc.string({ unit: 'binary-ascii' }), (value, key) => {
        const text = JSON.stringify([value, { [key]: value }, -1.5e-7, true, null, 'a"b\\c']);
        expect(JSON.stringify(buildJson(text))).toBe(text);
      }),
    );
  });
});
