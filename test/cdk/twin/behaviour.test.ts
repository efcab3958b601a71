import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createBehaviours } from '../../../cdk/local/twin/behaviour.ts';
import { type TestTwin, testTwin } from './knock.ts';

describe('behaviour', () => {
  let twin: TestTwin;
  beforeAll(async () => {
    twin = await testTwin();
  });
  beforeEach(async () => {
    await twin.call('DELETE', '/inbox.json');
    for (const channel of ['slack', 'discord', 'telegram', 'webhook'])
      await twin.call('DELETE', `/behaviour/${channel}`);
  });
  afterAll(() => twin.close());

  test.each([
    ['slack', '/slack/services/T/B/ops', 404, 'channel_not_found'],
    ['discord', '/discord/api/webhooks/1/ops', 404, '{"message":"Unknown Webhook","code":10015}'],
    [
      'telegram',
      '/telegram/bot1:a/sendMessage',
      403,
      '{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}',
    ],
    ['webhook', '/webhook/audit', 410, '{"error":"answered 410 as told"}'],
  ])('makes %s answer a status with its own body', async (channel, path, status, body) => {
    await twin.call('PUT', `/behaviour/${channel}`, { status });
    const heard = await twin.post(path, { text: 'x', content: 'x', chat_id: 1 });

    expect([heard.status, heard.text]).toEqual([status, body]);
    expect((await twin.inbox())[0]).toMatchObject({
      verdict: 'refused',
      why: `told to answer ${status}`,
      status,
    });
  });

  test('puts retryAfter where the provider puts it', async () => {
    for (const channel of ['slack', 'discord', 'telegram', 'webhook']) {
      await twin.call('PUT', `/behaviour/${channel}`, { status: 429, retryAfter: 7 });
    }
    const slack = await twin.post('/slack/services/T/B/ops', { text: 'x' });
    const discord = await twin.post('/discord/api/webhooks/1/ops', { content: 'x' });
    const telegram = await twin.post('/telegram/bot1:a/sendMessage', { chat_id: 1, text: 'x' });
    const webhook = await twin.post('/webhook/audit', '{}');

    expect([slack, discord, telegram, webhook].map(({ headers }) => headers.get('retry-after'))).toEqual([
      '7',
      '7',
      '7',
      '7',
    ]);
    expect([slack.json.retry_after, discord.json.retry_after, telegram.json.parameters.retry_after]).toEqual([
      7, 7, 7,
    ]);
  });

  test('answers with the body it was told', async () => {
    await twin.call('PUT', '/behaviour/webhook', { status: 400, body: '<html>nginx</html>' });
    expect((await twin.post('/webhook/a', '{}')).text).toBe('<html>nginx</html>');
    await twin.call('PUT', '/behaviour/webhook', { body: { odd: true } });
    expect((await twin.post('/webhook/a', '{}')).json).toEqual({ odd: true });
  });

  test('never answers when told to hang, but records the request', async () => {
    await twin.call('PUT', '/behaviour/webhook', { hang: true });
    const abort = new AbortController();
    const hanging = fetch(`${twin.url}/webhook/a`, { method: 'POST', body: '{}', signal: abort.signal });
    while ((await twin.inbox()).length === 0) continue;
    abort.abort();

    await expect(hanging).rejects.toThrow('aborted');
    expect((await twin.inbox())[0]).toMatchObject({ verdict: 'refused', status: null });
  });

  test('closes while requests hang and wait', async () => {
    const other = await testTwin();
    await other.call('PUT', '/behaviour/webhook', { hang: true });
    await other.call('PUT', '/behaviour/slack', { delayMs: 600_000 });
    const pending = ['/webhook/a', '/slack/services/T/B/a'].map((path) =>
      other.post(path, '{}').catch(() => 'closed'),
    );
    while ((await other.inbox()).length < 2) continue;
    await other.close();

    expect(await Promise.all(pending)).toEqual(['closed', 'closed']);
  });

  async function run(seed: number): Promise<number[]> {
    await twin.call('PUT', '/behaviour/webhook', { failRate: 0.3, seed });
    const statuses: number[] = [];
    for (let i = 0; i < 40; i += 1) statuses.push((await twin.post('/webhook/a', '{}')).status);
    return statuses;
  }

  test('fails the same requests for the same seed', async () => {
    const first = await run(1);

    expect(await run(1)).toEqual(first);
    expect(await run(2)).not.toEqual(first);
    expect(new Set(first)).toEqual(new Set([200, 500]));
  });

  test('fails about the share it was told', () => {
    const behaviours = createBehaviours();
    behaviours.set('webhook', { failRate: 0.3, status: 503, seed: 42 });
    const faults = Array.from({ length: 10_000 }, () => behaviours.next('webhook')?.status);
    const failed = faults.filter((status) => status === 503).length;
    expect(failed).toBeGreaterThan(2_800);
    expect(failed).toBeLessThan(3_200);
  });

  test('shows, and resets by null or DELETE', async () => {
    await twin.call('PUT', '/behaviour/slack', { delayMs: 5 });
    expect((await twin.call('GET', '/behaviour/slack')).json).toEqual({ delayMs: 5 });
    await twin.call('PUT', '/behaviour/slack', 'null');
    expect((await twin.call('GET', '/behaviour/slack')).json).toEqual({});
    await twin.call('PUT', '/behaviour/slack', { hang: true });
    expect((await twin.call('DELETE', '/behaviour/slack')).json).toEqual({});
  });

  test.each([
    [{ status: 99 }, 'status'],
    [{ status: '500' }, 'status'],
    [{ retryAfter: -1 }, 'retryAfter'],
    [{ delayMs: 1.5 }, 'delayMs'],
    [{ failRate: 2 }, 'failRate'],
    [{ seed: -1 }, 'seed'],
    [{ hang: 'yes' }, 'hang'],
    [{ stats: 500 }, 'stats'],
    [[], ''],
    ['{', ''],
  ])('refuses %j naming the field', async (behaviour, field) => {
    const heard = await twin.call('PUT', '/behaviour/slack', behaviour);
    expect(heard.status).toBe(422);
    expect(heard.json.errors.map((error: { field: string }) => error.field)).toEqual([field]);
  });

  test('knows only channels it plays', async () => {
    const heard = await twin.call('PUT', '/behaviour/pigeon', {});
    expect(heard.status).toBe(404);
    expect(heard.json.error).toContain('slack, discord, telegram, line, pagerduty, email, webhook');
  });
});
