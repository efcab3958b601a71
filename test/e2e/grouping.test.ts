import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SILENT_VIEW } from '../../cdk/local/console-view.ts';
import { type LocalStack, startLocalStack } from '../../cdk/local/local-stack.ts';
import { type Driver, PATIENT, TEST, driver } from './rig.ts';

const HOUR = 3_600_000;
const webhook = (id: string, more = {}) => {
  return { id, channel: 'webhook', settings: { url: `\${TWIN_URL}/webhook/${id}` }, ...more };
};
const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 16);

/** Whatever the time of day, it is quiet now. */
const quietHours = { from: clock(Date.now() - HOUR), to: clock(Date.now() + 2 * HOUR), zone: 'UTC' };
const CATALOG = JSON.stringify({
  destinations: [webhook('ops'), webhook('sleeper', { quietHours })],
  routes: [
    {
      id: 'alerts',
      topics: ['alert.*'],
      destinations: ['ops'],
      group: { by: ['data.alertname'], waitMs: 0 },
    },
    { id: 'rest', default: true, destinations: ['sleeper'] },
  ],
});

const alert = (n: number) => ({
  status: 'firing',
  labels: { alertname: 'DiskFull', severity: n === 7 ? 'critical' : 'warning', instance: `db-${n}` },
  annotations: { summary: `disk of db-${n} is full` },
  startsAt: new Date().toISOString(),
});

describe('a stack that groups', TEST, () => {
  const dir = mkdtempSync(join(tmpdir(), 'fanfare-grouping-'));
  const denied: string[] = [];
  let stack: LocalStack;
  let user: Driver;
  beforeAll(async () => {
    const catalog = join(dir, 'catalog.json');
    writeFileSync(catalog, CATALOG);
    const view = { ...SILENT_VIEW, denied: (...what: unknown[]) => void denied.push(what.join(' ')) };
    stack = await startLocalStack({ reuse: true, catalog, view });
    user = driver(stack);
  });
  afterAll(async () => {
    await stack?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const received = (destination: string) => user.inbox(`verdict=accepted&destination=${destination}`);

  test('thirty alerts become one message, and each of them tells what it was told with', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 30; n += 10) {
      const alerts = Array.from({ length: 10 }, (_, index) => alert(n + index));
      ids.push(
        ...(await user.post('/webhook', {
          version: '4',
          status: 'firing',
          groupKey: '{}',
          receiver: 'fanfare',
          alerts,
        })),
      );
    }
    const states = async () =>
      (await Promise.all(ids.map((id) => user.delivery(id)))).map((one) => one?.state);
    await expect.poll(states, PATIENT).toEqual(ids.map(() => 'held'));
    const [digest] = await user.listed('held');
    await stack.invoke('Timers', {});

    await expect.poll(states, PATIENT).toEqual(ids.map(() => 'delivered'));
    const messages = await received('ops');
    expect(messages).toHaveLength(1);
    expect(JSON.stringify(messages[0]!.body)).toContain('[FIRING:30] DiskFull');
    expect(JSON.stringify(messages[0]!.body)).toContain('disk of db-29 is full');
    expect(await user.delivery(ids[0]!)).toMatchObject({ state: 'delivered', digest });
    expect(await user.listed('held')).toEqual([]);
    expect(denied).toEqual([]);
  });

  test('quiet hours hold what is not critical, and say until when', async () => {
    const event = { topic: 'orders.paid', data: { title: 'Paid' } };
    const [held = ''] = await user.post('/v1/events', event);
    const [critical = ''] = await user.post('/v1/events', { ...event, severity: 'critical' });
    await expect.poll(async () => (await user.delivery(critical))?.state, PATIENT).toBe('delivered');
    await stack.invoke('Timers', {});
    const waiting = await user.delivery(held);
    expect(waiting).toMatchObject({ state: 'held', reason: 'quietHours' });
    expect(waiting!.nextAt!.slice(11, 16)).toBe(quietHours.to);
    expect(await received('sleeper')).toHaveLength(1);
    const { status, body } = await user.call('POST', `/v1/deliveries/${held}:sleeper/discard`);
    expect([status, body]).toMatchObject([
      409,
      { detail: expect.stringContaining('told together with others') },
    ]);
    const explained = (await user.call('POST', '/v1/explain', { event })).body;
    expect(explained).toMatchObject({
      deliveries: [{ destination: 'sleeper', state: 'held', reason: 'quietHours', until: waiting!.nextAt }],
    });
  });
});
