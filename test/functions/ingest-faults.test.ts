import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { fixture } from '../fixtures/alerts.ts';
import type { Call, Fault } from './fault-proxy.ts';
import { HOOK_ID, type Ingest, startIngest } from './local-ingest.ts';

/*
 * What senders are told while AWS fails: the function as it is deployed, its real clients, and a service that
 * does wrong between them.
 */

let ingest: Ingest;
beforeAll(async () => {
  ingest = await startIngest();
});
afterAll(() => ingest.stop());
beforeEach(async () => {
  await ingest.drain();
  ingest.lines.length = 0;
});
afterEach(() => {
  ingest.dynamoFaults.fault = ingest.sqsFaults.fault = () => undefined;
  vi.useRealTimers();
});

const THROTTLED: Fault = {
  status: 400,
  error: 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException',
};
/** A fault of one kind of call. */
const of =
  (name: string, fault: Fault) =>
  ({ target }: Call): Fault | undefined =>
    target.endsWith(`.${name}`) ? fault : undefined;
const count = (calls: readonly Call[], name: string) =>
  calls.filter(({ target }) => target.endsWith(`.${name}`)).length;

let ids = 0;
const order = (more: object = {}) =>
  JSON.stringify({ id: `f${ids++}`, topic: 'order.paid', data: { title: 'Paid' }, ...more });
const COME_AGAIN = {
  status: 503,
  headers: { 'content-type': 'application/problem+json', 'retry-after': '5' },
  body: { type: '/problems/unavailable' },
};

describe('F4: while the table throttles', () => {
  test('a post whose records cannot be read is to come again, and nothing of it is sent', async () => {
    ingest.dynamoFaults.calls.length = 0;
    ingest.dynamoFaults.fault = of('BatchGetItem', THROTTLED);
    expect(await ingest.ask({ body: order() })).toMatchObject(COME_AGAIN);
    // The look at the backlog and the records, three tries each.
    expect(count(ingest.dynamoFaults.calls, 'BatchGetItem')).toBeLessThanOrEqual(6);
    expect(await ingest.drain()).toEqual([]);
    expect(ingest.lines.join('')).toContain('event records cannot be read');
  });

  test.each<[string, Fault]>([
    ['as a whole', THROTTLED],
    [
      'statement by statement',
      { answer: () => ({ Responses: [{ Error: { Code: 'ThrottlingError', Message: 'slow down' } }] }) },
    ],
  ])('a post that cannot be recorded (%s) is to come again, with the same ids', async (_, fault) => {
    const ask = { headers: { 'Idempotency-Key': `f4-${ids++}` }, body: order({ id: undefined }) };
    ingest.dynamoFaults.fault = of('BatchExecuteStatement', fault);
    expect(await ingest.ask(ask)).toMatchObject(COME_AGAIN);
    ingest.dynamoFaults.fault = () => undefined;
    const { status, body } = await ingest.ask(ask);
    expect(status).toBe(202);
    expect(new Set((await ingest.drain()).map(({ id }) => id))).toEqual(new Set([body.id]));
  });

  test('a key or a hook that cannot be looked up is no key that is refused', async () => {
    const key = await ingest.newKey(['send']);
    ingest.dynamoFaults.fault = of('GetItem', THROTTLED);
    const alerts = { path: `/v1/hooks/alertmanager/${HOOK_ID}`, body: fixture('alertmanager-firing-1') };
    expect(await ingest.ask({ key, body: order() })).toMatchObject(COME_AGAIN);
    expect(await ingest.ask({ ...alerts, key })).toMatchObject(COME_AGAIN);
    expect(await ingest.ask({ ...alerts, key, path: '/webhook' })).toMatchObject(COME_AGAIN);
    expect(ingest.lines.join('')).toContain('credentials cannot be read');
  });
});

describe('F5: while SQS is down', () => {
  const SQS_DOWN: Fault = { status: 500, error: 'com.amazonaws.sqs#InternalError' };

  test.each<[string, Fault]>([
    ['answers 500', SQS_DOWN],
    ['breaks connections', 'reset'],
  ])('and %s, events and alerts are to come again', async (_, fault) => {
    ingest.sqsFaults.fault = of('SendMessageBatch', fault);
    expect(await ingest.ask({ body: order() })).toMatchObject(COME_AGAIN);
    const alert = JSON.stringify({ alertname: `Down${ids++}` });
    expect(await ingest.ask({ path: '/webhook', body: alert })).toMatchObject(COME_AGAIN);
    ingest.sqsFaults.fault = () => undefined;
    expect((await ingest.ask({ path: '/webhook', body: alert })).body).toMatchObject({
      alerts: [{ duplicate: false }],
    });
  });

  test('its queue is left alone after five failures, and tried by one post in five seconds', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    ingest.sqsFaults.fault = of('SendMessageBatch', SQS_DOWN);
    for (let n = 0; n < 5; n++) await ingest.ask({ body: order() });
    const calls = () => count(ingest.sqsFaults.calls.splice(0), 'SendMessageBatch');
    expect(calls()).toBeGreaterThanOrEqual(5);

    expect(await ingest.ask({ body: order() })).toMatchObject(COME_AGAIN);
    expect(calls()).toBe(0);
    expect((await ingest.ask({ body: order({ lane: 'urgent' }) })).status).toBe(503);
    expect(calls()).toBeGreaterThan(0);

    vi.advanceTimersByTime(5_000);
    ingest.sqsFaults.fault = () => undefined;
    expect((await ingest.ask({ body: order() })).status).toBe(202);
    expect((await ingest.ask({ body: order() })).status).toBe(202);
    expect(calls()).toBe(2);
  });

  test('an answer that was lost makes no second event (F2)', async () => {
    const ask = { headers: { 'Idempotency-Key': 'f2' }, body: order({ id: undefined }) };
    ingest.sqsFaults.fault = of('SendMessageBatch', 'lostAnswer');
    await ingest.ask(ask);
    ingest.sqsFaults.fault = () => undefined;
    const { status, body } = await ingest.ask(ask);
    expect(status).toBe(202);
    expect(new Set((await ingest.drain()).map(({ id }) => id))).toEqual(new Set([body.id]));
  });
});

test('F6: of ten packs three fail, each event is told, and only the lost ones are new when they come again', async () => {
  const lost = new Set(['2', '5', '7']);
  ingest.sqsFaults.fault = ({ target, body }) => {
    if (!target.endsWith('.SendMessageBatch')) return undefined;
    const entries = body['Entries'] as readonly { readonly Id: string }[];
    const [fail, pass] = [true, false].map((is) => entries.filter(({ Id }) => lost.has(Id) === is));
    const Failed = fail!.map(({ Id }) => ({ Id, Code: 'InternalError', SenderFault: false }));
    const ask = pass!.length > 0 && { ask: { ...body, Entries: pass } };
    return { ...ask, answer: (answer) => ({ Successful: [], ...answer, Failed }) };
  };
  const text = 'x'.repeat(60_000);
  const body = `[${Array.from({ length: 10 }, () => order({ data: { text } })).join(',')}]`;
  const first = await ingest.ask({ body });
  const statuses = Array.from({ length: 10 }, (_, n) => (lost.has(String(n)) ? 503 : 202));
  expect(first.status).toBe(207);
  expect(first.body).toMatchObject({ accepted: 7, refused: 3 });
  expect(first.body.results.map(({ status }: { status: number }) => status)).toEqual(statuses);

  ingest.sqsFaults.fault = () => undefined;
  const second = await ingest.ask({ body });
  expect(second.body).toMatchObject({ accepted: 10, duplicates: 7 });
  expect(await ingest.drain()).toHaveLength(10);
});
