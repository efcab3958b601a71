import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeError, redact, redactError, redactSecrets } from '../../lib/core/redact.ts';

const TOKEN = 'xoxb-1234/5678+canary=';
const SLACK = 'https://hooks.slack.com/services/T00000000/B00000000/CanaryCanaryCanaryCanary';

describe('redaction', () => {
  test.each([
    ['as it is', TOKEN],
    ['in capitals', TOKEN.toUpperCase()],
    ['percent-encoded', encodeURIComponent(TOKEN)],
    ['percent-encoded in small letters', encodeURIComponent(TOKEN).toLowerCase()],
    ['as base64', Buffer.from(TOKEN).toString('base64')],
    ['as base64url', Buffer.from(TOKEN).toString('base64url')],
    ['as JSON', JSON.stringify({ token: TOKEN })],
  ])('finds a token %s', (_, text) => {
    const clean = redact(`before ${text} after`, [TOKEN]);
    expect(clean).not.toContain(text);
    expect(clean).toContain('[redacted]');
    expect(clean).toMatch(/^before .* after$/);
  });

  test.each([
    ['whole', SLACK],
    ['its path', '/services/T00000000/B00000000/CanaryCanaryCanaryCanary'],
    ['its last segment', 'CanaryCanaryCanaryCanary'],
  ])('finds a secret URL: %s', (_, text) => {
    expect(redactSecrets(`POST ${text} failed`, [SLACK])).toBe('POST [redacted] failed');
  });

  test('finds user and password of a mail server, also as sent in AUTH PLAIN', () => {
    const url = 'smtp://me:s3cr%2Ft-pass@mail.example.com:587';
    const plain = Buffer.from('\0me\0s3cr/t-pass').toString('base64');
    const clean = redact(`AUTH PLAIN ${plain}; login with s3cr/t-pass`, [url]);
    expect(clean).toBe('AUTH PLAIN [redacted]; login with [redacted]');
  });

  test('finds the bytes of a signing secret without its prefix', () => {
    expect(redact('key MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'])).toBe(
      'key [redacted]',
    );
  });

  test('reduces every URL to its host, known or not', () => {
    expect(redact('fetch https://me:pw@api.example.com:8443/bot123:abc/send?x=1 failed', [])).toBe(
      'fetch https://api.example.com:8443/[redacted] failed',
    );
    expect(redact('see https://example.com for more', [])).toBe('see https://example.com for more');
  });

  test('leaves URLs alone where only secrets are asked for', () => {
    expect(redactSecrets('{"permalink":"https://example.com/a"}', [TOKEN])).toBe(
      '{"permalink":"https://example.com/a"}',
    );
  });

  test('does not blank a text for a value too short to be a secret', () => {
    expect(redact('a short text', ['a', '', 'sho'])).toBe('a short text');
  });

  test('leaves no secret in any text, wherever it stands', () => {
    const secret = fc.string({
      unit: fc.constantFrom(...Array.from('ABCXYZ019/+=.$^*(')),
      minLength: 6,
      maxLength: 40,
    });
    fc.assert(
      fc.property(fc.array(secret, { minLength: 1, maxLength: 4 }), fc.lorem(), (secrets, lorem) => {
        const clean = redact(
          secrets.map((one) => `${lorem} ${one} ${encodeURIComponent(one)}`).join(lorem),
          secrets,
        );
        return secrets.every((one) => !clean.includes(one) && !clean.includes(encodeURIComponent(one)));
      }),
    );
  });
});

describe('errors', () => {
  const error = new Error(`POST ${SLACK} failed`, {
    cause: new Error('connect ECONNREFUSED', {
      cause: Object.assign(new Error(`token ${TOKEN}`), { code: 'EBAD' }),
    }),
  });

  test('are told with their causes and without secrets', () => {
    expect(describeError(error, [TOKEN, SLACK])).toBe(
      'POST [redacted] failed; caused by connect ECONNREFUSED; caused by token [redacted] (EBAD)',
    );
  });

  test('are redacted in message and stack alike', () => {
    const told = redactError(error, [TOKEN, SLACK]);
    expect(told.name).toBe('Error');
    expect(JSON.stringify(told)).not.toMatch(/Canary|xoxb/);
  });

  test('that contain themselves end', () => {
    const loop = new Error('a');
    loop.cause = new Error('b', { cause: loop });
    expect(describeError(loop)).toBe('a; caused by b');
  });

  test.each([
    [undefined, ''],
    [null, 'thrown object'],
    ['text', 'text'],
    [42, 'thrown number'],
    [new AggregateError([new Error('one'), new Error('two')]), 'one, two'],
  ])('%s is told as %j', (thrown, told) => {
    expect(describeError(thrown)).toBe(told);
  });
});
