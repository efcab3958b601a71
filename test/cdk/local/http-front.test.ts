import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { InvocationResult } from '../../../cdk/local/environment.ts';
import type { HttpEvent } from '../../../cdk/local/http-event.ts';
import { type HttpFront, startHttpFront } from '../../../cdk/local/http-front.ts';

let front: HttpFront & { serve(target: object): void };
const API = 'arn:aws:execute-api:us-east-1:000000000000:api/$default';
const denials: string[][] = [];
let seen: HttpEvent[] = [];
let next: InvocationResult = { kind: 'returned', value: { ok: true } };

beforeAll(async () => {
  front = await startHttpFront({ port: 0 });
  front.serve({
    routes: [
      { key: 'POST /v1/hooks/{source}', target: 'Ingest', arn: `${API}/POST/v1/hooks/{source}` },
      { key: 'POST /v1/closed', target: 'Manage', arn: `${API}/POST/v1/closed` },
      { key: '$default', target: 'Manage', arn: `${API}/$default` },
    ],
    permissions: [
      { target: 'Ingest', sourceArn: `${API}/*/*` },
      { target: 'Manage', sourceArn: `${API}/$default` },
    ],
    onDenied: (...denial: string[]) => void denials.push(denial),
    invoke: async (_: string, event: HttpEvent) => {
      seen.push(event);
      return next;
    },
  });
});
afterAll(() => front.close());

async function send(
  path: string,
  init: RequestInit = {},
): Promise<{ status: number; text: string; event: HttpEvent }> {
  seen = [];
  const reply = await fetch(front.url + path, init);
  return { status: reply.status, text: await reply.text(), event: seen[0] as HttpEvent };
}

describe('the event', () => {
  test('has path and parameters decoded and the query both ways', async () => {
    const { event } = await send('/v1/hooks/a%2Fb?x=1&x=2&y=%20', { method: 'POST', body: '{}' });

    expect(event).toMatchObject({
      version: '2.0',
      routeKey: 'POST /v1/hooks/{source}',
      rawPath: '/v1/hooks/a/b',
      rawQueryString: 'x=1&x=2&y=%20',
      pathParameters: { source: 'a/b' },
      queryStringParameters: { x: '1,2', y: ' ' },
      requestContext: { http: { method: 'POST', path: '/v1/hooks/a/b' }, stage: '$default' },
    });
  });

  test.each([
    ['/v1/tage%20n%C3%BCtzen', '/v1/tage nützen'],
    ['/v1/a%3Fb/c?d=%3F', '/v1/a'],
    ['/v1/100%25', '/v1/100%'],
    ['/v1/100%', '/v1/100%'],
  ])('of %s has the path %s', async (sent, path) => {
    expect((await send(sent)).event.rawPath).toBe(path);
  });

  test('has header names in lower case and repeated headers joined', async () => {
    seen = [];
    await new Promise((resolve) => {
      const headers = ['Host', 'x', 'X-Thing', 'a', 'x-thing', 'b', 'Cookie', 'c=1; d=2'];
      request(front.url, { headers }, (reply) => reply.resume().on('end', resolve)).end();
    });

    expect(seen[0]?.headers).toMatchObject({ 'x-thing': 'a,b' });
    expect(seen[0]?.cookies).toEqual(['c=1; d=2'.split('; ')[0], 'd=2']);
  });

  test.each([
    ['application/json', Buffer.from('{"ä":1}'), false],
    ['application/json; charset=utf-8', Buffer.from('{}'), false],
    ['text/plain', Buffer.from('x'), false],
    ['application/cloudevents+json', Buffer.from('{}'), true],
    ['application/x-www-form-urlencoded', Buffer.from('a=b'), true],
    ['application/octet-stream', Buffer.from([0, 255]), true],
    ['application/json', Buffer.from([0xc3, 0x28]), true],
  ])('%s with %o arrives as base64: %s', async (type, body, base64) => {
    const { event } = await send('/v1/hooks/x', { method: 'POST', headers: { 'content-type': type }, body });

    expect(event.isBase64Encoded).toBe(base64);
    expect(Buffer.from(event.body ?? '', base64 ? 'base64' : 'utf8')).toEqual(body);
  });
});

describe('the answer', () => {
  test.each<[string, InvocationResult, number, string]>([
    ['a structured result', { kind: 'returned', value: { statusCode: 201, body: 'hi' } }, 201, 'hi'],
    [
      'base64',
      { kind: 'returned', value: { statusCode: 200, body: 'aGk=', isBase64Encoded: true } },
      200,
      'hi',
    ],
    ['a plain value', { kind: 'returned', value: { a: 1 } }, 200, '{"a":1}'],
    [
      'a function that threw',
      { kind: 'failed', error: { name: 'E', message: 'secret', stack: '' } },
      500,
      '{"message":"Internal Server Error"}',
    ],
    ['a function that ran out of time', { kind: 'timedOut' }, 500, '{"message":"Internal Server Error"}'],
    ['no free function', { kind: 'throttled' }, 503, '{"message":"Service Unavailable"}'],
  ])('to %s', async (_, result, status, text) => {
    next = result;

    expect(await send('/')).toMatchObject({ status, text });
  });

  test('500 where no permission lets the API call the function, and tells people which', async () => {
    const reply = await send('/v1/closed', { method: 'POST' });

    expect(reply).toMatchObject({ status: 500, text: '{"message":"Internal Server Error"}' });
    expect(reply.event).toBeUndefined();
    expect(denials).toEqual([['lambda:InvokeFunction', `${API}/POST/v1/closed`]]);
  });

  test('413 to a body of more than 10 MB, 431 to headers of more than 10,240 bytes', async () => {
    const large = await send('/', { method: 'POST', body: Buffer.alloc(10_000_001) });
    const longHeader = await send('/', { headers: { 'x-long': 'x'.repeat(10_241) } });

    expect([large.status, longHeader.status]).toEqual([413, 431]);
    expect(seen).toEqual([]);
  });
});

test('answers 503 until it knows what to serve, and finishes what is open when it closes', async () => {
  const young = await startHttpFront({ port: 0 });
  expect((await fetch(young.url)).status).toBe(503);

  const { promise, resolve } = Promise.withResolvers<InvocationResult>();
  const { promise: called, resolve: onCall } = Promise.withResolvers<void>();
  const invoke = () => (onCall(), promise);
  young.serve({
    routes: [{ key: '$default', target: 'F', arn: `${API}/$default` }],
    permissions: [{ target: 'F', sourceArn: '*' }],
    invoke,
  });
  const reply = fetch(young.url);
  await called;
  const closed = young.close();
  resolve({ kind: 'returned', value: 'done' });

  expect(await (await reply).json()).toBe('done');
  await closed;
});
