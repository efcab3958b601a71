import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createHeartbeats } from '../../lib/stores/heartbeats.ts';
import { type Ingest, startIngest } from './local-ingest.ts';

let ingest: Ingest;
const pulses = () => createHeartbeats(ingest.ledger, { now: Date.now });
beforeAll(async () => {
  ingest = await startIngest();
  await pulses().arm('acme', 'backup', true);
});
afterAll(() => ingest.stop());
afterEach(() => {
  ingest.dynamoFaults.fault = () => undefined;
});

const path = '/v1/heartbeats/backup';

describe('POST /v1/heartbeats/{id}', () => {
  test('beats, with a key that may do nothing else', async () => {
    const key = await ingest.newKey(['beat']);
    expect(await ingest.ask({ path, key })).toMatchObject({ status: 204, body: undefined });
    expect((await pulses().read('acme', ['backup'])).get('backup')).toMatchObject({ hasBeaten: true });
    const event = JSON.stringify({ topic: 'a', data: {} });
    expect((await ingest.ask({ key, body: event })).status).toBe(403);
  });

  test('beats with a key that may send, and with no other', async () => {
    expect((await ingest.ask({ path })).status).toBe(204);
    const reader = await ingest.newKey(['read', 'manage']);
    expect((await ingest.ask({ path, key: reader })).status).toBe(403);
    expect((await ingest.ask({ path, key: 'fan_live_x' })).status).toBe(401);
  });

  test.each([
    ['nothing', undefined, 'text/plain'],
    ['what no parser reads', '{{', 'application/json'],
    ['a notification of an Alertmanager', '{"alerts":[]}', 'application/json'],
  ])('takes a body of %s', async (_, body, type) => {
    expect((await ingest.ask({ path, body, headers: { 'Content-Type': type } })).status).toBe(204);
  });

  test.each([
    ['one that does not exist', '/v1/heartbeats/none'],
    ['what is no name', '/v1/heartbeats/No%20name'],
    ['a mark of ours', '/v1/heartbeats/!backup'],
  ])('knows no heartbeat of %s', async (_, wrong) => {
    expect(await ingest.ask({ path: wrong })).toMatchObject({
      status: 404,
      body: { type: '/problems/not-found' },
    });
  });

  test('takes no parameters', async () => {
    expect((await ingest.ask({ path, query: 'x=1' })).status).toBe(400);
  });

  test('asks to come again while the table is away', async () => {
    ingest.dynamoFaults.fault = ({ target }) =>
      target.endsWith('.BatchExecuteStatement') ? { status: 500, error: 'InternalServerError' } : undefined;
    expect(await ingest.ask({ path })).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
  });
});
