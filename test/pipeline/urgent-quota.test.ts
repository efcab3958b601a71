import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Event } from '../../lib/core/event.ts';
import { writeEvent } from '../../lib/core/event-text.ts';
import type { MetricName } from '../../lib/core/metrics.ts';
import { createUrgentQuota, withinQuota } from '../../lib/pipeline/ingest/urgent-quota.ts';
import type { Fresh } from '../../lib/pipeline/ingest/work.ts';
import { createLimits } from '../../lib/stores/limits.ts';
import { NOW, type Store, openStore } from '../stores/engines.ts';

let store: Store;
beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());

let tenants = 0;
let tenant: string;
const metrics = new Map<MetricName, number>();
beforeEach(() => {
  store.clock.ms = NOW;
  store.sent.length = 0;
  tenant = `u${tenants++}`;
  metrics.clear();
});

const telemetry = {
  add: (metric: MetricName, value = 1) => void metrics.set(metric, (metrics.get(metric) ?? 0) + value),
  log: () => undefined,
};
const worker = (limits = store.limits) =>
  createUrgentQuota({ limits: createLimits(limits, store), telemetry, now: store.now });

const fresh = (lanes: readonly Event['lane'][]): Fresh[] =>
  lanes.map((lane, index) => ({
    ...writeEvent({ id: `e${index}`, topic: 'a', time: '', lane, data: {} }),
    hash: '',
    isAlert: false,
    isContested: false,
    verdict: { kind: 'fresh', id: `e${index}` },
  }));
const lanesOf = async (
  take: ReturnType<typeof worker>,
  lanes: readonly Event['lane'][],
  perSecond?: number,
) =>
  (await withinQuota(tenant, fresh(lanes), perSecond, { takeUrgent: take, telemetry })).map(
    ({ event }) => event.lane,
  );

describe('urgent events', () => {
  test('are free while they are few', async () => {
    const take = worker();
    for (let minute = 0; minute < 3; minute++) {
      expect(await take(tenant, 4)).toBe(true);
      expect(await take(tenant, 6)).toBe(true);
      store.clock.ms += 60_000;
    }
    expect(store.sent).toEqual([]);
  });

  test('cost one write a post when they are many, and none once they are known to be too many', async () => {
    const take = worker();
    expect(await take(tenant, 100)).toBe(true);
    expect(await take(tenant, 1)).toBe(false);
    expect(await take(tenant, 1)).toBe(false);
    expect(store.sent).toEqual(['UpdateItemCommand']);
  });

  test('beyond the quota travel with the normal ones, and are counted', async () => {
    const take = worker();
    expect(
      await lanesOf(
        take,
        Array.from({ length: 50 }, () => 'urgent'),
      ),
    ).not.toContain('normal');
    expect(await lanesOf(take, ['urgent', 'normal', 'urgent'])).toEqual(['normal', 'normal', 'normal']);
    expect(metrics.get('UrgentSlowed')).toBe(2);
    store.clock.ms += 5_000;
    expect(await lanesOf(take, ['urgent'])).toEqual(['urgent']);
  });

  test('have the rate of their key, in all functions together', async () => {
    const crew = [worker(), worker(), worker()];
    let urgent = 0;
    for (let at = 0; at < 60_000; at += 100) {
      store.clock.ms = NOW + at;
      for (const take of crew) if (await take(tenant, 1, 5)) urgent++;
    }
    // Five a second for a minute, what a second ahead allows, and what is free in each function.
    expect(urgent).toBeGreaterThanOrEqual(300);
    expect(urgent).toBeLessThanOrEqual(300 + 6 + 30);
  });

  test('of one tenant use up nothing of another', async () => {
    const take = worker();
    await take(tenant, 500);
    expect(await take('somebody', 11)).toBe(true);
  });

  test('are let through when the quota cannot be looked at', async () => {
    expect(await worker({ ...store.limits, name: 'nowhere' })(tenant, 500)).toBe(true);
  });
});

test('posts without urgent events are asked nothing', async () => {
  expect(await lanesOf(() => Promise.reject(new Error('asked')), ['normal'])).toEqual(['normal']);
});
