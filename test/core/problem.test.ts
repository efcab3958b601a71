import { describe, expect, test } from 'vitest';
import { checkCustomHeaders, checkHeader } from '../../lib/core/header-guard.ts';
import { excerpt, problem, problemDocument, ProblemError, PROBLEMS } from '../../lib/core/problem.ts';

describe('problems', () => {
  test('become documents with type, title, status and the request as instance', () => {
    const errors = [{ pointer: '/topic', code: 'required', detail: 'is missing' }];
    expect(problemDocument(problem('validation', 'Say what happened.', errors), 'req-1')).toEqual({
      type: '/problems/validation',
      status: 422,
      title: 'The request is not valid',
      detail: 'Say what happened.',
      errors,
      instance: 'req-1',
    });
  });

  test('have a status of 4xx or 5xx and a title each, and are never 429 by accident', () => {
    for (const { status, title } of Object.values(PROBLEMS)) {
      expect(status).toBeGreaterThanOrEqual(400);
      expect(title).not.toBe('');
    }
    expect(
      Object.entries(PROBLEMS)
        .filter(([, { status }]) => status === 429)
        .map(([slug]) => slug),
    ).toEqual(['rate-limited']);
  });

  test('can be thrown with headers', () => {
    const error = new ProblemError(problem('unavailable'), { 'retry-after': '1' });
    expect(error).toMatchObject({
      name: 'ProblemError',
      message: 'Temporarily unavailable',
      headers: { 'retry-after': '1' },
    });
  });

  test('repeat at most 64 printable characters of input', () => {
    expect(excerpt('a'.repeat(64))).toBe('a'.repeat(64));
    expect(excerpt('a'.repeat(65))).toBe(`${'a'.repeat(61)}...`);
    expect(excerpt('a\r\nb\u202e')).toBe('a??b?');
  });
});

describe('headers of our requests', () => {
  test.each([
    'Host',
    'connection',
    'Content-Length',
    'transfer-encoding',
    'TE',
    'upgrade',
    'Proxy-Authorization',
    'expect',
  ])('%s belongs to the transport', (name) => {
    expect(checkHeader(name, 'x')).toContain('transport');
  });

  test.each(['a\r\nb: c', 'a\nb', 'a\0b', 'a\u007fb', 'Ā'])('cannot carry %j', (value) => {
    expect(checkHeader('x-note', value)).toBe('the value of x-note has characters a header cannot carry');
  });

  test.each(['', 'a b', 'a:b', 'ä', 'a\r\n'])('cannot be called %j', (name) => {
    expect(checkHeader(name, 'x')).toBeDefined();
  });

  test('of somebody else may be 20 of 4,096 characters, and none of the signature', () => {
    const twenty = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`x-${at}`, 'v'.repeat(4_096)]));
    expect(checkCustomHeaders(twenty)).toBeUndefined();
    expect(checkCustomHeaders({ ...twenty, 'x-20': '' })).toContain('at most 20');
    expect(checkCustomHeaders({ 'x-0': 'v'.repeat(4_097) })).toContain('4096');
    expect(checkCustomHeaders({ 'Webhook-Id': 'x' })).toContain('webhook-');
    expect(checkCustomHeaders({ host: 'x' })).toContain('transport');
  });
});
