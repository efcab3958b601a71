import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  API_KEY_BYTES,
  createApiKey,
  formatApiKey,
  hashSecret,
  parseApiKey,
  sameHash,
} from '../../lib/core/api-key.ts';

describe('API keys', () => {
  test('any random bytes give a key that reads back as it was written', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: API_KEY_BYTES, maxLength: API_KEY_BYTES }), (random) => {
        const key = createApiKey('live', random);
        expect(parseApiKey(formatApiKey(key))).toEqual(key);
        expect(Buffer.from(key.secret, 'base64url')).toEqual(Buffer.from(random.subarray(12)));
      }),
    );
  });

  test('too few random bytes make no key', () => {
    expect(() => createApiKey('live', randomBytes(43))).toThrow(/44 random bytes/);
  });

  test.each([
    ['nothing', ''],
    ['another prefix', `fun_live_${'a'.repeat(12)}_${'b'.repeat(43)}`],
    ['another environment', `fan_test_${'a'.repeat(12)}_${'b'.repeat(43)}`],
    ['a short id', `fan_live_${'a'.repeat(11)}_${'b'.repeat(43)}`],
    ['a short secret', `fan_live_${'a'.repeat(12)}_${'b'.repeat(42)}`],
    ['something after it', `fan_live_${'a'.repeat(12)}_${'b'.repeat(43)} `],
  ])('%s is no key', (_, text) => {
    expect(parseApiKey(text)).toBeUndefined();
  });

  test('hashes are equal only when every bit is', () => {
    const hash = hashSecret('secret');
    expect(sameHash(hash, hashSecret('secret'))).toBe(true);
    expect(sameHash(hash, hashSecret('Secret'))).toBe(false);
    expect(sameHash(hash, hash.slice(2))).toBe(false);
    expect(sameHash('', '')).toBe(false);
  });
});
