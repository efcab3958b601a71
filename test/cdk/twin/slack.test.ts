import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestTwin, testTwin } from './knock.ts';

const HOOK = '/slack/services/T0/B0/ops';
const CHAT = '/slack/api/chat.postMessage';
const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } });

describe('slack', () => {
  let twin: TestTwin;
  beforeAll(async () => {
    twin = await testTwin();
  });
  beforeEach(() => twin.call('DELETE', '/inbox.json'));
  afterAll(() => twin.close());

  test('takes a message and says ok', async () => {
    const heard = await twin.post(HOOK, { text: 'hello', blocks: [section('hello')] });
    const [entry] = await twin.inbox();

    expect([heard.status, heard.text]).toEqual([200, 'ok']);
    expect(entry).toMatchObject({ channel: 'slack', destination: 'ops', verdict: 'accepted', status: 200 });
  });

  test('answers the fourth message of a second with 429, the header and the body of Slack', async () => {
    for (let i = 0; i < 3; i += 1) expect((await twin.post(HOOK, { text: 'x' })).status).toBe(200);
    const heard = await twin.post(HOOK, { text: 'x' });
    const entries = await twin.inbox();

    expect(heard.status).toBe(429);
    expect(heard.headers.get('retry-after')).toBe('1');
    expect(heard.json).toEqual({ retry_after: 1, ok: false, error: 'rate_limited' });
    expect(entries.at(-1).verdict).toBe('refused');
    expect(entries.at(-1).why).toContain('over the limit');
    expect((await twin.post('/slack/services/T0/B0/other', { text: 'x' })).status).toBe(200);
  });

  test.each([
    ['no JSON', 'hello', 'invalid_payload'],
    ['an array', [], 'invalid_payload'],
    ['nothing to show', {}, 'no_text'],
    ['blank text', { text: '  ' }, 'no_text'],
    ['too much text', { text: 'x'.repeat(40_001) }, 'msg_too_long'],
    ['51 blocks', { blocks: Array.from({ length: 51 }, () => ({ type: 'divider' })) }, 'invalid_blocks'],
    ['an unknown block', { blocks: [{ type: 'table_of_wonders' }] }, 'invalid_blocks'],
    ['a section of 3,001', { blocks: [section('x'.repeat(3_001))] }, 'invalid_blocks'],
    ['an empty section', { blocks: [{ type: 'section' }] }, 'invalid_blocks'],
    [
      'eleven fields',
      {
        blocks: [
          { type: 'section', fields: Array.from({ length: 11 }, () => ({ type: 'mrkdwn', text: 'x' })) },
        ],
      },
      'invalid_blocks',
    ],
    [
      'a header in mrkdwn',
      { blocks: [{ type: 'header', text: { type: 'mrkdwn', text: 'x' } }] },
      'invalid_blocks',
    ],
    [
      'a header of 151',
      { blocks: [{ type: 'header', text: { type: 'plain_text', text: 'x'.repeat(151) } }] },
      'invalid_blocks',
    ],
    [
      'bad blocks in an attachment',
      { attachments: [{ blocks: [{ type: 'section' }] }] },
      'invalid_attachments',
    ],
    [
      'blocks of more than 13,200',
      { blocks: Array.from({ length: 5 }, () => section('x'.repeat(2_900))) },
      'msg_blocks_too_long',
    ],
  ])('refuses %s', async (_, body, error) => {
    const heard = await twin.post(HOOK, body);
    expect([heard.status, heard.text]).toEqual([400, error]);
  });

  test('takes the largest message allowed', async () => {
    const body = { text: 'x'.repeat(40_000), blocks: [section('x'.repeat(3_000)), { type: 'divider' }] };
    expect((await twin.post(HOOK, body)).text).toBe('ok');
  });

  test('answers chat.postMessage with the channel and a timestamp', async () => {
    const heard = await twin.post(CHAT, { channel: 'C123', text: 'hi' }, { authorization: 'Bearer xoxb-1' });
    expect(heard.json).toMatchObject({
      ok: true,
      channel: 'C123',
      ts: expect.stringMatching(/^\d+\.\d{6}$/),
    });
    expect((await twin.inbox())[0].destination).toBe('C123');
  });

  test.each([
    ['no token', {}, { channel: 'C1', text: 'x' }, 'not_authed'],
    ['a foreign token', { authorization: 'Bearer abc' }, { channel: 'C1', text: 'x' }, 'invalid_auth'],
    [
      'a bad channel',
      { authorization: 'Bearer xoxb-1' },
      { channel: 'no such', text: 'x' },
      'channel_not_found',
    ],
    ['no text', { authorization: 'Bearer xoxb-1' }, { channel: 'C1' }, 'no_text'],
    [
      'too much text',
      { authorization: 'Bearer xoxb-1' },
      { channel: 'C1', text: 'x'.repeat(40_001) },
      'msg_too_long',
    ],
  ])('answers chat.postMessage with 200 and ok:false for %s', async (_, headers, body, error) => {
    const heard = await twin.post(CHAT, body, headers);
    expect(heard.status).toBe(200);
    expect(heard.json).toMatchObject({ ok: false, error });
  });

  describe('chat.update', () => {
    const UPDATE = '/slack/api/chat.update';
    const bot = { authorization: 'Bearer xoxb-1' };
    const sent = async () => (await twin.post(CHAT, { channel: '#alerts', text: 'it began' }, bot)).json;

    test('changes a message by the id of its channel, and shows how it came to be', async () => {
      const { channel, ts } = await sent();
      expect(channel).toMatch(/^C[0-9A-F]+$/);
      for (const text of ['it goes on', 'it is over'])
        expect((await twin.post(UPDATE, { channel, ts, text }, bot)).json).toMatchObject({
          ok: true,
          channel,
          ts,
        });
      const [first, ...changes] = await twin.inbox();
      expect(first.edits).toMatchObject([{ body: { text: 'it goes on' } }, { body: { text: 'it is over' } }]);
      expect(changes).toMatchObject([{ edited: first.id, destination: '#alerts' }, { edited: first.id }]);
    });

    test.each([
      ['a message that is not there', { ts: '1.000001' }, bot, 'message_not_found'],
      ['the name of a channel', { channel: '#alerts' }, bot, 'channel_not_found'],
      ['the message of another', {}, { authorization: 'Bearer xoxb-2' }, 'cant_update_message'],
      ['no text', { text: '' }, bot, 'no_text'],
      ['no token', {}, {}, 'not_authed'],
    ])('refuses %s', async (_, more, headers, error) => {
      const { channel, ts } = await sent();
      const heard = await twin.post(UPDATE, { channel, ts, text: 'x', ...more }, headers);
      expect([heard.status, heard.json]).toMatchObject([200, { ok: false, error }]);
      expect((await twin.inbox())[0]).not.toHaveProperty('edits');
    });

    test('is limited to 50 a minute for a workspace', async () => {
      const { channel, ts } = await sent();
      for (let i = 0; i < 50; i += 1) await twin.post(UPDATE, { channel, ts, text: String(i) }, bot);
      expect((await twin.post(UPDATE, { channel, ts, text: 'x' }, bot)).status).toBe(429);
    });
  });
});
