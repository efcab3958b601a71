import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { problem, ProblemError } from '../../lib/core/problem.ts';
import { handleHttp, handleQueue, handleSchedule } from '../../lib/platform/handle.ts';
import { router } from '../../lib/platform/router.ts';
import { createTelemetry } from '../../lib/platform/telemetry.ts';

const context = { awsRequestId: 'run-1', getRemainingTimeInMillis: () => 10_000 } as Context;

function capture() {
  const lines: string[] = [];
  const telemetry = createTelemetry({
    service: 'test',
    level: 'debug',
    observability: 'lean',
    write: (line) => lines.push(line),
    now: () => 0,
  });
  return { telemetry, logged: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

function apiEvent(more: Partial<APIGatewayProxyEventV2> = {}, method = 'POST'): APIGatewayProxyEventV2 {
  return {
    rawPath: '/echo',
    rawQueryString: '',
    headers: {},
    isBase64Encoded: false,
    requestContext: { http: { method, sourceIp: '198.41.0.4' } },
    ...more,
  } as APIGatewayProxyEventV2;
}

function record(messageId: string) {
  return { messageId, receiptHandle: `handle-${messageId}`, body: '{}' };
}

test('handlers have at most two parameters, or Node 24 on Lambda refuses them', () => {
  const { telemetry } = capture();
  const handlers = [
    handleHttp(router({}), { telemetry }),
    handleQueue(async () => [], { telemetry }),
    handleSchedule(async () => {}, { telemetry }),
  ];
  expect(handlers.map(({ length }) => length)).toEqual([2, 2, 2]);
});

describe('an HTTP request', () => {
  const routes = router({
    'POST /echo': async ({ body, query, headers, sourceIp, requestId }) => ({
      status: 200,
      body: {
        hex: Buffer.from(body).toString('hex'),
        query: query.toString(),
        odd: headers['x-odd'],
        sourceIp,
        requestId,
      },
    }),
    'POST /conflict': async () => {
      throw new ProblemError(problem('conflict'));
    },
    'POST /broken': async () => {
      throw new Error('secret detail');
    },
    'POST /slow': () => new Promise(() => {}),
  });

  async function ask(more: Partial<APIGatewayProxyEventV2>, run: Context = context) {
    const { telemetry, logged } = capture();
    const result = await handleHttp(routes, { telemetry })(apiEvent(more), run);
    return { ...result, body: JSON.parse(result.body ?? '') as Record<string, unknown>, logged: logged() };
  }

  test('reaches its route with its bytes, text or base64', async () => {
    expect((await ask({ body: 'ü' })).body['hex']).toBe('c3bc');
    expect(
      (await ask({ body: Buffer.from([0xff, 0x00]).toString('base64'), isBase64Encoded: true })).body['hex'],
    ).toBe('ff00');
    expect((await ask({})).body['hex']).toBe('');
  });

  test('reaches its route with query, headers in lower case and the caller’s address', async () => {
    const answer = await ask({
      rawQueryString: 'a=1&b=%20',
      headers: { 'X-Odd': 'Ab', 'X-Forwarded-For': '10.0.0.1' },
    });
    expect(answer.body).toMatchObject({ query: 'a=1&b=+', odd: 'Ab', sourceIp: '198.41.0.4' });
  });

  test('keeps the id it came with, if that is one', async () => {
    expect(await ask({ headers: { 'X-Request-Id': 'abc-1.2:3_4' } })).toMatchObject({
      headers: { 'x-request-id': 'abc-1.2:3_4' },
    });
    for (const id of ['', 'a b', 'a\r\nb', '<script>', 'x'.repeat(129)]) {
      const answer = await ask({ headers: { 'x-request-id': id } });
      expect(answer.headers).toMatchObject({ 'x-request-id': 'run-1' });
      expect(answer.body['requestId']).toBe('run-1');
    }
  });

  test('gets the problem that was thrown', async () => {
    expect(await ask({ rawPath: '/conflict' })).toMatchObject({
      statusCode: 409,
      body: { type: '/problems/conflict' },
      logged: [],
    });
  });

  test('gets a bare 500 when something broke, and the log gets the rest', async () => {
    const answer = await ask({ rawPath: '/broken', headers: { 'x-request-id': 'mine' } });
    expect(answer).toMatchObject({ statusCode: 500, headers: { 'x-request-id': 'mine' } });
    expect(JSON.stringify(answer.body)).not.toContain('secret');
    expect(answer.logged).toMatchObject([
      { level: 'error', requestId: 'mine', error: { message: 'secret detail' } },
    ]);
  });

  test('gets a 503 to try again before Lambda would kill the run', async () => {
    const short = { ...context, getRemainingTimeInMillis: () => 520 };
    expect(await ask({ rawPath: '/slow' }, short)).toMatchObject({
      statusCode: 503,
      headers: { 'retry-after': '1', 'x-request-id': 'run-1' },
      body: { type: '/problems/unavailable' },
    });
  });

  test('that is no request at all gets a 500', async () => {
    const { telemetry, logged } = capture();
    const result = await handleHttp(routes, { telemetry })({} as APIGatewayProxyEventV2, context);
    expect(result.statusCode).toBe(500);
    expect(logged()).toHaveLength(1);
  });
});

describe('a batch', () => {
  test('reaches its step with the time it has, and reports the messages that must come again', async () => {
    const { telemetry } = capture();
    const seen: unknown[] = [];
    const handler = handleQueue(
      async (records, { requestId, deadlineMs }) => {
        seen.push(
          records.map(({ messageId }) => messageId),
          requestId,
          Math.round((deadlineMs - Date.now()) / 1_000),
        );
        return ['b', 'b'];
      },
      { telemetry },
    );
    expect(await handler({ Records: [record('a'), record('b')] }, context)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'b' }],
    });
    expect(seen).toEqual([['a', 'b'], 'run-1', 10]);
  });

  test.each([[undefined], [null], ['text'], [{}], [42]])(
    'whose Records are %j is counted, logged and done',
    async (Records) => {
      const { telemetry, logged } = capture();
      const handler = handleQueue(async () => ['never'], { telemetry });
      expect(await handler({ Records }, context)).toEqual({ batchItemFailures: [] });
      expect(logged()).toMatchObject([{ level: 'error', count: 1 }, { Malformed: 1 }]);
    },
  );

  test.each([[null], [undefined], ['text']])('that is %j is done as well', async (event) => {
    const { telemetry } = capture();
    expect(await handleQueue(async () => [], { telemetry })(event as never, context)).toEqual({
      batchItemFailures: [],
    });
  });

  test('keeps its good records when one is no record', async () => {
    const { telemetry, logged } = capture();
    const handler = handleQueue(async (records) => records.map(({ messageId }) => messageId), { telemetry });
    expect(await handler({ Records: [null, record('a'), { messageId: 1 }] }, context)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'a' }],
    });
    expect(logged()).toContainEqual(expect.objectContaining({ Malformed: 2 }));
  });

  test('never reports a message it did not have, because Lambda would fail the whole batch', async () => {
    const { telemetry, logged } = capture();
    const handler = handleQueue(async () => ['other', 'a'], { telemetry });
    expect(await handler({ Records: [record('a')] }, context)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'a' }],
    });
    expect(logged()).toMatchObject([{ level: 'error', ids: ['other'] }]);
  });

  test('reports, whatever its step answers, messages that it had, each once, and none without an id', async () => {
    const { telemetry } = capture();
    const ids = fc.constantFrom('a', 'b', 'c', '', '__proto__', 'constructor', 'other');
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(ids), fc.array(ids), async (given, failed) => {
        const handler = handleQueue(async () => failed, { telemetry });
        const { batchItemFailures } = await handler({ Records: given.map(record) }, context);
        const expected = new Set(failed.filter((id) => id !== '' && given.includes(id)));
        expect(batchItemFailures).toEqual([...expected].map((itemIdentifier) => ({ itemIdentifier })));
      }),
    );
  });

  test('fails as a whole when its step throws, and its metrics are still written', async () => {
    const { telemetry, logged } = capture();
    const handler = handleQueue(
      async () => {
        telemetry.add('Blocked');
        throw new Error('table is gone');
      },
      { telemetry },
    );
    await expect(handler({ Records: [record('a')] }, context)).rejects.toThrow('table is gone');
    expect(logged()).toMatchObject([
      { message: 'batch failed', error: { message: 'table is gone' } },
      { Blocked: 1 },
    ]);
  });
});

test('a scheduled run gets its deadline, and fails when its step throws', async () => {
  const { telemetry, logged } = capture();
  const runs: string[] = [];
  await handleSchedule(async ({ requestId }) => void runs.push(requestId), { telemetry })({}, context);
  expect(runs).toEqual(['run-1']);
  const broken = handleSchedule(() => Promise.reject(new Error('no')), { telemetry });
  await expect(broken({}, context)).rejects.toThrow('no');
  expect(logged()).toMatchObject([{ message: 'run failed' }]);
});
