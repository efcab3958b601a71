import { createHmac } from 'node:crypto';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createInbox } from '../../../cdk/local/twin/inbox.ts';
import { startTwin } from '../../../cdk/local/twin/twin.ts';
import { type TestTwin, testTwin } from './knock.ts';

describe('inbox.json', () => {
  let twin: TestTwin;
  beforeAll(async () => {
    twin = await testTwin();
  });
  beforeEach(() => twin.call('DELETE', '/inbox.json'));
  afterAll(() => twin.close());

  test('shows what came, in order, with headers, bytes, body and verdict', async () => {
    await twin.post('/webhook/audit', '{ "n": 1 }', { 'x-own': 'yes' });
    await twin.post('/slack/services/T/B/ops', {});
    const entries = await twin.inbox();

    expect(entries[0]).toMatchObject({
      channel: 'webhook',
      destination: 'audit',
      at: new Date(twin.clock.ms).toISOString(),
      raw: '{ "n": 1 }',
      rawEncoding: 'utf8',
      body: { n: 1 },
      verdict: 'accepted',
      status: 200,
    });
    expect(entries[0].headers['x-own']).toBe('yes');
    expect(entries[1]).toMatchObject({ channel: 'slack', verdict: 'refused', why: 'no_text', status: 400 });
  });

  test('keeps multi-byte text, byte order marks and line ends as they were', async () => {
    const raw = '\uFEFF{"t":"Grüße 🎉 \u2028 日本"}\r\n';
    await twin.post('/webhook/audit', raw);
    expect((await twin.inbox())[0].raw).toBe(raw);
  });

  test('gives bytes that are no UTF-8 in base64', async () => {
    const bytes = Buffer.from([0x22, 0xff, 0xfe, 0x00, 0x22]);
    await twin.post('/webhook/audit', bytes);
    const [entry] = await twin.inbox();

    expect(entry).toMatchObject({ rawEncoding: 'base64', body: null });
    expect(Buffer.from(entry.raw, 'base64')).toEqual(bytes);
  });

  test('filters by channel, destination, verdict, time and number', async () => {
    await twin.post('/webhook/a', '1');
    const between = twin.clock.ms;
    twin.clock.ms += 1_000;
    await twin.post('/webhook/b', '2');
    await twin.post('/slack/services/T/B/b', '3');
    const raws = async (query: string) => (await twin.inbox(query)).map(({ raw }) => raw);

    expect(await raws('?channel=webhook')).toEqual(['1', '2']);
    expect(await raws('?destination=b')).toEqual(['2', '3']);
    expect(await raws('?verdict=refused')).toEqual(['3']);
    expect(await raws(`?after=${between}`)).toEqual(['2', '3']);
    expect(await raws(`?after=${new Date(between).toISOString()}&channel=slack`)).toEqual(['3']);
    expect(await raws('?last=2')).toEqual(['2', '3']);
    expect((await twin.call('GET', '/inbox.json?after=soon')).status).toBe(400);
  });

  test('forgets messages and limits when emptied', async () => {
    for (let i = 0; i < 4; i += 1) await twin.post('/slack/services/T/B/ops', { text: 'x' });
    const emptied = await twin.call('DELETE', '/inbox.json');

    expect(emptied.status).toBe(204);
    expect(await twin.inbox()).toEqual([]);
    expect((await twin.call('GET', '/limits.json')).json.scopes).toEqual([]);
    expect((await twin.post('/slack/services/T/B/ops', { text: 'x' })).status).toBe(200);
  });

  test('reports the scopes of limits.json with their arrival ratio', async () => {
    await twin.post('/slack/services/T/B/ops', { text: 'x' });
    twin.clock.ms += 500;
    await twin.post('/slack/services/T/B/ops', { text: 'x' });
    const { scopes, rules } = (await twin.call('GET', '/limits.json')).json;

    expect(scopes).toMatchObject([
      { rule: 'slack webhook', scope: 'ops', requests: 2, arrivalRatio: 2, shortestMs: 500 },
    ]);
    expect(rules.find(({ name }: { name: string }) => name === 'telegram bot').source).toContain(
      'core.telegram.org',
    );
  });

  test('holds 20,000 entries and gives them all back', async () => {
    const many = await testTwin();
    for (let i = 0; i < 200; i += 1) {
      await Promise.all(
        Array.from({ length: 100 }, (_, j) => many.post('/webhook/load', `{"n":${i * 100 + j}}`)),
      );
    }
    const numbers = (await many.inbox()).map(({ body }) => body.n);
    await many.close();

    expect(numbers).toHaveLength(20_000);
    expect(new Set(numbers).size).toBe(20_000);
  }, 60_000);

  test('lets the oldest go beyond its cap and counts them in a header', async () => {
    const small = await testTwin({ inboxCap: 3 });
    for (let i = 0; i < 5; i += 1) await small.post('/webhook/a', String(i));
    const heard = await small.call('GET', '/inbox.json');
    await small.close();

    expect(heard.json.map(({ raw }: { raw: string }) => raw)).toEqual(['2', '3', '4']);
    expect([heard.headers.get('x-inbox-total'), heard.headers.get('x-inbox-forgotten')]).toEqual(['5', '2']);
  });

  test('caps the bytes it keeps', () => {
    const inbox = createInbox({ entries: 100, bytes: 25 });
    const received = {
      channel: 'c',
      destination: 'd',
      transport: 'http',
      path: '/',
      atMs: 0,
      headers: {},
    } as const;
    for (let i = 0; i < 5; i += 1) {
      inbox.add({ ...received, raw: Buffer.alloc(10), verdict: 'accepted', why: undefined, status: 200 });
    }
    expect(inbox.list({}).map(({ id }) => id)).toEqual([4, 5]);
    expect(inbox.find(4)?.id).toBe(4);
    expect(inbox.find(3)).toBeUndefined();
  });

  test('answers 404 where nobody lives and 405 for another method', async () => {
    const wrong = await twin.call('GET', '/slack/services/T/B/ops');
    expect((await twin.post('/nowhere', '{}')).status).toBe(404);
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
  });
});

describe('webhook', () => {
  const signature = `v1,${createHmac('sha256', 'key').update('x').digest('base64')}`;
  const signed = { 'webhook-id': 'msg_1', 'webhook-timestamp': '1795228488', 'webhook-signature': signature };

  test.each([
    ['no signature headers at all', {}, 200],
    ['an id without a signature', { 'webhook-id': 'msg_1', 'webhook-timestamp': '1795228488' }, 200],
    ['a signature', signed, 200],
    ['two signatures', { ...signed, 'webhook-signature': `${signature} ${signature}` }, 200],
    [
      'an ed25519 signature',
      { ...signed, 'webhook-signature': `v1a,${Buffer.alloc(64).toString('base64')}` },
      200,
    ],
    ['a missing timestamp', { 'webhook-id': 'msg_1', 'webhook-signature': signature }, 400],
    ['an id with a dot', { ...signed, 'webhook-id': 'msg.1' }, 400],
    ['a timestamp in milliseconds', { ...signed, 'webhook-timestamp': '1795228488000' }, 400],
    ['a signature in hex', { ...signed, 'webhook-signature': `v1,${'ab'.repeat(32)}` }, 400],
    ['a signature without version', { ...signed, 'webhook-signature': signature.slice(3) }, 400],
  ])('answers a request with %s', async (_, headers, status) => {
    const twin = await testTwin();
    const heard = await twin.post('/webhook/audit', '{}', headers);
    await twin.close();
    expect(heard.status).toBe(status);
  });
});

test('an inbox with a journal comes back after a restart, and stays empty after it was emptied', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fanfare-twin-'));
  const journal = join(folder, 'twin.jsonl');
  const list = async (url: string): Promise<{ raw: string }[]> =>
    (await fetch(`${url}/inbox.json`)).json() as never;
  const first = await startTwin({ port: 0, quiet: true, journal });
  await fetch(`${first.url}/webhook/ops`, { method: 'POST', body: '{"a":"ä"}' });
  const headers = { 'content-type': 'application/json' };
  const bot = `${first.url}/telegram/bot1:a`;
  const sent = '{"chat_id":1,"text":"began"}';
  const answer = await fetch(`${bot}/sendMessage`, { method: 'POST', headers, body: sent });
  const { result } = (await answer.json()) as { result: { message_id: number } };
  const changed = JSON.stringify({ chat_id: 1, message_id: result.message_id, text: 'over' });
  await fetch(`${bot}/editMessageText`, { method: 'POST', headers, body: changed });
  await first.close();
  appendFileSync(journal, '{"cut');
  const second = await startTwin({ port: 0, quiet: true, journal });
  expect((await list(second.url)).map(({ raw }) => raw)).toEqual(['{"a":"ä"}', sent, changed]);
  expect((await list(second.url))[1]).toMatchObject({ edits: [{ body: { text: 'over' } }] });
  await fetch(`${second.url}/inbox.json`, { method: 'DELETE' });
  await second.close();
  const third = await startTwin({ port: 0, quiet: true, journal });
  expect(await list(third.url)).toEqual([]);
  await third.close();
  rmSync(folder, { recursive: true });
});
