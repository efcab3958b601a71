import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Ask, type Ingest, startIngest } from './local-ingest.ts';

let ingest: Ingest;
beforeAll(async () => {
  ingest = await startIngest();
});
afterAll(() => ingest.stop());
beforeEach(async () => {
  await ingest.drain();
});

const MINUTE = 60_000;
const at = (minutes: number) => new Date(Date.now() + minutes * MINUTE).toISOString();
const alert = (more: object = {}) => ({
  labels: { alertname: 'DiskFull' },
  startsAt: at(-1),
  endsAt: at(4),
  ...more,
});
const post = (body: unknown, more: Ask = {}) =>
  ingest.ask({ path: '/api/v2/alerts', body: JSON.stringify(body), ...more });

describe('POST /api/v2/alerts', () => {
  test('takes an alert as Prometheus sends it, and answers as an Alertmanager does', async () => {
    const generatorURL = 'http://prometheus.example:9090/graph';
    const sent = alert({
      labels: { alertname: 'HighLatency', severity: 'critical', empty: '' },
      annotations: { summary: 'slow' },
      generatorURL,
    });
    expect(await post([sent])).toMatchObject({ status: 200, body: { status: 'success' } });
    expect(await ingest.drain()).toMatchObject([
      {
        topic: 'alert.firing',
        source: 'prometheus',
        severity: 'critical',
        data: {
          title: '[FIRING] HighLatency',
          text: 'slow',
          labels: { alertname: 'HighLatency', severity: 'critical' },
          generatorURL,
        },
      },
    ]);
    expect((await post([sent])).status).toBe(200);
    expect(await ingest.drain()).toEqual([]);
  });

  test('takes one that says nothing but its name', async () => {
    expect((await post([{ labels: { alertname: 'Bare' } }])).status).toBe(200);
    expect(await ingest.drain()).toMatchObject([{ topic: 'alert.firing', subject: 'Bare' }]);
  });

  test('takes the good ones of a post, and says that one is bad', async () => {
    const { status, body } = await post([alert({ labels: {} }), alert({ labels: { alertname: 'Good' } })]);
    expect([status, body]).toEqual([
      400,
      expect.stringContaining('/0/labels: the label alertname is missing'),
    ]);
    expect(await ingest.drain()).toMatchObject([{ subject: 'Good' }]);
  });

  test('takes a key as the password of Basic authentication', async () => {
    const basic = (pair: string) => ({
      headers: { Authorization: `Basic ${Buffer.from(pair).toString('base64')}` },
    });
    expect((await post([alert()], basic(`anybody:${ingest.key}`))).status).toBe(200);
    expect((await post([alert()], basic(`${ingest.key}:`))).status).toBe(401);
    expect((await post([alert()], basic(`anybody:${ingest.key}x`))).status).toBe(401);
  });

  test('asks to come again while nothing can be looked up', async () => {
    ingest.dynamoFaults.fault = ({ target }) =>
      target.endsWith('BatchGetItem') ? { status: 400, error: 'AccessDeniedException' } : undefined;
    const { status, headers, body } = await post([alert()]);
    ingest.dynamoFaults.fault = () => undefined;
    expect([status, headers['retry-after'], body]).toEqual([503, '5', expect.any(String)]);
  });
});

const many = (count: number) => Array.from({ length: count }, () => ({ labels: { alertname: 'A' } }));

test.each<[string, unknown, Ask, number]>([
  ['an object', alert(), {}, 400],
  ['an empty array', [], {}, 400],
  ['1,001 alerts', many(1_001), {}, 400],
  ['a text', ['alert'], {}, 400],
  ['null', [null], {}, 400],
  ['no labels', [{ startsAt: at(-1) }], {}, 400],
  ['an empty alertname', [alert({ labels: { alertname: '' } })], {}, 400],
  ['a label that is no text', [alert({ labels: { alertname: 'A', n: 1 } })], {}, 400],
  ['annotations that are a list', [alert({ annotations: [] })], {}, 400],
  ['a time that is none', [alert({ startsAt: 'yesterday' })], {}, 400],
  ['an end before the beginning', [alert({ endsAt: at(-2) })], {}, 400],
  ['broken JSON', undefined, { body: '[{' }, 400],
  ['another type', [alert()], { headers: { 'Content-Type': 'text/plain' } }, 400],
  ['compression', [alert()], { headers: { 'Content-Encoding': 'gzip' } }, 400],
  ['no key', [alert()], { headers: { Authorization: '' } }, 401],
])('%s is refused, in words that amtool can print', async (_, body, more, expected) => {
  const { status, headers, body: words } = await post(body, more);
  expect([status, headers['content-type']]).toEqual([expected, 'application/json']);
  expect(words).toMatch(/^[\w ,.-]+: ?/);
  expect(await ingest.drain()).toEqual([]);
});

test('a key that may not send is refused', async () => {
  expect((await post([alert()], { key: await ingest.newKey(['read']) })).status).toBe(403);
});
