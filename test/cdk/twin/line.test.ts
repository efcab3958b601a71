import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestTwin, testTwin } from './knock.ts';

const PUSH = '/line/v2/bot/message/push';
const TO = `U${'0'.repeat(32)}`;
const TOKEN = { authorization: 'Bearer demo' };
const KEY = '123e4567-e89b-12d3-a456-426614174000';
const text = (words: string) => ({ to: TO, messages: [{ type: 'text', text: words }] });

describe('LINE', () => {
  let twin: TestTwin;
  beforeAll(async () => {
    twin = await testTwin();
  });
  beforeEach(() => twin.call('DELETE', '/inbox.json'));
  afterAll(() => twin.close());

  test('takes a message and gives it an id', async () => {
    const heard = await twin.post(PUSH, text('hi'), TOKEN);
    expect(heard.status).toBe(200);
    expect(heard.json).toEqual({
      sentMessages: [{ id: expect.any(String), quoteToken: expect.any(String) }],
    });
    expect(heard.headers.get('x-line-request-id')).toMatch(/^[\da-f-]{36}$/);
    expect((await twin.inbox())[0]).toMatchObject({ destination: TO, verdict: 'accepted' });
  });

  test('takes a message once under its retry key, and names it to whoever tries again', async () => {
    const headers = { ...TOKEN, 'x-line-retry-key': KEY };
    const first = await twin.post(PUSH, text('hi'), headers);
    const again = await twin.post(PUSH, text('hi'), headers);

    expect(again.status).toBe(409);
    expect(again.json).toEqual({ message: 'The retry key is already accepted', ...first.json });
    expect(again.headers.get('x-line-accepted-request-id')).toBe(first.headers.get('x-line-request-id'));
    expect(await twin.inbox('?verdict=accepted')).toHaveLength(1);
  });

  test('takes it again from another bot, without a key, and when the key is a day old', async () => {
    const headers = { ...TOKEN, 'x-line-retry-key': KEY };
    await twin.post(PUSH, text('hi'), headers);
    const other = await twin.post(PUSH, text('hi'), { ...headers, authorization: 'Bearer other' });
    const keyless = [await twin.post(PUSH, text('hi'), TOKEN), await twin.post(PUSH, text('hi'), TOKEN)];
    twin.clock.ms += 86_400_000;
    const late = await twin.post(PUSH, text('hi'), headers);
    expect([other, ...keyless, late].map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  test('remembers no key of what it did not accept', async () => {
    const headers = { ...TOKEN, 'x-line-retry-key': KEY };
    await twin.call('PUT', '/behaviour/line', { status: 500 });
    const failed = await twin.post(PUSH, text('hi'), headers);
    await twin.call('DELETE', '/behaviour/line');
    expect([failed.status, (await twin.post(PUSH, text('hi'), headers)).status]).toEqual([500, 200]);
  });

  test('counts 2,000/s per bot, repeats too', async () => {
    const headers = { ...TOKEN, 'x-line-retry-key': KEY };
    for (const each of [headers, headers, { authorization: 'Bearer other' }])
      await twin.post(PUSH, text('x'), each);
    const { scopes } = (await twin.call('GET', '/limits.json')).json;
    expect(scopes).toMatchObject([
      { rule: 'line bot', scope: 'Bearer demo', limit: 2_000, perMs: 1_000, requests: 2 },
      { scope: 'Bearer other', requests: 1 },
    ]);
  });

  test.each([
    ['no token', text('x'), {}, 401, /^Authentication failed/],
    ['no JSON', 'x', TOKEN, 400, /could not be parsed as JSON/],
    [
      'a recipient that is none',
      { ...text('x'), to: 'bob' },
      TOKEN,
      400,
      /^The property, 'to', .* is invalid/,
    ],
    ['no message', { to: TO, messages: [] }, TOKEN, 400, /^The request body has 1 error/],
    ['six messages', { to: TO, messages: Array(6).fill(text('x').messages[0]) }, TOKEN, 400, /1 error/],
    ['an empty text', text(''), TOKEN, 400, /1 error/],
    ['5,001 characters', text('x'.repeat(5_001)), TOKEN, 400, /1 error/],
    ['a retry key that is no UUID', text('x'), { ...TOKEN, 'x-line-retry-key': 'msg_1' }, 400, /retry key/],
    ['more than 2 MB', { ...text('x'), more: 'x'.repeat(2_000_000) }, TOKEN, 413, /too large/],
  ])('refuses %s', async (_, body, headers, status, message) => {
    const heard = await twin.post(PUSH, body, headers);
    expect(heard.status).toBe(status);
    expect(heard.json.message).toMatch(message);
  });
});
