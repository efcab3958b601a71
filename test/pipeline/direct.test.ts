import { expect, test } from 'vitest';
import { NOW, useRigs } from './rig.ts';
import { openTimedWorld } from './timed-world.ts';

const newRig = useRigs();

test('what names its destinations goes there, at its time, and routes are not asked', async () => {
  const world = await openTimedWorld(await newRig());
  await world.post({ id: 'e1', destinations: ['dev'] });
  await world.post({
    id: 'e2',
    destinations: ['dev', 'nobody'],
    scheduledAt: new Date(NOW + 60_000).toISOString(),
  });
  await world.tick();
  expect(world.deliveries).toEqual(['e1:dev']);
  await world.until(NOW + 120_000);
  expect(world.deliveries).toEqual(['e1:dev', 'e2:dev', 'e2:nobody']);
});
