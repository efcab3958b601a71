import { describe, expect, test } from 'vitest';
import { consentOf } from '../../lib/core/consent.ts';
import { rateHeader, readPermission } from '../../lib/core/handshake.ts';
import type { Reply } from '../../lib/core/outcome.ts';

const NOW = Date.UTC(2026, 10, 21, 10);
const ORIGIN = 'fanfare.example.com';
const granted = { 'webhook-allowed-origin': ORIGIN };

describe('the rate asked for', () => {
  test.each([
    [{ limit: 2, perMs: 1_000 }, '120'],
    [{ limit: 1, perMs: 60_000 }, '1'],
    [{ limit: 7, perMs: 45_000 }, '9'],
    [{ limit: 1, perMs: 90_000 }, undefined],
    [{ limit: 0, perMs: 0 }, undefined],
  ])('of %j is %s a minute', (rate, expected) => {
    expect(rateHeader(rate)['webhook-request-rate']).toBe(expected);
  });
});

describe('a receiver', () => {
  test.each([
    ['names the origin', granted, undefined],
    ['names it in capitals', { 'webhook-allowed-origin': 'Fanfare.Example.COM' }, undefined],
    ['takes anybody', { 'webhook-allowed-origin': '*' }, undefined],
    ['states a rate', { ...granted, 'webhook-allowed-rate': '100' }, { limit: 100, perMs: 60_000 }],
    ['has no limit', { ...granted, 'webhook-allowed-rate': '*' }, { limit: 0, perMs: 0 }],
  ])('that %s consents', (_, headers, rate) => {
    expect(readPermission(headers, ORIGIN)).toEqual({ granted: true, ...(rate && { rate }) });
  });

  test.each<[string, Record<string, string>]>([
    ['says nothing', {}],
    ['allows CORS', { 'access-control-allow-origin': '*', allow: 'POST' }],
    ['names another origin', { 'webhook-allowed-origin': 'example.com' }],
    ['lists origins', { 'webhook-allowed-origin': `${ORIGIN}, example.com` }],
    ['names nothing', { 'webhook-allowed-origin': '' }],
    ...['0', '-5', '1.5', 'many', '', '1, 2', '9'.repeat(40)].map(
      (rate): [string, Record<string, string>] => [
        `states the rate "${rate}"`,
        { ...granted, 'webhook-allowed-rate': rate },
      ],
    ),
  ])('that %s does not', (_, headers) => {
    expect(readPermission(headers, ORIGIN)).toMatchObject({ granted: false });
  });
});

describe('a consent', () => {
  const reply = (status: number, headers = {}): Reply => ({ kind: 'reply', status, headers, body: '' });
  const refused = { granted: false, detail: 'no' } as const;

  test('holds for a day, whatever the status it came with', () => {
    expect(consentOf('q', reply(405), { granted: true }, NOW)).toEqual({
      question: 'q',
      untilMs: NOW + 86_400_000,
    });
  });

  test.each<[string, Reply, object]>([
    ['200', reply(200), { reason: 'settings' }],
    ['404', reply(404), { reason: 'settings' }],
    ['410', reply(410), { reason: 'settings' }],
    ['503', reply(503), { reason: 'serverError' }],
    ['429', reply(429, { 'retry-after': '90' }), { reason: 'rateLimited', afterMs: 90_000 }],
    ['a time-out', { kind: 'failure', reason: 'timeout', started: true, detail: '' }, { reason: 'timeout' }],
  ])('that is missing in %s leaves nothing in doubt, and is asked for again', (_, answer, expected) => {
    const { refusal, untilMs } = consentOf('q', answer, refused, NOW);
    expect(refusal?.outcome).toEqual({ kind: 'retry', ...expected });
    expect(untilMs).toBe(NOW + ('afterMs' in expected ? 90_000 : 60_000));
  });
});
