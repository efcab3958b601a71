import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestTwin, testTwin } from './knock.ts';

const HOOK = '/discord/api/v10/webhooks/1/ops';

const embed = (part: object) => ({ embeds: [part] });
const field = { name: 'n', value: 'v' };

describe('discord', () => {
  let twin: TestTwin;
  beforeAll(async () => {
    twin = await testTwin();
  });
  beforeEach(() => twin.call('DELETE', '/inbox.json'));
  afterAll(() => twin.close());

  test('answers 204, or with the message when asked to wait, versioned or not', async () => {
    const quiet = await twin.post('/discord/api/webhooks/1/ops', { content: 'hi' });
    const told = await twin.post(`${HOOK}?wait=true`, { content: 'hi' });

    expect([quiet.status, quiet.text]).toEqual([204, '']);
    expect(told.status).toBe(200);
    expect(told.json).toMatchObject({ id: expect.stringMatching(/^\d{17,}$/), content: 'hi' });
    expect((await twin.inbox()).map(({ destination }) => destination)).toEqual(['ops', 'ops']);
  });

  test('counts down in its headers and answers the sixth of two seconds with 429', async () => {
    const left: (string | null)[] = [];
    for (let i = 0; i < 5; i += 1) {
      left.push((await twin.post(HOOK, { content: 'x' })).headers.get('x-ratelimit-remaining'));
      twin.clock.ms += 100;
    }
    const heard = await twin.post(HOOK, { content: 'x' });

    expect(left).toEqual(['4', '3', '2', '1', '0']);
    expect(heard.status).toBe(429);
    expect(heard.json).toEqual({ message: 'You are being rate limited.', retry_after: 1.5, global: false });
    expect(heard.headers.get('retry-after')).toBe('2');
    expect(heard.headers.get('x-ratelimit-reset-after')).toBe('1.500');
    expect(heard.headers.get('x-ratelimit-limit')).toBe('5');
    twin.clock.ms += 1_500;
    expect((await twin.post(HOOK, { content: 'x' })).status).toBe(204);
  });

  test.each([
    ['content of 2,001', { content: 'x'.repeat(2_001) }, 'content', 'BASE_TYPE_MAX_LENGTH'],
    [
      'eleven embeds',
      { embeds: Array.from({ length: 11 }, () => ({ title: 'x' })) },
      'embeds',
      'BASE_TYPE_MAX_LENGTH',
    ],
    ['a title of 257', embed({ title: 'x'.repeat(257) }), 'embeds.0.title', 'BASE_TYPE_MAX_LENGTH'],
    [
      'a description of 4,097',
      embed({ description: 'x'.repeat(4_097) }),
      'embeds.0.description',
      'BASE_TYPE_MAX_LENGTH',
    ],
    [
      '26 fields',
      embed({ fields: Array.from({ length: 26 }, () => field) }),
      'embeds.0.fields',
      'BASE_TYPE_MAX_LENGTH',
    ],
    [
      'a field value of 1,025',
      embed({ fields: [field, { name: 'n', value: 'x'.repeat(1_025) }] }),
      'embeds.0.fields.1.value',
      'BASE_TYPE_MAX_LENGTH',
    ],
    [
      'a field without a name',
      embed({ fields: [{ name: '', value: 'v' }] }),
      'embeds.0.fields.0.name',
      'BASE_TYPE_REQUIRED',
    ],
    [
      'a footer of 2,049',
      embed({ footer: { text: 'x'.repeat(2_049) } }),
      'embeds.0.footer.text',
      'BASE_TYPE_MAX_LENGTH',
    ],
    ['a colour above white', embed({ title: 'x', color: 0x1_00_00_00 }), 'embeds.0.color', 'NUMBER_TYPE_MAX'],
    [
      'a script link',
      embed({ title: 'x', url: 'javascript:alert(1)' }),
      'embeds.0.url',
      'URL_TYPE_INVALID_URL',
    ],
    [
      '6,001 characters over two embeds',
      { embeds: [{ description: 'x'.repeat(3_001) }, { description: 'x'.repeat(3_000) }] },
      'embeds',
      'MAX_EMBED_SIZE_EXCEEDED',
    ],
  ])('refuses %s and names the place', async (_, body, path, code) => {
    const heard = await twin.post(HOOK, body);
    const place = path.split('.').reduce((errors, key) => errors[key], heard.json.errors);

    expect(heard.status).toBe(400);
    expect(heard.json).toMatchObject({ code: 50_035, message: 'Invalid Form Body' });
    expect(place['_errors'][0].code).toBe(code);
  });

  test.each([
    ['an empty message', { content: ' ' }, 50_006],
    ['what is no JSON', '{', 50_109],
  ])('refuses %s by its code', async (_, body, code) => {
    const heard = await twin.post(HOOK, body);
    expect([heard.status, heard.json.code]).toEqual([400, code]);
  });

  test('takes the largest message allowed', async () => {
    const body = {
      content: 'x'.repeat(2_000),
      embeds: [{ description: 'x'.repeat(4_096) }, { description: 'x'.repeat(1_904) }],
    };
    expect((await twin.post(HOOK, body)).status).toBe(204);
  });

  test('changes a message, and none that is not there', async () => {
    const { id } = (await twin.post(`${HOOK}?wait=true`, { content: 'it began' })).json;
    const patch = (message: string) =>
      fetch(`${twin.url}${HOOK}/messages/${message}`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ content: 'it is over' }),
      });
    const changed = await patch(id);
    expect([changed.status, await changed.json()]).toMatchObject([200, { id, content: 'it is over' }]);
    expect((await twin.inbox())[0].edits).toMatchObject([{ body: { content: 'it is over' } }]);
    const unknown = await patch('7');
    expect([unknown.status, await unknown.json()]).toEqual([
      404,
      { message: 'Unknown Message', code: 10_008 },
    ]);
  });
});
