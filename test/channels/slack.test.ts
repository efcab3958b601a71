import { describe, expect, test } from 'vitest';
import type { HttpRequest } from '../../lib/channel.ts';
import { slack } from '../../lib/channels/slack.ts';
import type { Reply } from '../../lib/core/outcome.ts';
import { ATTEMPT, NOTIFICATION } from '../conformance/samples.ts';
import { NOW, openTarget, replyOf } from './sample.ts';

const byWebhook = openTarget(slack, { webhookUrl: 'https://hooks.slack.com/services/T0/B0/xyz' });
const byToken = openTarget(slack, { token: 'xoxb-1-2-xyz', channel: '#ops' });

describe('Slack', () => {
  test('posts to an incoming webhook', () => {
    const request = byWebhook.request(NOTIFICATION, ATTEMPT);
    expect(request).toMatchObject({
      transport: 'http',
      method: 'POST',
      url: 'https://hooks.slack.com/services/T0/B0/xyz',
      headers: { 'content-type': 'application/json; charset=utf-8' },
    });
    expect(JSON.parse(String('body' in request && request.body))).toEqual({
      text: '🟠 Order 17 is paid\nAda paid 12 EUR.\nShip it.',
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: '🟠 Order 17 is paid', emoji: true } },
        { type: 'section', text: { type: 'mrkdwn', text: 'Ada paid 12 EUR.\nShip it.', verbatim: true } },
        {
          type: 'context',
          elements: [
            {
              type: 'mrkdwn',
              text: '<https://shop.example.com/orders/17?a=1&amp;b=2|Open> · orders.paid · shop · 2026-11-21 04:05:06 UTC',
              verbatim: true,
            },
          ],
        },
      ],
      unfurl_links: false,
    });
  });

  test('posts to a channel with a bot token', () => {
    const request = byToken.request(NOTIFICATION, ATTEMPT);
    expect(request).toMatchObject({
      url: 'https://slack.com/api/chat.postMessage',
      headers: { authorization: 'Bearer xoxb-1-2-xyz' },
    });
    expect(JSON.parse(String('body' in request && request.body))).toMatchObject({ channel: '#ops' });
  });

  test('splits long text into sections at line ends, and shows what is missing', () => {
    const request = byWebhook.request({ ...NOTIFICATION, text: `${'x'.repeat(99)}\n`.repeat(200) }, ATTEMPT);
    const { blocks } = JSON.parse(String('body' in request && request.body)) as {
      blocks: { text?: { text: string } }[];
    };
    const sections = blocks.slice(1, -1).map(({ text }) => text?.text ?? '');
    expect(sections.length).toBe(4);
    expect(sections[0]).toMatch(/^x{99}\n[\s\S]*x{99}$/);
    expect(sections.at(-1)?.endsWith('…')).toBe(true);
  });

  test('is green when the alert is over', () => {
    const request = byWebhook.request({ ...NOTIFICATION, severity: 'critical', status: 'resolved' }, ATTEMPT);
    expect('body' in request && request.body).toContain('✅ Order 17 is paid');
  });

  test.each([
    ['a webhook that says ok', byWebhook, replyOf(200, 'ok'), { kind: 'delivered' }],
    [
      'an API that names the message',
      byToken,
      replyOf(200, { ok: true, ts: '17.4' }),
      { kind: 'delivered', providerId: '17.4' },
    ],
    [
      'an API behind a strange page',
      byToken,
      replyOf(200, '<html>'),
      { kind: 'maybe', reason: 'serverError' },
    ],
    [
      'a broken payload',
      byWebhook,
      replyOf(400, 'invalid_payload'),
      { kind: 'reject', reason: 'clientError' },
    ],
    ['a removed app', byWebhook, replyOf(403, 'action_prohibited'), { kind: 'gone', reason: 'authError' }],
    [
      'a removed channel',
      byWebhook,
      replyOf(404, 'channel_not_found'),
      { kind: 'gone', reason: 'clientError' },
    ],
    [
      'an archived channel',
      byWebhook,
      replyOf(410, 'channel_is_archived'),
      { kind: 'gone', reason: 'clientError' },
    ],
    [
      'a rate with a header',
      byWebhook,
      replyOf(429, { retry_after: 9 }, { 'retry-after': '3' }),
      { kind: 'retry', reason: 'rateLimited', afterMs: 3_000 },
    ],
    [
      'a rate with a body',
      byWebhook,
      replyOf(429, { ok: false, error: 'rate_limited', retry_after: 9 }),
      { kind: 'retry', reason: 'rateLimited', afterMs: 9_000 },
    ],
    ['a failed rollup', byWebhook, replyOf(500, 'rollup_error'), { kind: 'maybe', reason: 'serverError' }],
    [
      'ok: false, channel_not_found',
      byToken,
      replyOf(200, { ok: false, error: 'channel_not_found' }),
      { kind: 'gone', reason: 'clientError' },
    ],
    [
      'ok: false, ratelimited',
      byToken,
      replyOf(200, { ok: false, error: 'ratelimited' }),
      { kind: 'retry', reason: 'rateLimited' },
    ],
    [
      'ok: false, invalid_auth',
      byToken,
      replyOf(200, { ok: false, error: 'invalid_auth' }),
      { kind: 'reject', reason: 'authError' },
    ],
    [
      'ok: false, fatal_error',
      byToken,
      replyOf(200, { ok: false, error: 'fatal_error' }),
      { kind: 'maybe', reason: 'serverError' },
    ],
    [
      'ok: false, msg_blocks_too_long',
      byToken,
      replyOf(200, { ok: false, error: 'msg_blocks_too_long' }),
      { kind: 'reject', reason: 'tooLarge' },
    ],
    [
      'ok: false, something new',
      byToken,
      replyOf(200, { ok: false, error: 'toString' }),
      { kind: 'reject', reason: 'clientError' },
    ],
  ])('understands %s', (_, target, reply, outcome) => {
    expect(target.outcome(reply, NOW)).toEqual(outcome);
  });

  test('changes a message in the channel that the reply named, and none of a webhook', () => {
    const providerId = 'C0AAAAAAA:1755.000100';
    const request = byToken.edit!.request(NOTIFICATION, { ...ATTEMPT, providerId }) as HttpRequest;
    expect(request.url).toBe('https://slack.com/api/chat.update');
    expect(JSON.parse(request.body)).toMatchObject({ channel: 'C0AAAAAAA', ts: '1755.000100' });
    expect(byWebhook.edit).toBeUndefined();
  });

  test.each([
    ['message_not_found', true],
    ['edit_window_closed', true],
    ['cant_update_message', true],
    // Where it was sent, which need not be where the next one goes.
    ['channel_not_found', true],
    ['invalid_auth', false],
    ['ratelimited', false],
  ])('takes a message for gone or not: %s', (error, isLost) => {
    const reply = replyOf(200, { ok: false, error }) as Extract<Reply, { kind: 'reply' }>;
    expect(byToken.edit!.isLost(reply)).toBe(isLost);
  });
});
