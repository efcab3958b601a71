import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ALERT_POSTS, fixture } from '../fixtures/alerts.ts';
import { HOOK_ID, type Ingest, startIngest } from './local-ingest.ts';

const LOGINS = { topics: ['login.*'], lane: 'urgent' } as const;

let ingest: Ingest;
beforeAll(async () => {
  ingest = await startIngest();
  await ingest.catalog.put('acme', 'topic', 'codes', LOGINS, undefined);
});
afterAll(() => ingest.stop());
beforeEach(async () => {
  await ingest.drain();
});

const json = (value: unknown) => JSON.stringify(value);
const order = (more: object = {}) => json({ topic: 'order.paid', data: { title: 'Paid' }, ...more });

describe('POST /v1/events', () => {
  test('takes an event and answers its id', async () => {
    const { status, headers, body } = await ingest.ask({ body: fixture('event') });
    expect([status, body]).toEqual([202, { id: expect.stringMatching(/^[\w-]{22}$/), duplicate: false }]);
    expect(headers['x-request-id']).toBe('lambda-1');
    expect(await ingest.drain()).toMatchObject([{ id: body.id, topic: 'order.paid', lane: 'normal' }]);
  });

  test('takes an array and answers for each event', async () => {
    const events = [{ id: 'arr-1' }, { id: 'arr-2', topic: 'not a topic' }, { id: 'arr-1' }];
    const { status, body } = await ingest.ask({ body: `[${events.map(order).join(',')}]` });
    expect(status).toBe(207);
    expect(body).toMatchObject({ accepted: 2, duplicates: 1, refused: 1 });
    expect(body.results).toMatchObject([
      { id: 'arr-1', status: 202, duplicate: false },
      { status: 422, error: { type: '/problems/validation', errors: [{ pointer: '/1/topic' }] } },
      { id: 'arr-1', status: 202, duplicate: true },
    ]);
    expect(await ingest.drain()).toHaveLength(1);
  });

  test('answers an array that is wrong throughout with one problem', async () => {
    const { status, body } = await ingest.ask({ body: json([{}, { topic: 1, data: {} }]) });
    expect([status, body.type]).toEqual([422, '/problems/validation']);
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
      '/0/topic',
      '/0/data',
      '/1/topic',
    ]);
  });

  test('gives events the lane of their topic, unless they say theirs', async () => {
    const events = [{ id: 'code-1' }, { id: 'code-2', lane: 'normal' }, { id: 'code-3', topic: 'logins' }];
    const bodies = events.map((more) => order({ topic: 'login.code', ...more }));
    expect((await ingest.ask({ body: `[${bodies.join(',')}]` })).status).toBe(202);
    const taken = await ingest.drain();
    expect(Object.fromEntries(taken.map(({ id, lane }) => [id, lane]))).toEqual({
      'code-1': 'urgent',
      'code-2': 'normal',
      'code-3': 'normal',
    });
  });

  test('asks for lanes of topics at most once in ten seconds', async () => {
    await ingest.ask({ body: order() });
    ingest.dynamoFaults.calls.length = 0;
    for (const id of ['a', 'b', 'c']) await ingest.ask({ body: order({ id }) });
    const asked = ingest.dynamoFaults.calls.filter(({ target }) => /\.(GetItem|Query)$/.test(target));
    expect(asked.length).toBeLessThanOrEqual(1);
  });

  test('takes 500 events in one post', async () => {
    const events = Array.from({ length: 500 }, (_, index) => ({ topic: 'bulk', data: { index } }));
    const { status, body } = await ingest.ask({ body: json(events) });
    expect([status, body.accepted]).toEqual([202, 500]);
    expect(new Set((await ingest.drain()).map(({ data }) => data['index'])).size).toBe(500);
  });

  test('makes one event of a post that is sent again with its idempotency key', async () => {
    const ask = { headers: { 'Idempotency-Key': 'post-1' }, body: order() };
    const first = await ingest.ask(ask);
    const again = await ingest.ask(ask);
    expect(again.body).toEqual({ id: first.body.id, duplicate: true });
    expect([first.headers['idempotent-replayed'], again.headers['idempotent-replayed']]).toEqual([
      undefined,
      'true',
    ]);
    expect(await ingest.drain()).toHaveLength(1);
  });

  test('gives equal posts at the same time the same id', async () => {
    const ask = { headers: { 'Idempotency-Key': 'race' }, body: order() };
    const answers = await Promise.all(Array.from({ length: 20 }, () => ingest.ask(ask)));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1);
    expect(new Set((await ingest.drain()).map(({ id }) => id)).size).toBe(1);
  });

  test('keeps the request id of the caller', async () => {
    const { headers } = await ingest.ask({ headers: { 'X-Request-ID': 'mine-1' }, body: order() });
    expect(headers['x-request-id']).toBe('mine-1');
  });

  test('writes one line with counts and ids, and no payload', async () => {
    const { body } = await ingest.ask({ body: order({ data: { title: 'sekrit' } }) });
    const line = ingest.lines.findLast((one) => one.includes('"posted"'));
    expect(JSON.parse(line ?? '')).toMatchObject({ tenant: 'acme', counts: { accepted: 1 }, ids: [body.id] });
    expect(line).not.toContain('sekrit');
  });
});

describe('CloudEvents', () => {
  test('come as a batch', async () => {
    const headers = { 'Content-Type': 'application/cloudevents-batch+json; charset=UTF-8' };
    const { status, body } = await ingest.ask({ headers, body: fixture('cloudevents-batch') });
    expect([status, body.accepted]).toEqual([202, 3]);
    expect((await ingest.drain()).map(({ topic, ceType }) => [topic, ceType])).toEqual([
      ['com.example.order.paid', 'com.example.order.paid'],
      ['com.example.order_shipped', 'com.example.order-shipped'],
      ['com.example.note', 'com.example.note'],
    ]);
  });

  test('are the same event in structured and in binary form, of any content type', async () => {
    const attributes = { specversion: '1.0', id: 'ce-1', source: '/ce', type: 'note' };
    const structured = await ingest.ask({
      headers: { 'Content-Type': 'application/cloudevents+json' },
      body: json({ ...attributes, data: 'Hello' }),
    });
    const binary = await ingest.ask({
      headers: {
        'Content-Type': 'text/plain',
        ...Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`CE-${name}`, value])),
      },
      body: 'Hello',
    });
    expect([structured.status, structured.body.duplicate]).toEqual([202, false]);
    expect(binary.body).toEqual({ id: structured.body.id, duplicate: true });
  });

  test('may be announced by a handshake', async () => {
    const headers = {
      'WebHook-Request-Origin': 'sender.example.com',
      'WebHook-Request-Rate': '120',
      Authorization: '',
    };
    const answer = await ingest.ask({ method: 'OPTIONS', headers });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      allow: 'OPTIONS, POST',
      'webhook-allowed-origin': 'sender.example.com',
      'webhook-allowed-rate': '120',
    });
    const odd = await ingest.ask({ method: 'OPTIONS', headers: { 'WebHook-Request-Origin': 'a b\r\nx: y' } });
    expect(odd.headers).not.toHaveProperty('webhook-allowed-origin');
  });
});

describe('alerts', () => {
  test.each(ALERT_POSTS)('POST /webhook takes %s', async (name, source, count) => {
    const { status, headers, body } = await ingest.ask({ path: '/webhook', body: fixture(name) });
    expect(status).toBe(202);
    expect(body).toMatchObject({
      status: 'success',
      message: `${count} of ${count} alerts taken`,
      webhook_type: source,
      alerts_received: count,
      alerts_processed: count,
      errors: [],
      request_id: 'lambda-1',
      processing_time: expect.stringMatching(/^\d+ms$/),
    });
    expect(headers).toMatchObject({
      'x-request-id': 'lambda-1',
      'x-webhook-type': source,
      'x-alerts-processed': String(count),
      'x-processing-time': body.processing_time,
    });
    const events = await ingest.drain();
    expect(events).toHaveLength(count);
    expect(new Set(events.map(({ id }) => id))).toEqual(
      new Set(body.alerts.map(({ id }: { id: string }) => id)),
    );
  });

  test('come once, whichever way they come', async () => {
    const body = fixture('alertmanager-firing-1')
      .replace('HighErrorRate', 'Once')
      .replace(/"fingerprint": "\w+"/, '"fingerprint": "once"');
    const first = await ingest.ask({ path: '/v1/hooks/alertmanager', body });
    const hook = await ingest.ask({
      path: `/v1/hooks/alertmanager/${HOOK_ID}`,
      headers: { Authorization: '' },
      body,
    });
    const webhook = await ingest.ask({ path: '/webhook', body });
    expect([first, hook, webhook].map((answer) => answer.body.alerts[0].duplicate)).toEqual([
      false,
      true,
      true,
    ]);
    expect(await ingest.drain()).toHaveLength(1);
  });

  test('that are partly wrong are partly taken', async () => {
    const payload = JSON.parse(fixture('alertmanager-firing-100'));
    const part = (index: number) => ({ ...payload.alerts[index], fingerprint: `part-${index}` });
    const body = json({ ...payload, alerts: [part(0), part(1), { ...part(2), startsAt: 'never' }] });
    const answer = await ingest.ask({ path: '/webhook', body });
    expect(answer.status).toBe(207);
    expect(answer.body).toMatchObject({
      status: 'partial_success',
      alerts_received: 3,
      alerts_processed: 2,
      errors: [{ pointer: '/alerts/2/startsAt' }],
      alerts: [{ status: 202 }, { status: 202 }, { index: 2, status: 422 }],
    });
  });

  test('that are all wrong are a problem that still counts them', async () => {
    const payload = JSON.parse(fixture('alertmanager-firing-1'));
    const body = json({ ...payload, alerts: [{ ...payload.alerts[0], status: 'odd' }] });
    const { status, headers, body: answer } = await ingest.ask({ path: '/webhook', body });
    expect([status, headers['content-type']]).toEqual([422, 'application/problem+json']);
    expect(answer).toMatchObject({ type: '/problems/validation', alerts_received: 1, alerts_processed: 0 });
  });
});
