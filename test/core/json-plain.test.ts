import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isPlainJson } from '../../lib/core/json-plain.ts';
import { readJson } from '../../lib/core/json.ts';

const isPlain = (text: string) => isPlainJson(Buffer.from(text), JSON.parse(text));

describe('isPlainJson', () => {
  test.each([
    ['an alert', '{"labels":{"a":"b"},"n":[1,-2.5,0,true,null],"at":"2026-11-21T10:00:00Z"}'],
    ['what Go escapes', String.raw`{"expr":"a \u003e 1 \u0026 b","path":"C:\\","q":"\"x\": 1"}`],
    ['spaces', '{ "a" : [ 1 , 2 ] ,\n"b" : "\\n" }'],
    ['text of other alphabets', String.raw`["grüß，你好😀","\u0444\u00fc"]`],
    ['a long fraction', '[0.30000000000000004]'],
    ['a number alone', '12'],
  ])('has no doubt about %s', (_, text) => {
    expect(isPlain(text)).toBe(true);
  });

  test.each([
    ['a name that stands twice', '{"a":{"x":1},"a":2}'],
    ['a name with an escape', String.raw`{"\u0061":1}`],
    ['a name with an escape before a space', String.raw`{"a\n" :1}`],
    ['the name __proto__', '{"__proto__":{}}'],
    ['the name constructor', '{"a":{"constructor":1}}'],
    ['an exponent', '[1e5]'],
    ['an integer of sixteen digits', '[9007199254740993]'],
    ['a negative one', '[-100000000000000000]'],
    ['a number without end', `[0.${'1'.repeat(100)}]`],
    ['NUL', String.raw`["\u0000"]`],
    ['half of a pair', String.raw`["\uDC00"]`],
    ['U+FFFF', '["\uFFFF"]'],
    ['U+FFFE as an escape', String.raw`["\ufffe"]`],
    ['depth 33', `${'['.repeat(33)}${']'.repeat(33)}`],
    ['1,001 names', `{${Array.from({ length: 1_001 }, (_, n) => `"k${n}":0`).join(',')}}`],
    ['10,001 elements', `[${'0,'.repeat(10_000)}0]`],
  ])('doubts %s', (_, text) => {
    expect(isPlain(text)).toBe(false);
  });

  /** JSON as an enemy writes it. */
  const { value } = fc.letrec<{ value: string }>((tie) => {
    const space = fc.constantFrom('', '', '', ' ', '\n');
    const text = fc.oneof(
      fc.constantFrom('"a"', '"b"', String.raw`"\u0061"`, String.raw`"a\""`, String.raw`"\\"`, '"__proto__"'),
      fc.constantFrom(
        '"constructor"',
        '"prototype"',
        String.raw`"\ud800"`,
        '"\uFFFE"',
        '":"',
        '"{\\"a\\":1"',
      ),
      fc.string({ unit: 'binary', maxLength: 5 }).map((given) => JSON.stringify(given)),
    );
    const number = fc.oneof(
      fc.constantFrom(
        '1e400',
        '-0',
        '9007199254740992',
        '9007199254740991',
        '1E1',
        '-1.5',
        '123456789012345',
      ),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    );
    const member = fc.tuple(text, space, space, tie('value')).map((parts) => {
      const [name, before, after, given] = parts;
      return `${name}${before}:${after}${given}`;
    });
    const object = fc.array(member, { maxLength: 4 }).map((members) => `{${members.join(',')}}`);
    const array = fc.array(tie('value'), { maxLength: 4 }).map((elements) => `[${elements.join(' ,')}]`);
    const leaf = fc.oneof(text, number, fc.constantFrom('true', 'null'));
    return { value: fc.oneof({ depthSize: 'small' }, leaf, object, array) };
  });

  test('lets nothing pass that the thorough reader refuses or reads otherwise', () => {
    let plain = 0;
    fc.assert(
      fc.property(value, (text) => {
        if (!isPlain(text)) return;
        plain++;
        // The exponent is a doubt, so that this is read thoroughly.
        const read = readJson(Buffer.from(`[1e0,${text}]`));
        expect(read).toEqual({ ok: true, value: [1, JSON.parse(text)] });
      }),
      { numRuns: 2_000 },
    );
    expect(plain).toBeGreaterThan(100);
  });
});
