import { describe, expect, test } from 'vitest';
import { line } from '../../lib/channels/line.ts';
import { ATTEMPT, NOTIFICATION } from '../conformance/samples.ts';
import { NOW, openTarget, replyOf } from './sample.ts';

const settings = { accessToken: 'token/+=', to: `U${'0a'.repeat(16)}` };
const target = openTarget(line, settings);

function keyOf(to: string, attempt: { wireId: string; n: number; atMs: number } = ATTEMPT): string {
  const request = openTarget(line, { ...settings, to }).request(NOTIFICATION, attempt);
  return request.transport === 'http' ? (request.headers['x-line-retry-key'] ?? '') : '';
}

describe('LINE', () => {
  test('pushes plain text with the token as bearer', () => {
    const request = target.request(NOTIFICATION, ATTEMPT);
    expect(request).toMatchObject({
      url: 'https://api.line.me/v2/bot/message/push',
      headers: { authorization: 'Bearer token/+=' },
    });
    expect(JSON.parse('body' in request ? request.body : '')).toEqual({
      to: settings.to,
      messages: [
        {
          type: 'text',
          text: '🟠 Order 17 is paid\n\nAda paid 12 EUR.\nShip it.\n\nhttps://shop.example.com/orders/17?a=1&b=2\norders.paid · shop · 2026-11-21 04:05:06 UTC',
        },
      ],
    });
  });

  test('leaves a long text the room between title and footer', () => {
    const request = target.request({ ...NOTIFICATION, text: 'x'.repeat(9_000) }, ATTEMPT);
    const { messages } = JSON.parse('body' in request ? request.body : '') as {
      messages: [{ text: string }];
    };
    expect(messages[0].text).toHaveLength(5_000);
    expect(messages[0].text).toMatch(/x…\n\nhttps:.*\n.* UTC$/s);
  });

  test('carries a UUID that is the same in every attempt, and another for another message or recipient', () => {
    const group = `C${'1'.repeat(32)}`;
    const keys = [
      keyOf(settings.to),
      keyOf(settings.to, { ...ATTEMPT, n: 2, atMs: ATTEMPT.atMs + 60_000 }),
      keyOf(settings.to, { ...ATTEMPT, wireId: 'msg_another' }),
      keyOf(group),
    ];
    for (const key of keys)
      expect(key).toMatch(/^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/);
    expect(keys[0]).toBe(keys[1]);
    expect(new Set(keys).size).toBe(3);
  });

  test('counts a bot for everybody it writes to, and holds all of them by one refusal', () => {
    const [, bot] = target.scopes;
    const [, other] = openTarget(line, { ...settings, to: `C${'1'.repeat(32)}` }).scopes;
    expect(bot).toMatchObject({ name: 'bot', limit: 2_000, perMs: 1_000, shared: true });
    expect(other?.id).toBe(bot?.id);
    expect(target.rateHint(replyOf(429))).toEqual({ scope: 'bot' });
  });

  test('sends again what may have been accepted, as long as LINE knows the key', () => {
    expect(target.doubt).toEqual({ kind: 'resend', withinMs: 86_400_000 });
  });

  test.each([
    [
      'the message',
      replyOf(200, { sentMessages: [{ id: '461230966842064897', quoteToken: 'q' }] }),
      { kind: 'delivered', providerId: '461230966842064897' },
    ],
    [
      'a retry of what it had accepted',
      replyOf(409, { message: 'The retry key is already accepted', sentMessages: [{ id: '4612' }] }),
      { kind: 'delivered', providerId: '4612' },
    ],
    ['the same without its message', replyOf(409), { kind: 'delivered' }],
    [
      'a rate',
      replyOf(429, { message: 'The API rate limit has been exceeded. Try again later.' }),
      { kind: 'retry', reason: 'rateLimited' },
    ],
    [
      'a quota that is used up: an hour',
      replyOf(429, { message: 'You have reached your monthly limit.' }),
      { kind: 'retry', reason: 'rateLimited', afterMs: 3_600_000 },
    ],
    [
      'an unknown recipient',
      replyOf(400, { message: 'Failed to send messages' }),
      { kind: 'reject', reason: 'clientError' },
    ],
    ['a wrong token', replyOf(401), { kind: 'reject', reason: 'authError' }],
    ['a plan without pushes', replyOf(403), { kind: 'reject', reason: 'authError' }],
    ['trouble', replyOf(500), { kind: 'maybe', reason: 'serverError' }],
  ])('understands %s', (_, reply, outcome) => {
    expect(target.outcome(reply, NOW)).toEqual(outcome);
  });
});
