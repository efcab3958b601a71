import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalHash, canonicalJson, derivedId } from '../../lib/core/canonical.ts';
import { isObject } from '../../lib/core/is-object.ts';
import { buildJson } from '../../lib/core/json-build.ts';

describe('canonicalJson', () => {
  test('sorts keys at every level and keeps the order of arrays', () => {
    expect(canonicalJson({ b: [{ y: 1, x: null }, 2], a: 'é' })).toBe('{"a":"é","b":[{"x":null,"y":1},2]}');
  });

  test('leaves out members without a value, as JSON does', () => {
    expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}');
  });

  // Read back by `buildJson`: `JSON.parse` of V8 13.6 mixes up keys with escapes (nodejs/node#63785).
  test('means the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(buildJson(canonicalJson(value))).toEqual(buildJson(JSON.stringify(value)));
      }),
    );
  });

  /** Hashes that are on record were made of this text. */
  const memberByMember = (value: unknown): string => {
    if (Array.isArray(value)) return `[${value.map(memberByMember).join(',')}]`;
    if (!isObject(value)) return JSON.stringify(value);
    const keys = Object.keys(value).toSorted((a, b) => (a < b ? -1 : 1));
    return `{${keys.map((key) => `${JSON.stringify(key)}:${memberByMember(value[key])}`).join(',')}}`;
  };

  test('is what a writer would write that takes one member after the other', () => {
    const key = fc.oneof(fc.constantFrom('10', '9', '1', '01', '-1', 'a', '__proto__'), fc.string());
    const { value } = fc.letrec<{ value: string }>((tie) => {
      const members = fc.array(fc.tuple(key, tie('value')), { maxLength: 5 });
      return {
        value: fc.oneof(
          { depthSize: 'small' },
          fc.jsonValue().map((leaf) => JSON.stringify(leaf)),
          members.map((all) => `{${all.map(([name, one]) => `${JSON.stringify(name)}:${one}`).join(',')}}`),
          fc.array(tie('value'), { maxLength: 4 }).map((all) => `[${all.join(',')}]`),
        ),
      };
    });
    fc.assert(
      fc.property(value, (text) => {
        const given = buildJson(text);
        expect(canonicalJson(given)).toBe(memberByMember(given));
      }),
      { numRuns: 500 },
    );
  });

  test('does not depend on the order in which members were written', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).toReversed());
        expect(canonicalHash(reversed)).toBe(canonicalHash(value));
      }),
    );
  });
});

describe('derivedId', () => {
  test('is the same for the same parts and stands in keys and paths as it is', () => {
    expect(derivedId('ce', '/shop', '4711')).toBe(derivedId('ce', '/shop', '4711'));
    expect(derivedId('ce', '/shop', '4711')).toMatch(/^ce_[A-Za-z0-9_-]{27}$/);
  });

  test('tells parts apart that would be one text when joined', () => {
    expect(derivedId('ce', 'a', 'bc')).not.toBe(derivedId('ce', 'ab', 'c'));
  });
});
