import { describe, expect, test } from 'vitest';
import type { HttpRequest } from '../../lib/channel.ts';
import { discord } from '../../lib/channels/discord.ts';
import type { Reply } from '../../lib/core/outcome.ts';
import { ATTEMPT, NOTIFICATION } from '../conformance/samples.ts';
import { NOW, openTarget, replyOf } from './sample.ts';

const target = openTarget(discord, { webhookUrl: 'https://discord.com/api/webhooks/12/abc' });

describe('Discord', () => {
  test('posts one embed and mentions nobody', () => {
    const request = target.request(NOTIFICATION, ATTEMPT);
    expect(request).toMatchObject({
      method: 'POST',
      url: 'https://discord.com/api/v10/webhooks/12/abc?wait=true',
    });
    expect(JSON.parse(String('body' in request && request.body))).toEqual({
      embeds: [
        {
          title: '🟠 Order 17 is paid',
          description: 'Ada paid 12 EUR.\nShip it.',
          url: 'https://shop.example.com/orders/17?a=1&b=2',
          color: 0xfb8c00,
          footer: { text: 'orders.paid · shop · 2026-11-21 04:05:06 UTC' },
          timestamp: '2026-11-21T04:05:06.000Z',
        },
      ],
      allowed_mentions: { parse: [] },
    });
  });

  test.each([
    ['https://discord.com/api/v6/webhooks/12/abc', 'https://discord.com/api/v10/webhooks/12/abc?wait=true'],
    [
      'https://discordapp.com/api/webhooks/12/abc/',
      'https://discordapp.com/api/v10/webhooks/12/abc?wait=true',
    ],
    [
      'https://discord.com/api/webhooks/12/abc?thread_id=5&wait=false',
      'https://discord.com/api/v10/webhooks/12/abc?thread_id=5&wait=true',
    ],
    [
      'http://127.0.0.1:4101/discord/api/webhooks/1/x',
      'http://127.0.0.1:4101/discord/api/v10/webhooks/1/x?wait=true',
    ],
  ])('pins the version of the API and waits for the answer: %s', (webhookUrl, url) => {
    expect(openTarget(discord, { webhookUrl }).request(NOTIFICATION, ATTEMPT)).toMatchObject({ url });
  });

  test.each([
    ['the message', replyOf(200, { id: '99' }), { kind: 'delivered', providerId: '99' }],
    ['silence', replyOf(204), { kind: 'delivered' }],
    ['a deleted webhook', replyOf(404, { code: 10_015 }), { kind: 'gone', reason: 'clientError' }],
    ['a wrong token', replyOf(401), { kind: 'reject', reason: 'authError' }],
    ['missing rights', replyOf(403), { kind: 'reject', reason: 'authError' }],
    ['a bad form', replyOf(400), { kind: 'reject', reason: 'clientError' }],
    [
      'a rate, header first',
      replyOf(429, { retry_after: 0.35 }, { 'retry-after': '1' }),
      { kind: 'retry', reason: 'rateLimited', afterMs: 1_000 },
    ],
    [
      'a rate, seconds in the body',
      replyOf(429, { retry_after: 0.3512345678 }),
      { kind: 'retry', reason: 'rateLimited', afterMs: 351 },
    ],
    ['a rate, junk in the body', replyOf(429, { retry_after: -1 }), { kind: 'retry', reason: 'rateLimited' }],
    ['trouble', replyOf(502), { kind: 'maybe', reason: 'serverError' }],
  ])('understands %s', (_, reply, outcome) => {
    expect(target.outcome(reply, NOW)).toEqual(outcome);
  });

  test('changes a message of its webhook, in its thread', () => {
    const inThread = openTarget(discord, {
      webhookUrl: 'https://discord.com/api/webhooks/12/abc?thread_id=7',
    });
    const request = inThread.edit!.request(NOTIFICATION, { ...ATTEMPT, providerId: '99' }) as HttpRequest;
    expect([request.method, request.url]).toEqual([
      'PATCH',
      'https://discord.com/api/v10/webhooks/12/abc/messages/99?thread_id=7',
    ]);
  });

  test.each([
    [404, 10_008, true],
    [404, 10_015, false],
    [400, 10_008, false],
  ])('takes a message for gone or not: %i, code %i', (status, code, isLost) => {
    const reply = replyOf(status, { code }) as Extract<Reply, { kind: 'reply' }>;
    expect(target.edit!.isLost(reply)).toBe(isLost);
  });
});
