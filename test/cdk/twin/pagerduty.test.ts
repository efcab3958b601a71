import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestTwin, testTwin } from './knock.ts';

const ENQUEUE = '/pagerduty/v2/enqueue';
const payload = { summary: 'Disk is full', source: 'db-1', severity: 'critical' };
const event = {
  routing_key: '0123456789abcdef0123456789abcdef',
  event_action: 'trigger',
  dedup_key: 'disk',
  payload,
};

describe('PagerDuty', () => {
  let twin: TestTwin;
  beforeAll(async () => {
    twin = await testTwin();
  });
  beforeEach(() => twin.call('DELETE', '/inbox.json'));
  afterAll(() => twin.close());

  const send = (change: object = {}) => twin.post(ENQUEUE, { ...event, ...change });
  const alerts = async () =>
    (await twin.call('GET', '/alerts.json')).json.map(
      ({ dedupKey, status, events }: Record<string, unknown>) => [dedupKey, status, events],
    );

  test('processes an event and names its key', async () => {
    const heard = await send();
    expect(heard.status).toBe(202);
    expect(heard.json).toEqual({ status: 'success', message: 'Event processed', dedup_key: 'disk' });
  });

  test('merges events of one key into the open alert, until it is resolved', async () => {
    for (const event_action of ['trigger', 'trigger', 'acknowledge', 'resolve', 'trigger'])
      await send({ event_action });
    expect(await alerts()).toEqual([
      ['disk', 'resolved', 4],
      ['disk', 'triggered', 1],
    ]);
  });

  test('drops what would resolve an alert that is not open, and says nothing of it', async () => {
    const early = await send({ event_action: 'resolve' });
    await send({ routing_key: 'f'.repeat(32) });
    const elsewhere = await send({ event_action: 'resolve' });
    expect([early.status, elsewhere.status]).toEqual([202, 202]);
    expect(await alerts()).toEqual([['disk', 'triggered', 1]]);
  });

  test('opens an alert for each trigger without a key', async () => {
    const heard = [await send({ dedup_key: undefined }), await send({ dedup_key: undefined })];
    expect(new Set(heard.map(({ json }) => json.dedup_key)).size).toBe(2);
    expect(await alerts()).toHaveLength(2);
  });

  test.each([
    [
      'a key of the wrong length',
      { routing_key: 'short' },
      "Length of 'routing_key' is incorrect (should be 32 characters)",
    ],
    ['an action it does not know', { event_action: 'open' }, "'event_action' is invalid"],
    [
      'a resolve without a key',
      { event_action: 'resolve', dedup_key: undefined },
      "'dedup_key' is missing or blank",
    ],
    ['a key of 256 characters', { dedup_key: 'k'.repeat(256) }, "Length of 'dedup_key' is incorrect"],
    ['no summary', { payload: { ...payload, summary: ' ' } }, "'payload.summary' is missing or blank"],
    [
      'a long summary',
      { payload: { ...payload, summary: 'x'.repeat(1_025) } },
      "Length of 'payload.summary' is incorrect",
    ],
    ['no source', { payload: { ...payload, source: '' } }, "'payload.source' is missing or blank"],
    [
      'a severity of our own',
      { payload: { ...payload, severity: 'debug' } },
      "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')",
    ],
    ['more than 512 KB', { more: 'x'.repeat(512_000) }, 'Event exceeds 512 KB'],
  ])('refuses %s', async (_, change, error) => {
    const heard = await send(change);
    expect(heard.status).toBe(400);
    expect(heard.json).toEqual({
      status: 'invalid event',
      message: 'Event object is invalid',
      errors: [error],
    });
  });

  test('throttles when told to', async () => {
    await twin.call('PUT', '/behaviour/pagerduty', { status: 429 });
    const heard = await send();
    await twin.call('DELETE', '/behaviour/pagerduty');
    expect([heard.status, heard.json.status]).toEqual([429, 'throttle exceeded']);
  });
});
