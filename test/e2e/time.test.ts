import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LocalStack } from '../../cdk/local/local-stack.ts';
import { type Driver, PATIENT, TEST } from './rig.ts';
import { startWith } from './start-with.ts';

const webhook = (id: string) => ({ id, channel: 'webhook', settings: { url: `\${TWIN_URL}/webhook/${id}` } });
const CATALOG = {
  destinations: [webhook('later'), { ...webhook('few'), cap: { max: 2, perMs: 600_000 } }, webhook('night')],
  topics: [{ id: 'disks', topics: ['disk.*'], dedupeMs: 600_000, dedupeBy: 'data.host' }],
  routes: [
    { id: 'later', topics: ['later'], destinations: ['later'] },
    { id: 'few', topics: ['few', 'disk.*'], destinations: ['few'] },
    { id: 'night', topics: ['night'], destinations: ['night'], mute: [{ zone: 'UTC' }] },
  ],
};
const iso = (ms: number) => new Date(ms).toISOString();

describe('time on a stack', TEST, () => {
  let stack: LocalStack;
  let user: Driver;
  beforeAll(async () => {
    ({ stack, user } = await startWith(CATALOG));
  });
  afterAll(() => stack.close());

  const post = async (topic: string, more: object = {}): Promise<string> => {
    const [id = ''] = await user.post('/v1/events', { topic, data: { title: 'Hello' }, ...more });
    return id;
  };
  const look = async (id: string) => (await user.call('GET', `/v1/events/${id}`)).body;
  const becomes = async (id: string, told: object) => {
    await expect.poll(() => look(id), PATIENT).toMatchObject(told);
  };

  test('brings a scheduled event when it is due, and not before', async () => {
    const atMs = Date.now() + 4_000;
    const id = await post('later', { scheduledAt: iso(atMs) });
    expect(await look(id)).toMatchObject({ state: 'held', reason: 'scheduled', deliveries: [] });
    await becomes(id, { deliveries: [{ destination: 'later', state: 'delivered' }] });
    const received = (await user.inbox('channel=webhook')).find(({ raw }) => raw.includes(id));
    expect(Date.parse(received?.at ?? '')).toBeGreaterThanOrEqual(atMs);
    expect((await user.call('DELETE', `/v1/events/${id}`)).status).toBe(409);
  });

  test('brings none that was cancelled, wherever it waited', async () => {
    const ids = await Promise.all(
      [5_000, 3_600_000].map((ms) => post('later', { scheduledAt: iso(Date.now() + ms) })),
    );
    for (const id of ids) {
      expect((await user.call('DELETE', `/v1/events/${id}`)).status).toBe(204);
      expect(await look(id)).toMatchObject({ state: 'discarded', reason: 'cancelled' });
    }
    const last = await post('later', { scheduledAt: iso(Date.now() + 7_000) });
    await becomes(last, { deliveries: [{ state: 'delivered' }] });
    expect(await look(ids[0]!)).toMatchObject({ reason: 'cancelled', deliveries: [] });
  });

  test('keeps back what is muted, what is a duplicate, and what is beyond a cap', async () => {
    const kept = (reason: string, by: string) => ({ deliveries: [{ state: 'discarded', reason, by: [by] }] });
    await becomes(await post('night'), kept('silenced', 'route:night'));
    const host = { data: { title: 'Full', host: 'db1' } };
    await becomes(await post('disk.full', host), { deliveries: [{ state: 'delivered' }] });
    await becomes(await post('disk.full', host), kept('duplicate', 'topic:disks'));
    await becomes(await post('few'), { deliveries: [{ state: 'delivered' }] });
    await becomes(await post('few'), kept('capped', 'destination:few'));
    const urgent = await post('few', { severity: 'critical' });
    await becomes(urgent, { deliveries: [{ state: 'delivered' }] });
    expect(await look(urgent)).not.toHaveProperty('state');
  });

  test('needs no right that a function does not have', async () => {
    const silence = { topics: ['x'], endsAt: iso(Date.now() + 60_000), reason: 'r', notify: ['later'] };
    expect((await user.call('POST', '/v1/silences', silence)).status).toBe(201);
    await stack.invoke('Timers', {});
    const { functions } = await user.stats();
    expect(Object.entries(functions).filter(([, { denied, errors }]) => denied + errors > 0)).toEqual([]);
  });
});
