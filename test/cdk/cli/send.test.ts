import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { send } from '../../../cdk/cli/send.ts';
import { testTerminal } from './test-terminal.ts';

interface Posted {
  readonly topic: string;
  readonly data: { readonly text: string };
}

/** An API and a twin in one: every posted event arrives at once, `copies` times, at each of two destinations. */
async function startStack({ copies = 1 } = {}) {
  const inbox: object[] = [];
  const posts: { path: string; body: unknown }[] = [];
  let stats = 'kept';
  let busy = true;
  const destinations = ['one', 'two'];
  const answers: Readonly<Record<string, (body: unknown) => unknown>> = {
    'GET /v1/routes': () => ({ items: [{ id: 'all', order: 1, destinations: [...destinations, 'off'] }] }),
    'GET /v1/destinations': () => ({
      items: [...destinations.map((id) => ({ id, enabled: true })), { id: 'off', enabled: false }],
    }),
    'GET /v1/events/e0': () => ({ deliveries: [{ destination: 'one', state: 'delivered' }] }),
    'GET /inbox.json': () => inbox,
    'GET /stats': () => ({ functions: { DeliverWebhook: { calls: 4, writeUnits: 8, invocations: 1 } } }),
    'DELETE /stats': () => (stats = 'reset'),
    'POST /v1/events'(body) {
      const events = [body].flat() as Posted[];
      for (const { data } of events) {
        for (const destination of destinations) {
          const raw = JSON.stringify(data);
          for (let i = 0; i < copies; i++)
            inbox.push({ channel: 'webhook', destination, verdict: 'accepted', raw });
        }
      }
      return Array.isArray(body)
        ? { results: events.map((_, i) => ({ id: `e${i}`, status: 202 })) }
        : { id: 'e0' };
    },
    'POST /webhook': () => ({ alerts: [{ index: 0, id: 'e0' }] }),
  };
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const path = (request.url ?? '').split('?')[0] ?? '';
      const text = Buffer.concat(chunks).toString();
      const body: unknown = text === '' ? undefined : JSON.parse(text);
      const post = request.method === 'POST';
      if (post) posts.push({ path, body });
      if (post && busy) {
        busy = false;
        response.writeHead(503, { 'retry-after': '0' }).end();
        return;
      }
      const answer = answers[`${request.method} ${path}`]?.(body);
      response.writeHead(post ? 202 : 200, { 'x-inbox-total': String(inbox.length) });
      response.end(JSON.stringify(answer ?? {}));
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    posts,
    stats: () => stats,
    idle: () => (busy = false),
    local: { apiUrl: url, apiKey: 'k', twinUrl: url, statsUrl: `${url}/stats` },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

describe('fanfare send', () => {
  let folder: string;
  let stack: Awaited<ReturnType<typeof startStack>>;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fanfare-'));
  });
  afterEach(async () => {
    await stack.close();
    await rm(folder, { recursive: true });
  });
  async function run(args: readonly string[], options = {}) {
    stack = await startStack(options);
    await mkdir(join(folder, '.fanfare'));
    await writeFile(join(folder, '.fanfare', 'local.json'), JSON.stringify(stack.local));
    const terminal = testTerminal(folder);
    if (!args.includes('--count')) stack.idle();
    return { code: await send(args, terminal), text: terminal.said.join('\n') };
  }

  test('posts in batches, again when the API was busy, and reports what arrived and what it cost', async () => {
    const { code, text } = await run(['--count', '25', '--batch', '10', '--report']);
    expect(code).toBe(0);
    expect(stack.posts).toHaveLength(4);
    expect(stack.stats()).toBe('reset');
    expect(text).toMatch(/^deliveries +50 of 50$/m);
    expect(text).toMatch(/^duplicates +0$/m);
    expect(text).toMatch(/^deliver functions +1 +4 +8 +0\.080 +0\.160$/m);
  });

  test('tells duplicates', async () => {
    expect((await run(['--count', '3'], { copies: 2 })).text).toMatch(/^duplicates +6$/m);
  });

  test('posts an event as it was written, and says what became of it', async () => {
    const { code, text } = await run(['{"topic":"a.b","data":{}}']);
    expect(stack.posts).toEqual([{ path: '/v1/events', body: { topic: 'a.b', data: {} } }]);
    expect({ code, text }).toEqual({ code: 0, text: 'Accepted: e0\ne0  one  delivered' });
  });

  test('posts a file to another path', async () => {
    const { code } = await run(['--file', 'test/fixtures/alertmanager-firing-1.json', '--path', '/webhook']);
    expect({ code, path: stack.posts[0]?.path }).toEqual({ code: 0, path: '/webhook' });
  });

  test.each([
    [['--count', '0'], '--count takes a whole number'],
    [['--batch', '501', '--count', '1'], '--batch takes a whole number'],
    [['{'], 'not valid JSON'],
    [['--file', '/nowhere'], 'cannot be read'],
  ])('given %j says what to do', async (args, message) => {
    await expect(run(args)).rejects.toThrow(message);
  });
});
