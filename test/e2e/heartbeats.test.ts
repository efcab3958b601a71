import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LocalStack } from '../../cdk/local/local-stack.ts';
import { type Driver, PATIENT, TEST } from './rig.ts';
import { startWith } from './start-with.ts';

const CATALOG = {
  destinations: [{ id: 'ops', channel: 'webhook', settings: { url: '${TWIN_URL}/webhook/ops' } }],
  routes: [{ id: 'ops', topics: ['alert.*'], destinations: ['ops'] }],
  heartbeats: [{ id: 'backup', everyMs: 10_000, graceMs: 0, severity: 'critical' }],
};

describe('a heartbeat on a stack', TEST, () => {
  let stack: LocalStack;
  let user: Driver;
  beforeAll(async () => {
    ({ stack, user } = await startWith(CATALOG));
  });
  afterAll(() => stack.close());

  const state = async () => (await user.call('GET', '/v1/heartbeats/backup')).body;
  /** The timers look now, and not in a minute. */
  const told = async (): Promise<readonly string[]> => {
    await stack.invoke('Timers', {});
    const received = await user.inbox('channel=webhook');
    return received.flatMap(({ raw }) => /\[(?:FIRING|RESOLVED)\]/.exec(raw) ?? []);
  };

  test('raises an alert when it stops, and resolves it when it beats again', async () => {
    expect(await state()).toMatchObject({ state: 'ok', lateAt: expect.any(String) });
    await expect.poll(told, { ...PATIENT, interval: 1_000 }).toEqual(['[FIRING]']);
    expect(await state()).toMatchObject({ state: 'late', lateSince: expect.any(String) });
    const { body } = await user.call('GET', '/api/v2/alerts');
    expect(body).toMatchObject([{ labels: { heartbeat: 'backup' }, receivers: [{ name: 'ops' }] }]);

    const beat = async () => {
      expect((await user.call('POST', '/v1/heartbeats/backup')).status).toBe(204);
      return await told();
    };
    await expect.poll(beat, PATIENT).toEqual(['[FIRING]', '[RESOLVED]']);
    expect(await state()).toMatchObject({ state: 'ok', lastBeatAt: expect.any(String) });
    expect((await user.call('GET', '/api/v2/alerts')).body).toEqual([]);
  });

  test('is gone when it is removed', async () => {
    expect((await user.call('DELETE', '/v1/heartbeats/backup')).status).toBe(204);
    expect((await user.call('POST', '/v1/heartbeats/none')).status).toBe(404);
  });

  test('needs no right that a function does not have', async () => {
    const { functions } = await user.stats();
    expect(Object.entries(functions).filter(([, { denied, errors }]) => denied + errors > 0)).toEqual([]);
  });
});
