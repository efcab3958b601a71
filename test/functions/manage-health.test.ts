import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ownScopeId } from '../../lib/channel.ts';
import { createLimits } from '../../lib/stores/limits.ts';
import { NOW, type Rig, startManage, verdict } from './manage-rig.ts';

let rig: Rig;
let key: string;
let tenant: string;
let count = 0;

beforeAll(async () => {
  rig = await startManage();
});
afterAll(() => rig.close());
beforeEach(async () => {
  tenant = `tenant${count++}`;
  key = await rig.newKey(tenant);
  await rig.ask('PUT /v1/destinations/ops', {
    key,
    body: { channel: 'webhook', settings: { url: 'https://example.com/x' } },
  });
});

const health = async () => (await rig.ask('GET /v1/destinations/ops/health', { key })).body;
const limits = () => createLimits(rig.limits, { now: () => NOW });
const scope = () => ({ tenant, id: ownScopeId('ops') });

test('a destination that nothing was sent to is healthy', async () => {
  expect(await health()).toEqual({
    id: 'ops',
    channel: 'webhook',
    enabled: true,
    paused: false,
    state: 'healthy',
  });
});

test('failures, the breaker and the pace show as the workers wrote them', async () => {
  await limits().report(scope(), 9, 1);
  const since = new Date(NOW).toISOString();
  expect(await health()).toMatchObject({ state: 'degraded', recent: { since, failed: 1, delivered: 9 } });

  await limits().report(scope(), 0, 90);
  const until = new Date(NOW + 30_000).toISOString();
  expect(await health()).toMatchObject({ state: 'circuitOpen', circuit: { state: 'open', until } });

  await limits().push(scope(), NOW + 60_000);
  expect(await health()).toMatchObject({ nextSlotAt: new Date(NOW + 60_000).toISOString() });
});

test('a limit that it shares with others shows, too', async () => {
  await rig.ask('PUT /v1/limits/all', { key, body: { rate: { limit: 1, perMs: 1_000 } } });
  const until = new Date(NOW + 60_000).toISOString();
  await limits().push({ tenant, id: 'limit:all' }, NOW + 60_000);
  expect(await health()).toMatchObject({ waits: [{ for: 'limit', scope: 'limit all', until }] });
});

test('a secret without a value shows, and what is known all the same', async () => {
  const settings = { routingKey: { secret: 'none' } };
  await rig.ask('PUT /v1/destinations/pager', { key, body: { channel: 'pagerduty', settings } });
  await limits().push({ tenant, id: ownScopeId('pager') }, NOW + 60_000);
  expect((await rig.ask('GET /v1/destinations/pager/health', { key })).body).toMatchObject({
    fault: 'routingKey the secret none has no value',
    nextSlotAt: new Date(NOW + 60_000).toISOString(),
  });
});

test.each([{ destination: 'ops' }, { channel: 'webhook' }, { tenant: true }])(
  'a pause of %j shows',
  async (target) => {
    await rig.ask('POST /v1/pauses', { key, body: target });
    expect(await health()).toMatchObject({ paused: true, state: 'healthy' });
  },
);

test('another tenant sees nothing of it', async () => {
  await limits().report(scope(), 0, 90);
  const other = await rig.newKey(`${tenant}-other`);
  expect(await verdict(rig.ask('GET /v1/destinations/ops/health', { key: other }))).toBe('404 not-found');
});

test('there is no health of what does not exist, and none for who may not read', async () => {
  expect(await verdict(rig.ask('GET /v1/destinations/none/health', { key }))).toBe('404 not-found');
  const sender = await rig.newKey(tenant, ['send']);
  expect(await verdict(rig.ask('GET /v1/destinations/ops/health', { key: sender }))).toBe('403 forbidden');
});
