import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { checkSigningSecret, signMessage, verifyMessage } from '../../lib/core/signature.ts';

/** More of them: `FANFARE_FUZZ=10000`. */
const RUNS = Number(process.env['FANFARE_FUZZ'] ?? 1_000);
const NOW = 1_795_233_906;
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const OTHER = `whsec_${Buffer.alloc(24, 9).toString('base64')}`;

function headersOf(id: string, timestamp: number | string, signature: string): Record<string, string> {
  return { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': signature };
}

function signed(secrets: readonly string[], body = '{}', timestamp = NOW): Record<string, string> {
  return headersOf('msg_1', timestamp, signMessage({ id: 'msg_1', timestamp, body }, secrets));
}

const verify = (headers: Record<string, string | undefined>, secrets: readonly string[], body = '{}') =>
  verifyMessage(headers, Buffer.from(body), secrets, NOW * 1000);

function encoded(prefix: string, bytes: number): string {
  return `${prefix}${randomBytes(bytes).toString('base64')}`;
}

function ed25519(): { secret: string; long: string; publicKey: string } {
  const { privateKey } = generateKeyPairSync('ed25519');
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
  const open = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32);
  return {
    secret: `whsk_${seed.toString('base64')}`,
    long: `whsk_${Buffer.concat([seed, open]).toString('base64')}`,
    publicKey: `whpk_${open.toString('base64')}`,
  };
}

describe('Standard Webhooks signatures', () => {
  test('are those of the known vector', () => {
    const message = {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestamp: 1_614_265_330,
      body: '{"test": 2432232314}',
    };
    expect(signMessage(message, ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'])).toBe(
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    );
  });

  test('agree with the standardwebhooks package in both directions', { timeout: RUNS * 20 }, () => {
    const now = Math.floor(Date.now() / 1000);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 24, maxLength: 64 }), fc.json(), (key, body) => {
        const secret = `whsec_${Buffer.from(key).toString('base64')}`;
        const theirs = new Webhook(secret);
        const signature = signMessage({ id: 'msg_1', timestamp: now, body }, [secret]);
        expect(theirs.sign('msg_1', new Date(now * 1000), body)).toBe(signature);
        expect(() => theirs.verify(body, headersOf('msg_1', now, signature))).not.toThrow();
        expect(
          verifyMessage(headersOf('msg_1', now, signature), Buffer.from(body), [secret], now * 1000).ok,
        ).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  test('come one per secret, newest first, so that either one verifies during a rotation', () => {
    const headers = signed([SECRET, OTHER]);
    expect(headers['webhook-signature']?.split(' ')).toEqual(
      [signed([SECRET]), signed([OTHER])].map((one) => one['webhook-signature']),
    );
    expect(verify(headers, [SECRET]).ok && verify(headers, [OTHER]).ok).toBe(true);
  });

  test('are v1a with an ed25519 key, in 32 or 64 bytes, and verify with the public key alone', () => {
    const { secret, long, publicKey } = ed25519();
    expect(signed([secret])).toEqual(signed([long]));
    expect(signed([secret])['webhook-signature']).toMatch(/^v1a,[A-Za-z0-9+/]{86}==$/);
    expect(verify(signed([secret]), [publicKey])).toEqual({ ok: true });
    expect(verify(signed([SECRET, secret]), [publicKey])).toEqual({ ok: true });
    expect(verify(signed([secret]), [ed25519().publicKey])).toEqual({ ok: false, reason: 'mismatch' });
  });

  test.each([
    ['a body that differs', signed([SECRET]), [SECRET], '{ }', 'mismatch'],
    ['another secret', signed([SECRET]), [OTHER], '{}', 'mismatch'],
    ['no secret', signed([SECRET]), [], '{}', 'mismatch'],
    ['no header', {}, [SECRET], '{}', 'missing'],
    ['an empty signature', headersOf('msg_1', NOW, ' '), [SECRET], '{}', 'missing'],
    ['a signature of an unknown version', headersOf('msg_1', NOW, 'v9,AAAA'), [SECRET], '{}', 'mismatch'],
    ['a shortened signature', headersOf('msg_1', NOW, 'v1,AAAA'), [SECRET], '{}', 'mismatch'],
    ['a timestamp with a tail', headersOf('msg_1', `${NOW}abc`, 'v1,AAAA'), [SECRET], '{}', 'malformed'],
    ['a negative timestamp', headersOf('msg_1', '-1', 'v1,AAAA'), [SECRET], '{}', 'malformed'],
    ['an id with a dot', headersOf('msg.1', NOW, 'v1,AAAA'), [SECRET], '{}', 'malformed'],
    ['eleven signatures', headersOf('msg_1', NOW, 'v1,AAAA '.repeat(11)), [SECRET], '{}', 'malformed'],
    ['a timestamp 301 s old', signed([SECRET], '{}', NOW - 301), [SECRET], '{}', 'expired'],
    ['a timestamp 301 s ahead', signed([SECRET], '{}', NOW + 301), [SECRET], '{}', 'expired'],
  ] as const)('refuse %s', (_, headers, secrets, body, reason) => {
    expect(verify(headers, secrets, body)).toEqual({ ok: false, reason });
  });

  test.each([-300, 0, 300])('hold for a clock that is off by %i s', (off) => {
    expect(verify(signed([SECRET], '{}', NOW + off), [SECRET])).toEqual({ ok: true });
  });

  test('cover bytes that are no UTF-8', () => {
    const body = Buffer.from([0xff, 0xfe, 0x00]);
    const headers = signed([SECRET], body.toString());
    expect(verifyMessage(headers, body, [SECRET], NOW * 1000)).toEqual({ ok: false, reason: 'mismatch' });
  });
});

describe('signing secrets', () => {
  test.each([encoded('whsec_', 24), encoded('whsec_', 64), encoded('whsk_', 32)])('may be %s', (secret) => {
    expect(checkSigningSecret(secret)).toBeUndefined();
  });

  test.each([
    ['shorter than 24 bytes', encoded('whsec_', 23)],
    ['longer than 64 bytes', encoded('whsec_', 65)],
    ['base64url', `whsec_${Buffer.alloc(32, 255).toString('base64url')}`],
    ['base64 without padding', SECRET.replace(/=+$/, '')],
    ['without a prefix', SECRET.slice(6)],
    ['a public key', ed25519().publicKey],
    ['an HMAC secret under the name of an ed25519 key', encoded('whsk_', 24)],
    ['an ed25519 key whose halves differ', encoded('whsk_', 64)],
    ['blank', ''],
  ])('may not be %s', (_, secret) => {
    const message = checkSigningSecret(secret);
    expect(message).toContain('whsec_');
    expect(secret === '' || !message?.includes(secret.slice(6))).toBe(true);
  });
});
