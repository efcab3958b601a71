import { expect, onTestFinished, test } from 'vitest';
import { type Agents, createAgents } from '../../lib/platform/agents.ts';
import { exchange } from '../../lib/platform/exchange.ts';
import { receive, receiveHttp } from './receivers.ts';

async function post(agents: Agents, to: string) {
  const url = new URL(to);
  const wire = { method: 'POST', url, headers: {}, body: '' };
  const result = await exchange(wire, { agent: agents.forUrl(url), timeoutMs: 5_000, maxBytes: 9 });
  // The connection is put aside after the reply has been read.
  await new Promise((resolve) => setImmediate(resolve));
  return result;
}

test.each([
  ['90 s', '', 90_000],
  ['as long as the other side announced, less a second', 'keep-alive: timeout=5\r\n', 4_000],
])(
  'an idle connection is used again for %s, even if the process was frozen meanwhile',
  async (_, header, idleMs) => {
    let nowMs = 1_000;
    const receiver = await receive((socket) =>
      socket.on('data', () => socket.write(`HTTP/1.1 200 OK\r\n${header}content-length: 2\r\n\r\nok`)),
    );
    const agents = createAgents({ now: () => nowMs });
    onTestFinished(agents.close);
    await post(agents, receiver.url);
    nowMs += idleMs;
    await post(agents, receiver.url);
    expect(receiver.connections()).toBe(1);
    nowMs += idleMs + 1;
    expect(await post(agents, receiver.url)).toMatchObject({ kind: 'reply', body: 'ok' });
    expect(receiver.connections()).toBe(2);
  },
);

test('no more than 100 connections idle at the same time', async () => {
  const agents = createAgents({});
  onTestFinished(agents.close);
  const receivers = await Promise.all(
    Array.from({ length: 15 }, () => receiveHttp((_, response) => response.end('ok'))),
  );
  const urls = receivers.flatMap(({ url }) => Array.from({ length: 10 }, () => url));
  await Promise.all(urls.map((url) => post(agents, url)));
  const agent = agents.forUrl(new URL('http://127.0.0.1/'));
  await new Promise((resolve) => setImmediate(resolve));
  const idle = Object.values(agent.freeSockets)
    .flatMap((sockets) => sockets ?? [])
    .filter(({ destroyed }) => !destroyed);
  expect(idle.length).toBeGreaterThan(10);
  expect(idle.length).toBeLessThanOrEqual(100);
});
