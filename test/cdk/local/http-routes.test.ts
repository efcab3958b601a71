import { describe, expect, test } from 'vitest';
import { matchRoute } from '../../../cdk/local/http-routes.ts';

const ROUTES = [
  '$default',
  'POST /v1/events',
  'POST /v1/hooks/{source}',
  'POST /v1/hooks/{source}/{hookId}',
  'POST /v1/hooks/own',
  'ANY /files/{path+}',
  'GET /files/{name}',
].map((key) => ({ key, target: 'F', arn: '' }));

describe('matchRoute', () => {
  test.each([
    ['POST', '/v1/events', 'POST /v1/events', {}],
    ['GET', '/v1/events', '$default', {}],
    ['POST', '/v1/events/', '$default', {}],
    ['POST', '/v1/hooks/github', 'POST /v1/hooks/{source}', { source: 'github' }],
    ['POST', '/v1/hooks/own', 'POST /v1/hooks/own', {}],
    ['POST', '/v1/hooks/', '$default', {}],
    ['POST', '/v1/hooks/a%20b/x', 'POST /v1/hooks/{source}/{hookId}', { source: 'a b', hookId: 'x' }],
    ['POST', '/v1/hooks/a/b/c', '$default', {}],
    ['GET', '/files/a', 'GET /files/{name}', { name: 'a' }],
    ['PUT', '/files/a/b', 'ANY /files/{path+}', { path: 'a/b' }],
    ['GET', '/', '$default', {}],
  ])('%s %s -> %s', (method, path, key, params) => {
    expect(matchRoute(ROUTES, method, path)).toEqual({ route: { key, target: 'F', arn: '' }, params });
  });

  test('nothing matches where there is no $default', () => {
    expect(matchRoute(ROUTES.slice(1), 'GET', '/nowhere')).toBeUndefined();
  });
});
