import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { NOW, type Rig, startManage, verdict } from './manage-rig.ts';

let rig: Rig;
let key: string;
let count = 0;

beforeAll(async () => {
  rig = await startManage();
});
afterAll(() => rig.close());
beforeEach(async () => {
  key = await rig.newKey(`failover${count++}`);
  for (const id of ['slack', 'mail', 'pager']) await put(id, undefined, {});
});

const put = (id: string, failover?: object, headers: Record<string, string> = { 'if-match': '*' }) => {
  const settings = { url: 'https://example.com/x' };
  const body = { channel: 'webhook', settings, ...(failover && { failover }) };
  return rig.ask(`PUT /v1/destinations/${id}`, { key, body, headers });
};
const errorOf = async (answer: ReturnType<typeof put>) => (await answer).body;

test('a failover leads to a destination that is there, and stays there', async () => {
  expect(await errorOf(put('slack', { to: 'nobody' }))).toMatchObject({
    errors: [{ pointer: '/failover/to', code: 'unknown' }],
  });
  expect(await put('slack', { to: 'mail' })).toMatchObject({
    status: 200,
    body: { failover: { to: 'mail' } },
  });
  const removal = rig.ask('DELETE /v1/destinations/mail', { key });
  expect(await verdict(removal)).toBe('409 conflict');
});

test('a failover that comes back is refused, however long its way', async () => {
  expect(await errorOf(put('slack', { to: 'slack' }))).toMatchObject({
    errors: [{ pointer: '/failover/to', detail: 'it would come back: slack, then slack' }],
  });
  await put('slack', { to: 'mail' });
  await put('mail', { to: 'pager' });
  expect(await errorOf(put('pager', { to: 'slack' }))).toMatchObject({
    errors: [{ detail: 'it would come back: pager, then slack, then mail, then pager' }],
  });
  expect(await put('slack', { to: 'pager' })).toMatchObject({ status: 200 });
});

test('explain says who would hear of it when', async () => {
  await put('mail', { to: 'pager', afterMs: 60_000 });
  await put('slack', { to: 'mail' });
  await rig.ask('PUT /v1/routes/all', { key, body: { destinations: ['slack', 'pager'] } });
  const { body } = await rig.ask('POST /v1/explain', { key, body: { event: { topic: 'a', data: {} } } });
  expect(body).toMatchObject({
    deliveries: [
      {
        destination: 'slack',
        failover: [
          { to: 'mail', at: new Date(NOW + 300_000).toISOString() },
          { to: 'pager', at: new Date(NOW + 360_000).toISOString() },
        ],
      },
      { destination: 'pager' },
    ],
  });
  expect((body as { deliveries: object[] }).deliveries[1]).not.toHaveProperty('failover');
});
