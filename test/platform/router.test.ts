import { describe, expect, test } from 'vitest';
import { problem, ProblemError } from '../../lib/core/problem.ts';
import { type HttpRequestIn, router, type Routes } from '../../lib/platform/router.ts';

const echo: Routes[string] = async ({ method, path, params }) => ({
  status: 200,
  body: { method, path, params },
});

const routes: Routes = {
  'POST /v1/events': { query: [], handle: echo },
  'GET /v1/events/{id}': echo,
  'GET /v1/destinations/{id}': echo,
  'PUT /v1/destinations/{id}': echo,
  'GET /v1/destinations/default': async () => ({ status: 200, body: 'literal' }),
  'POST /v1/hooks/{source}/{hookId}': echo,
  'GET /v1/deliveries': { query: ['state', 'cursor'], handle: echo },
  'GET /conflict': async () => {
    throw new ProblemError(problem('conflict', 'It runs.'), { 'retry-after': '5' });
  },
  'GET /broken': async () => {
    throw new Error('postgres://user:password@host is down');
  },
  'DELETE /empty': async () => ({ status: 204 }),
  'GET /page': async () => ({
    status: 200,
    headers: { 'content-type': 'text/plain', 'cache-control': 'max-age=1' },
    body: 'hi',
  }),
};

function ask(method: string, target: string) {
  const [path = '', query = ''] = target.split('?');
  const errors: unknown[] = [];
  const request: HttpRequestIn = {
    method,
    path,
    params: {},
    query: new URLSearchParams(query),
    headers: {},
    body: new Uint8Array(),
    requestId: 'req-1',
    sourceIp: '198.41.0.4',
  };
  return router(routes)(request, (error) => errors.push(error)).then((answer) => ({ ...answer, errors }));
}

describe('the router', () => {
  test.each([
    ['GET', '/v1/events/ev_1', { id: 'ev_1' }],
    ['GET', '/v1/events/a%20b%3Ac', { id: 'a b:c' }],
    ['PUT', '/v1/destinations/default', { id: 'default' }],
    ['POST', '/v1/hooks/github/abc', { source: 'github', hookId: 'abc' }],
    ['POST', '/v1/events', {}],
  ])('answers %s %s with the parameters %j', async (method, path, params) => {
    expect(await ask(method, path)).toMatchObject({ status: 200, body: { method, path, params } });
  });

  test('prefers a literal segment to a parameter', async () => {
    expect((await ask('GET', '/v1/destinations/default')).body).toBe('literal');
  });

  test.each([
    '/',
    '/v1',
    '/v1/event',
    '/v2/events',
    '/v1/events/a/b',
    '//v1/events',
    '/v1//events',
    '/v1/events/',
    '/v1/events;x',
    '/v1/events/;x',
    '/v1/%2e%2e/v1/events',
    '/v1/./events',
    '/v1/../v1/events',
    '/v1/hooks/..%2f..%2fetc/x',
    '/v1\\events',
    '/v1/events/%5c',
    '/v1/events/%00',
    '/v1/events/%zz',
    '/V1/events',
    'v1/events',
    '',
  ])('does not know the path %j', async (path) => {
    const answer = await ask('POST', path);
    expect(answer).toMatchObject({ status: 404, body: { type: '/problems/not-found', instance: 'req-1' } });
    expect(answer.headers).toMatchObject({ 'content-type': 'application/problem+json' });
  });

  test.each([
    ['GET', '/v1/events', 'POST'],
    ['POST', '/v1/destinations/a', 'GET, PUT'],
    ['HEAD', '/v1/deliveries', 'GET'],
    ['', '/v1/deliveries', 'GET'],
  ])('names the methods allowed when asked to %s %s', async (method, path, allow) => {
    expect(await ask(method, path)).toMatchObject({
      status: 405,
      headers: { allow, 'x-request-id': 'req-1' },
      body: { type: '/problems/method-not-allowed' },
    });
  });

  test.each([
    ['POST', '/v1/events?tenant=a', 'Allowed here: none.'],
    ['GET', '/v1/deliveries?state=dead&limit=3', 'Allowed here: state, cursor.'],
    ['GET', '/v1/deliveries?state=dead&state=open', 'The parameter state is given more than once.'],
    ['POST', '/v1/events?tenant=a&tenant=b', 'Allowed here: none.'],
  ])('refuses the parameters of %s %s', async (method, target, detail) => {
    expect(await ask(method, target)).toMatchObject({
      status: 400,
      body: { type: '/problems/unknown-parameter', detail },
    });
  });

  test('lets parameters pass where a route has not named its own', async () => {
    expect(await ask('GET', '/v1/events/a?x=1&x=2')).toMatchObject({ status: 200 });
    expect(await ask('GET', '/v1/deliveries?state=dead&cursor=x')).toMatchObject({ status: 200 });
  });

  test('turns a thrown problem into its document and headers', async () => {
    expect(await ask('GET', '/conflict')).toMatchObject({
      status: 409,
      headers: { 'retry-after': '5', 'content-type': 'application/problem+json' },
      body: {
        type: '/problems/conflict',
        status: 409,
        title: 'Conflict',
        detail: 'It runs.',
        instance: 'req-1',
      },
      errors: [],
    });
  });

  test('tells a caller nothing of an error, and the log everything', async () => {
    const answer = await ask('GET', '/broken');
    expect(answer.body).toEqual({
      type: '/problems/internal',
      status: 500,
      title: 'Something went wrong on our side',
      instance: 'req-1',
    });
    expect(answer.errors).toEqual([new Error('postgres://user:password@host is down')]);
  });

  test('adds request id and security headers to every answer, and lets a route choose its own', async () => {
    const common = {
      'x-request-id': 'req-1',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'strict-transport-security': 'max-age=31536000',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    };
    for (const path of ['/v1/events/a', '/page', '/nowhere', '/broken', '/conflict']) {
      expect((await ask('GET', path)).headers).toMatchObject(common);
    }
    expect((await ask('GET', '/v1/events/a')).headers).toMatchObject({
      'cache-control': 'no-store',
      'content-type': 'application/json',
    });
    expect((await ask('GET', '/page')).headers).toMatchObject({
      'cache-control': 'max-age=1',
      'content-type': 'text/plain',
    });
    expect((await ask('DELETE', '/empty')).headers).not.toHaveProperty('content-type');
  });
});
