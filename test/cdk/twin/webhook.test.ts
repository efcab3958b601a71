import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestTwin, testTwin } from './knock.ts';

describe('a webhook of the twin', () => {
  let twin: TestTwin;
  beforeAll(async () => {
    twin = await testTwin();
  });
  afterAll(() => twin.close());

  const ask = (path: string) =>
    fetch(twin.url + path, {
      method: 'OPTIONS',
      headers: { 'webhook-request-origin': 'fanfare.example.com' },
    });

  test('consents to whoever asks, and shows no message for it', async () => {
    const { status, headers } = await ask('/webhook/asked');
    expect([status, headers.get('webhook-allowed-origin'), headers.get('webhook-allowed-rate')]).toEqual([
      200,
      'fanfare.example.com',
      '*',
    ]);
    expect(await twin.inbox()).toEqual([]);
    const unasked = await twin.call('OPTIONS', '/webhook/asked');
    expect(unasked.headers.get('webhook-allowed-origin')).toBeNull();
  });

  test('allows the rate that its URL names, and refuses more', async () => {
    const slow = '/webhook/slow?perMinute=2';
    expect((await ask(slow)).headers.get('webhook-allowed-rate')).toBe('2');
    const heard = [await twin.post(slow, {}), await twin.post(slow, {}), await twin.post(slow, {})];
    expect(heard.map(({ status }) => status)).toEqual([200, 200, 429]);
    const other = await twin.post('/webhook/slow?perMinute=none', {});
    expect(other.status).toBe(200);
  });

  test('answers as the channel is told to', async () => {
    await twin.call('PUT', '/behaviour/webhook', { status: 503 });
    expect((await ask('/webhook/asked')).status).toBe(503);
    await twin.call('PUT', '/behaviour/webhook', null);
    expect((await twin.call('DELETE', '/webhook/asked')).headers.get('allow')).toContain('POST');
  });
});
