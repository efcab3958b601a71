import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseTelegramHtml } from '../../../cdk/local/twin/telegram-html.ts';
import { type TestTwin, testTwin } from './knock.ts';

const SEND = '/telegram/bot123:abc/sendMessage';

describe('telegram', () => {
  let twin: TestTwin;
  beforeAll(async () => {
    twin = await testTwin();
  });
  beforeEach(() => twin.call('DELETE', '/inbox.json'));
  afterAll(() => twin.close());

  test('takes a message and gives it an id', async () => {
    const heard = await twin.post(SEND, { chat_id: '-100', text: '<b>hi</b>', parse_mode: 'HTML' });
    expect(heard.json).toMatchObject({
      ok: true,
      result: { message_id: expect.any(Number), chat: { id: -100 } },
    });
    expect((await twin.inbox())[0]).toMatchObject({ destination: '-100', body: { text: '<b>hi</b>' } });
  });

  test('answers with 429 and parameters.retry_after above 1/s in a chat', async () => {
    for (let i = 0; i < 3; i += 1) await twin.post(SEND, { chat_id: 5, text: 'x' });
    const heard = await twin.post(SEND, { chat_id: 5, text: 'x' });

    expect(heard.status).toBe(429);
    expect(heard.json).toEqual({
      ok: false,
      error_code: 429,
      description: 'Too Many Requests: retry after 1',
      parameters: { retry_after: 1 },
    });
  });

  test('counts 30/s per bot over all chats', async () => {
    const statuses: number[] = [];
    for (let chat = 1; chat <= 31; chat += 1)
      statuses.push((await twin.post(SEND, { chat_id: chat, text: 'x' })).status);
    expect(statuses.lastIndexOf(200)).toBe(29);
    expect(statuses.at(-1)).toBe(429);
    expect((await twin.post('/telegram/bot9:other/sendMessage', { chat_id: 1, text: 'x' })).status).toBe(200);
  });

  /** 21 messages, paced at the limit of a chat; how many were taken. */
  async function send(chat: number): Promise<number> {
    const statuses: number[] = [];
    for (let i = 0; i < 21; i += 1) {
      twin.clock.ms += 1_020;
      statuses.push((await twin.post(SEND, { chat_id: chat, text: 'x' })).status);
    }
    return statuses.filter((status) => status === 200).length;
  }

  test('counts 20/min in a group, and no such limit in a private chat', async () => {
    expect([await send(-100), await send(100)]).toEqual([20, 21]);
  });

  test.each([
    ['no chat', { text: 'x' }, 'chat_id is empty'],
    ['a chat that is none', { chat_id: 'a b', text: 'x' }, 'chat not found'],
    ['no text', { chat_id: 1 }, 'message text is empty'],
    ['only empty tags', { chat_id: 1, text: '<b> </b>', parse_mode: 'HTML' }, 'message text is empty'],
    ['4,097 characters', { chat_id: 1, text: 'x'.repeat(4_097) }, 'message is too long'],
    [
      'an open tag',
      { chat_id: 1, text: '<b>x', parse_mode: 'HTML' },
      'can\'t parse entities: Can\'t find end tag corresponding to start tag "b"',
    ],
    [
      'a tag it does not know',
      { chat_id: 1, text: 'é <p>x</p>', parse_mode: 'HTML' },
      'can\'t parse entities: Unsupported start tag "p" at byte offset 3',
    ],
  ])('refuses %s', async (_, body, description) => {
    const heard = await twin.post(SEND, body);
    expect(heard.status).toBe(400);
    expect(heard.json).toEqual({ ok: false, error_code: 400, description: `Bad Request: ${description}` });
  });

  test('counts the text after parsing, not its tags and entities', async () => {
    const text = `<b>${'&amp;'.repeat(4_096)}</b>`;
    expect((await twin.post(SEND, { chat_id: 1, text, parse_mode: 'HTML' })).status).toBe(200);
  });

  test('knows no path without a bot token', async () => {
    expect((await twin.post('/telegram/botx/sendMessage', { chat_id: 1, text: 'x' })).status).toBe(404);
  });
});

describe('editMessageText', () => {
  let twin: TestTwin;
  beforeAll(async () => {
    twin = await testTwin();
  });
  afterAll(() => twin.close());

  test('changes a message, once, and none that is not there', async () => {
    const { message_id: id } = (await twin.post(SEND, { chat_id: 1, text: 'it began' })).json.result;
    const edit = (messageId: number) =>
      twin.post(SEND.replace('sendMessage', 'editMessageText'), {
        chat_id: 1,
        message_id: messageId,
        text: 'over',
      });
    expect((await edit(id)).json).toMatchObject({ ok: true, result: { message_id: id, text: 'over' } });
    expect((await edit(id)).json).toMatchObject({
      ok: false,
      error_code: 400,
      description: expect.stringMatching(/^Bad Request: message is not modified: /),
    });
    expect((await edit(99_999)).json.description).toBe('Bad Request: message to edit not found');
    expect((await twin.inbox())[0].edits).toHaveLength(1);
  });
});

describe('Telegram HTML', () => {
  test.each([
    ['a <b>b <i>c</i></b>', 'a b c'],
    ['&lt;b&gt; &amp;amp; &#39;&#x41; &quot;', '<b> &amp; \'A "'],
    ['5 &gt 3 & 2', '5 > 3 & 2'],
    ['<a href="https://x.y/?a=1&amp;b=2">link</a>', 'link'],
    ['<span class="tg-spoiler">s</span><pre><code class="language-js">x</code></pre>', 'sx'],
  ])('reads %s', (source, text) => {
    expect(parseTelegramHtml(source)).toEqual({ text });
  });

  test.each([
    ['<b>x</i>', 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'],
    ['x</b>', 'Unexpected end tag at byte offset 1'],
    ['a < b', 'Unclosed start tag at byte offset 2'],
    ['<span>x</span>', 'Tag "span" must have class "tg-spoiler" at byte offset 0'],
  ])('refuses %s', (source, error) => {
    expect(parseTelegramHtml(source)).toEqual({ error });
  });
});
