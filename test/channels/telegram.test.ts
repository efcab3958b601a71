import { describe, expect, test } from 'vitest';
import type { HttpRequest } from '../../lib/channel.ts';
import { telegram } from '../../lib/channels/telegram.ts';
import type { Reply } from '../../lib/core/outcome.ts';
import { ATTEMPT, NOTIFICATION } from '../conformance/samples.ts';
import { NOW, openTarget, replyOf } from './sample.ts';

const settings = { token: '12:abcdefgh', chatId: '-100200' };
const target = openTarget(telegram, settings);

describe('Telegram', () => {
  test('sends HTML to a chat', () => {
    const request = target.request(NOTIFICATION, ATTEMPT);
    expect(request).toMatchObject({ url: 'https://api.telegram.org/bot12:abcdefgh/sendMessage' });
    expect(JSON.parse(String('body' in request && request.body))).toEqual({
      chat_id: '-100200',
      text: '<b>🟠 Order 17 is paid</b>\n\nAda paid 12 EUR.\nShip it.\n\n<a href="https://shop.example.com/orders/17?a=1&amp;b=2">Open</a> · <i>orders.paid · shop · 2026-11-21 04:05:06 UTC</i>',
      parse_mode: 'HTML',
      link_preview_options: { is_disabled: true },
    });
  });

  test('sends plain text from the second attempt on', () => {
    const request = target.request({ ...NOTIFICATION, text: '1 < 2' }, { ...ATTEMPT, n: 2 });
    const body = JSON.parse(String('body' in request && request.body)) as object;
    expect(body).toMatchObject({ text: '🟠 Order 17 is paid\n\n1 < 2' });
    expect(body).not.toHaveProperty('parse_mode');
  });

  test('writes to a topic of a forum through a server of its owner', () => {
    const own = openTarget(telegram, { ...settings, threadId: 7, apiUrl: 'https://bots.example.com/' });
    const request = own.request(NOTIFICATION, ATTEMPT);
    expect(request).toMatchObject({ url: 'https://bots.example.com/bot12:abcdefgh/sendMessage' });
    expect(JSON.parse(String('body' in request && request.body))).toMatchObject({ message_thread_id: 7 });
  });

  test.each(['-100200', '7'])('a refusal stops the chat %s, and no other of its bot', (chatId) => {
    const { scopes, rateHint } = openTarget(telegram, { ...settings, chatId });
    const { scope } = rateHint(replyOf(429, {}));
    expect(scopes.filter(({ name }) => name === scope)).toMatchObject([{ shared: false }]);
  });

  test('counts the bot for all its chats, a chat by the second and a group by the minute', () => {
    const [group, one, two] = ['-100200', '1', '2'].map(
      (chatId) => openTarget(telegram, { ...settings, chatId }).scopes,
    );
    expect(group).toMatchObject([
      { limit: 0 },
      { limit: 30, perMs: 1_000, shared: true },
      { limit: 20, perMs: 60_000 },
    ]);
    expect(one).toMatchObject([
      { limit: 0 },
      { limit: 30, perMs: 1_000, shared: true },
      { limit: 1, perMs: 1_000 },
    ]);
    expect(one?.[1]?.id).toBe(two?.[1]?.id);
    expect(one?.[2]?.id).not.toBe(two?.[2]?.id);
  });

  test.each([
    [
      'the message',
      replyOf(200, { ok: true, result: { message_id: 5 } }),
      { kind: 'delivered', providerId: '5' },
    ],
    ['a page instead of an answer', replyOf(200, '<html>'), { kind: 'maybe', reason: 'serverError' }],
    [
      'a rate',
      replyOf(429, { ok: false, parameters: { retry_after: 58 } }),
      { kind: 'retry', reason: 'rateLimited', afterMs: 58_000 },
    ],
    [
      'a rate, header first',
      replyOf(429, { parameters: { retry_after: 58 } }, { 'retry-after': '5' }),
      { kind: 'retry', reason: 'rateLimited', afterMs: 5_000 },
    ],
    [
      'a blocked bot',
      replyOf(403, { description: 'Forbidden: bot was blocked by the user' }),
      { kind: 'gone', reason: 'authError' },
    ],
    [
      'entities it cannot parse',
      replyOf(400, { description: "Bad Request: can't parse entities: x" }),
      { kind: 'retry', reason: 'clientError' },
    ],
    [
      'a group with a new id',
      replyOf(400, { parameters: { migrate_to_chat_id: -100 } }),
      { kind: 'reject', reason: 'clientError' },
    ],
    [
      'an unknown chat',
      replyOf(400, { description: 'Bad Request: chat not found' }),
      { kind: 'reject', reason: 'clientError' },
    ],
    ['a revoked token', replyOf(401), { kind: 'reject', reason: 'authError' }],
    ['trouble', replyOf(502), { kind: 'maybe', reason: 'serverError' }],
  ])('understands %s', (_, reply, outcome) => {
    expect(target.outcome(reply, NOW)).toEqual(outcome);
  });

  test('changes a message by its number, and again without entities in a second attempt', () => {
    const [first, second] = [1, 2].map((n) => {
      const request = target.edit!.request(NOTIFICATION, { ...ATTEMPT, n, providerId: '42' }) as HttpRequest;
      return { url: request.url, body: JSON.parse(request.body) as object };
    });
    expect(first).toMatchObject({
      url: expect.stringMatching(/\/editMessageText$/),
      body: { message_id: 42, parse_mode: 'HTML', link_preview_options: { is_disabled: true } },
    });
    expect(second?.body).not.toHaveProperty('parse_mode');
    expect(second?.body).not.toHaveProperty('message_thread_id');
  });

  test.each([
    ['Bad Request: message to edit not found', true],
    ["Bad Request: message can't be edited", true],
    ['Bad Request: MESSAGE_ID_INVALID', true],
    ['Bad Request: chat not found', false],
  ])('takes a message for gone or not: %s', (description, isLost) => {
    const reply = replyOf(400, { ok: false, description }) as Extract<Reply, { kind: 'reply' }>;
    expect(target.edit!.isLost(reply)).toBe(isLost);
  });

  test('takes a message that says it already for delivered', () => {
    const description = 'Bad Request: message is not modified: specified new message content is the same';
    expect(target.outcome(replyOf(400, { ok: false, description }), NOW)).toEqual({ kind: 'delivered' });
  });
});
