import type { ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { outcomeOf } from '../../lib/core/outcome.ts';
import { createHttp, createTrustedHttp, type HttpCall, type HttpOptions } from '../../lib/platform/http.ts';
import { EXPIRED_CERT, TEST_CERT, TEST_KEY } from '../fixtures/test-certificate.ts';
import { listen, receive, receiveHttp, type Receiver } from './receivers.ts';

const OPTIONS = { timeoutMs: 5_000, secrets: [] };

function clientFor({ host }: Pick<Receiver, 'host'>, options: Partial<HttpOptions> = {}) {
  const client = createHttp({ localHosts: [host], ...options });
  onTestFinished(() => client.close());
  return client;
}

function call(url: string, more: Partial<HttpCall> = {}): HttpCall {
  return { method: 'POST', url, headers: { 'content-type': 'application/json' }, body: '{"ü":1}', ...more };
}

describe('a request', () => {
  test('arrives with its bytes and headers and brings the reply back', async () => {
    const seen: unknown[] = [];
    const receiver = await receiveHttp(async (request, response) => {
      seen.push(request.method, request.url, await text(request), request.headers);
      response.writeHead(201, { 'x-odd': 'Ab', 'set-cookie': ['a=1', 'b=2'] }).end('{"id":"ü"}');
    });
    const reply = await clientFor(receiver).send(call(`${receiver.url}?a=b`), OPTIONS);
    expect(seen).toEqual([
      'POST',
      '/hook?a=b',
      '{"ü":1}',
      expect.objectContaining({
        host: receiver.host,
        'content-length': '8',
        'content-type': 'application/json',
        'accept-encoding': 'identity',
        'user-agent': 'fanfare',
      }),
    ]);
    expect(reply).toMatchObject({ kind: 'reply', status: 201, body: '{"id":"ü"}' });
    expect(reply.kind === 'reply' && reply.headers).toMatchObject({
      'x-odd': 'Ab',
      'set-cookie': 'a=1, b=2',
    });
  });

  test('shares one connection with the requests before it', async () => {
    const receiver = await receiveHttp((_, response) => response.end('ok'));
    const { send } = clientFor(receiver);
    for (let n = 0; n < 5; n += 1) await send(call(receiver.url), OPTIONS);
    expect(receiver.connections()).toBe(1);
  });

  test('waits for none of 40 others that are under way to the same host', async () => {
    const open: ServerResponse[] = [];
    const receiver = await receiveHttp((_, response) => {
      if (open.push(response) === 40) for (const one of open) one.end('ok');
    });
    const { send } = clientFor(receiver);
    const replies = await Promise.all(Array.from({ length: 40 }, () => send(call(receiver.url), OPTIONS)));
    expect(replies.every(({ kind }) => kind === 'reply')).toBe(true);
  });

  test('uses at most a hundred connections to a host', async () => {
    const receiver = await receiveHttp((_, response) => response.end('ok'));
    const { send } = clientFor(receiver);
    const replies = await Promise.all(Array.from({ length: 150 }, () => send(call(receiver.url), OPTIONS)));
    expect(replies.every(({ kind }) => kind === 'reply')).toBe(true);
    expect(receiver.connections()).toBeLessThanOrEqual(100);
  });

  test('is not sent with a header that the transport writes or no header can carry', async () => {
    const receiver = await receiveHttp((_, response) => response.end());
    const { send } = clientFor(receiver);
    for (const headers of [
      { Host: 'evil' },
      { 'transfer-encoding': 'chunked' },
      { a: 'b\r\nhost: evil' },
      { a: 'Ā' },
    ]) {
      const reply = await send(
        call(receiver.url, { headers: headers as unknown as Record<string, string> }),
        OPTIONS,
      );
      expect(reply).toMatchObject({ kind: 'failure', reason: 'settings', started: false });
    }
    expect(receiver.connections()).toBe(0);
  });

  test('does not follow a redirect to ourselves', async () => {
    const inside = await receiveHttp((_, response) => response.end('metadata'));
    const receiver = await receiveHttp((_, response) =>
      response.writeHead(302, { location: inside.url }).end(),
    );
    const { send } = clientFor(receiver, { localHosts: [receiver.host, inside.host] });
    expect(await send(call(receiver.url), OPTIONS)).toMatchObject({ kind: 'reply', status: 302 });
    expect(inside.connections()).toBe(0);
  });

  test('leaves Retry-After to be read from the reply', async () => {
    const receiver = await receiveHttp((_, response) =>
      response.writeHead(429, { 'Retry-After': '120' }).end(),
    );
    const reply = await clientFor(receiver).send(call(receiver.url), OPTIONS);
    expect(outcomeOf(reply, 0)).toEqual({ kind: 'retry', reason: 'rateLimited', afterMs: 120_000 });
  });
});

describe('a receiver that', () => {
  test('never answers runs into the deadline, with the request sent', async () => {
    const receiver = await receiveHttp(() => {});
    const reply = await clientFor(receiver).send(call(receiver.url), { ...OPTIONS, timeoutMs: 100 });
    expect(reply).toEqual({
      kind: 'failure',
      reason: 'timeout',
      started: true,
      detail: 'no complete reply within 100 ms',
    });
  });

  test('drips its body byte by byte runs into the same deadline', async () => {
    const receiver = await receiveHttp((_, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(drip));
    });
    const reply = await clientFor(receiver).send(call(receiver.url), { ...OPTIONS, timeoutMs: 150 });
    expect(reply).toMatchObject({ kind: 'failure', reason: 'timeout', started: true });
  });

  test('drips its headers runs into the same deadline', async () => {
    const receiver = await receive((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const drip = setInterval(() => socket.write('x: y\r\n'), 10);
      socket.on('close', () => clearInterval(drip));
    });
    const reply = await clientFor(receiver).send(call(receiver.url), { ...OPTIONS, timeoutMs: 150 });
    expect(reply).toMatchObject({ kind: 'failure', reason: 'timeout', started: true });
  });

  test('never stops talking is cut off after 64 KiB', async () => {
    let closed = (): void => {};
    const ended = new Promise<void>((resolve) => (closed = resolve));
    const receiver = await receiveHttp((_, response) => {
      const more = (): void =>
        void (response.write('x'.repeat(16_384)) ? setImmediate(more) : response.once('drain', more));
      response.on('close', () => closed());
      more();
    });
    const reply = await clientFor(receiver).send(call(receiver.url), OPTIONS);
    expect(reply.kind === 'reply' && reply.body).toBe('x'.repeat(65_536));
    await ended;
  });

  test('answers with a gzip bomb gets it back as it came, cut off', async () => {
    const bomb = gzipSync(Buffer.alloc(100 * 1024 * 1024));
    const receiver = await receiveHttp((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
    );
    const reply = await clientFor(receiver).send(call(receiver.url), OPTIONS);
    expect(reply.kind === 'reply' && reply.body.length).toBeLessThanOrEqual(65_536);
  });

  test('resets the connection once it has the request may have taken it', async () => {
    const receiver = await receive((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const reply = await clientFor(receiver).send(call(receiver.url), OPTIONS);
    expect(reply).toMatchObject({ kind: 'failure', reason: 'network', started: true });
  });

  test('closes in the middle of its reply may have taken it', async () => {
    const receiver = await receive((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf')),
    );
    const reply = await clientFor(receiver).send(call(receiver.url), OPTIONS);
    expect(reply).toMatchObject({ kind: 'failure', reason: 'network', started: true });
  });

  test('answers with something that is not HTTP has failed', async () => {
    const receiver = await receive((socket) =>
      socket.once('data', () => socket.end('220 mail.example.com ESMTP\r\n')),
    );
    const reply = await clientFor(receiver).send(call(receiver.url), OPTIONS);
    expect(reply).toMatchObject({ kind: 'failure', reason: 'network', started: true });
  });

  test('wants to talk another protocol has failed', async () => {
    const receiver = await receive((socket) =>
      socket.once('data', () =>
        socket.write('HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: ws\r\n\r\n'),
      ),
    );
    const reply = await clientFor(receiver).send(call(receiver.url), OPTIONS);
    expect(reply).toMatchObject({ kind: 'failure', reason: 'network', started: true });
  });

  test('is not there has taken nothing', async () => {
    const reply = await clientFor({ host: '127.0.0.1:1' }).send(call('http://127.0.0.1:1/'), OPTIONS);
    expect(reply).toMatchObject({ kind: 'failure', reason: 'network', started: false });
  });
});

describe('TLS', () => {
  const tls = { cert: TEST_CERT, key: TEST_KEY };

  test('works with a certificate that is trusted', async () => {
    const receiver = await listen(createTlsServer(tls, (_, response) => response.end('ok')));
    const reply = await clientFor(receiver, { ca: TEST_CERT }).send(call(receiver.url), OPTIONS);
    expect(reply).toMatchObject({ kind: 'reply', status: 200, body: 'ok' });
  });

  test('refuses a certificate that nobody vouches for, before anything is sent', async () => {
    const requests: unknown[] = [];
    const receiver = await listen(createTlsServer(tls, (request) => requests.push(request)));
    const reply = await clientFor(receiver).send(call(receiver.url), OPTIONS);
    expect(reply).toMatchObject({ kind: 'failure', reason: 'tls', started: false });
    expect(requests).toEqual([]);
  });

  test('refuses a certificate that has expired, whoever vouches for it', async () => {
    const requests: unknown[] = [];
    const expired = { cert: EXPIRED_CERT, key: TEST_KEY };
    const receiver = await listen(createTlsServer(expired, (request) => requests.push(request)));
    const reply = await clientFor(receiver, { ca: EXPIRED_CERT }).send(call(receiver.url), OPTIONS);
    expect(reply).toMatchObject({ kind: 'failure', reason: 'tls', started: false });
    expect(reply).toMatchObject({ detail: expect.stringContaining('expired') });
    expect(requests).toEqual([]);
  });

  test('counts a reset during the handshake as its own failure, with nothing sent', async () => {
    const receiver = await receive((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const reply = await clientFor(receiver).send(call(`https://${receiver.host}/`), OPTIONS);
    expect(reply).toMatchObject({ kind: 'failure', reason: 'tls', started: false });
  });

  test('refuses TLS 1.1', async () => {
    const old = {
      ...tls,
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    } as const;
    const receiver = await listen(createTlsServer(old, (_, response) => response.end()));
    const reply = await clientFor(receiver, { ca: TEST_CERT }).send(call(receiver.url), OPTIONS);
    expect(reply).toMatchObject({ kind: 'failure', reason: 'tls', started: false });
  });

  test('that never finishes its handshake runs into the deadline with nothing sent', async () => {
    const receiver = await receive(() => {});
    const reply = await clientFor(receiver).send(call(`https://${receiver.host}/`), {
      ...OPTIONS,
      timeoutMs: 100,
    });
    expect(reply).toMatchObject({ kind: 'failure', reason: 'timeout', started: false });
  });
});

describe('secrets', () => {
  const canary = 'Canary/Secret+Value=4711';

  test('are in no report of any failure, nor in a reply that repeats them', async () => {
    const quiet = { timeoutMs: 100, secrets: [canary] };
    const behaviours = [
      await receiveHttp((request, response) =>
        response.writeHead(400).end(`no such ${request.url} ${canary}`),
      ),
      await receiveHttp(() => {}),
      await receive((socket) => socket.once('data', () => socket.resetAndDestroy())),
      await receive((socket) => socket.once('data', () => socket.end(`${canary}\r\n`))),
      { host: '127.0.0.1:1' },
    ];
    for (const receiver of behaviours) {
      const path = encodeURIComponent(canary);
      for (const url of [`http://${receiver.host}/${path}`, `https://${receiver.host}/${path}`]) {
        const reply = await clientFor(receiver).send(
          call(url, { headers: { authorization: canary } }),
          quiet,
        );
        expect(JSON.stringify(reply)).not.toMatch(/Canary/i);
      }
    }
    const refused = [
      'not a url',
      'https://127.0.0.1/',
      'ftp://example.com/',
      `https://user:${canary}@example.com/`,
    ];
    for (const url of refused) {
      const reply = await clientFor({ host: '127.0.0.1:1' }).send(call(`${url}${canary}`), quiet);
      expect(JSON.stringify(reply)).not.toMatch(/Canary/i);
    }
    const lookups = clientFor(
      { host: '127.0.0.1:1' },
      { resolve: () => Promise.reject(new Error(`no ${canary}`)) },
    );
    expect(JSON.stringify(await lookups.send(call(`https://example.com/${canary}`), quiet))).not.toMatch(
      /Canary/i,
    );
  });
});

test('the trusted way leads to private addresses and has the same deadline', async () => {
  const receiver = await receiveHttp((_, response) => response.end('ok'));
  const { send, close } = createTrustedHttp();
  onTestFinished(close);
  expect(await send(call(receiver.url), OPTIONS)).toMatchObject({ kind: 'reply', body: 'ok' });
});
