import { expect, test } from 'vitest';
import { perDelivery } from '../../load/cost/count.ts';
import { PROFILES, runFanfare, runNaive } from '../../load/cost/run.ts';
import { openWorld } from '../../load/cost/world.ts';

const FEW = { ...PROFILES.single, events: 20 };

test(
  'both stacks deliver all of it in one local stack, and are counted apart',
  { timeout: 120_000 },
  async () => {
    const world = await openWorld();
    try {
      const [fanfare, naive] = [await runFanfare(FEW, world), await runNaive(FEW, world)];
      expect([fanfare.deliveries, naive.deliveries]).toEqual([60, 60]);
      // A claim is one, the event and its fan-out record are shared by three, completion records by what comes together.
      expect(perDelivery(fanfare).writes).toBeGreaterThan(1.6);
      expect(perDelivery(fanfare).writes).toBeLessThan(3);
      // Two of the idempotency of a delivery, two of its limiter, two thirds of the idempotency of its event.
      expect(perDelivery(naive).writes).toBeGreaterThan(4);
      expect(perDelivery(naive).writes).toBeLessThan(5);
      for (const count of [fanfare, naive])
        for (const hop of ['ingest', 'fan-out', 'deliver'] as const) {
          expect(count.hops[hop].invocations).toBeGreaterThan(0);
          expect(count.hops[hop].compute).toBeGreaterThan(0);
        }
      expect(naive.hops.deliver.egress / fanfare.hops.deliver.egress).toBeLessThan(2.5);
    } finally {
      await world.close();
    }
  },
);
