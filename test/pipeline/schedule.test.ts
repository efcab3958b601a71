import { beforeEach, expect, test } from 'vitest';
import { NOW, useRigs } from './rig.ts';
import { openTimedWorld } from './timed-world.ts';

const newRig = useRigs();
const MINUTE = 60_000;
const DAY = 86_400_000;
const iso = (ms: number) => new Date(ms).toISOString();

let world: Awaited<ReturnType<typeof openTimedWorld>>;
beforeEach(async () => {
  world = await openTimedWorld(await newRig());
});

test.each([
  ['seconds', 30_000],
  ['two minutes', 2 * MINUTE],
  ['a quarter of an hour', 16 * MINUTE + 1_500],
])('an event for %s ahead is held until then, and goes by the routes of then', async (_, aheadMs) => {
  const atMs = NOW + aheadMs;
  expect(await world.post({ id: 'e1', scheduledAt: iso(atMs) })).toEqual({ kind: 'accepted', id: 'e1' });
  expect(await world.look('e1')).toMatchObject({
    state: 'held',
    reason: 'scheduled',
    scheduledAt: iso(atMs),
    time: iso(atMs),
    deliveries: [],
  });
  await world.until(atMs - 1);
  expect(world.deliveries).toEqual([]);
  world.routes = [{ id: 'all', order: 1, destinations: ['dev'] }];
  await world.until(atMs + 1_000);
  expect(world.deliveries).toEqual(['e1:dev']);
  const told = await world.look('e1');
  expect(told).toMatchObject({ scheduledAt: iso(atMs), deliveries: [{ destination: 'dev' }] });
  expect(told).not.toHaveProperty('state');
  await world.until(atMs + 20 * MINUTE, 10 * MINUTE);
  expect(world.deliveries).toEqual(['e1:dev']);
});

test('one for an hour ahead is in no queue until its time, and safe all the same', async () => {
  await world.post({ id: 'e1', scheduledAt: iso(NOW + 60 * MINUTE), lane: 'urgent' });
  expect(world.queue).toEqual([]);
  await world.until(NOW + 58 * MINUTE, 29 * MINUTE);
  expect(world.queue).toEqual([]);
  await world.until(NOW + 59 * MINUTE);
  expect(world.queue.map(({ queue, visibleAt }) => [queue, visibleAt])).toEqual([
    ['urgent', NOW + 60 * MINUTE],
  ]);
});

test.each([
  ['the queue takes nothing at its time', 1],
  ['its message is lost on the way', 0],
])('it comes again when %s', async (_, outage) => {
  const atMs = NOW + 10 * MINUTE;
  await world.post({ id: 'e1', scheduledAt: iso(atMs) });
  world.isOut = outage === 1;
  await world.until(atMs - MINUTE);
  world.queue.length = 0;
  world.isOut = false;
  await world.until(atMs + 20 * MINUTE, 5 * MINUTE);
  expect(world.deliveries).toEqual(['e1:ops']);
});

test('two messages of one are one pack, with one record of where it went', async () => {
  const atMs = NOW + 10 * MINUTE;
  await world.post({ id: 'e1', scheduledAt: iso(atMs) });
  await world.until(atMs - MINUTE);
  const copy = { ...world.queue[0]! };
  await world.until(atMs);
  world.routes = [{ id: 'all', order: 1, destinations: ['dev'] }];
  world.queue.push(copy);
  await world.until(atMs + MINUTE);
  expect(world.deliveries).toEqual(['e1:ops', 'e1:ops']);
});

test('it can be cancelled until fan-out has it, whoever holds it by then', async () => {
  const atMs = NOW + 10 * MINUTE;
  for (const id of ['e1', 'e2', 'e3']) await world.post({ id, scheduledAt: iso(atMs) });
  const cancel = (event: string) => world.schedule.cancel({ tenant: 'acme', event });
  expect(await cancel('e1')).toBe('cancelled');
  await world.until(atMs - MINUTE);
  expect(world.queue).toHaveLength(2);
  expect(await cancel('e2')).toBe('cancelled');
  await world.until(atMs);
  expect(await Promise.all(['e1', 'e2', 'e3', 'e4'].map(cancel))).toEqual([
    'cancelled',
    'cancelled',
    'over',
    'missing',
  ]);
  await world.until(atMs + 20 * MINUTE, 10 * MINUTE);
  expect(world.deliveries).toEqual(['e3:ops']);
  expect(await world.look('e2')).toMatchObject({ state: 'discarded', reason: 'cancelled', deliveries: [] });
});

test('one that was fanned out before its record was written is on its way, whatever the record says', async () => {
  const events = { ...world.events };
  const late: (() => Promise<unknown>)[] = [];
  Object.assign(world.events, {
    write: async (...[tenant, writes]: Parameters<typeof events.write>) => {
      late.push(() => events.write(tenant, writes));
      return writes.map((one) => ('hash' in one ? one.hash : ''));
    },
  });
  const receipt = await world.post({ scheduledAt: iso(NOW + 2_000) });
  const event = 'id' in receipt ? receipt.id : '';
  Object.assign(world.events, events);
  await world.until(NOW + 3_000, 1_000);
  await late[0]!();
  expect(world.deliveries).toEqual([`${event}:ops`]);
  expect(await world.look(event)).not.toHaveProperty('state');
  expect(await world.schedule.cancel({ tenant: 'acme', event })).toBe('over');
});

test('a cancelled one that ends among the dead letters is not dead', async () => {
  await world.post({ id: 'e1', scheduledAt: iso(NOW + MINUTE) });
  await world.schedule.cancel({ tenant: 'acme', event: 'e1' });
  expect(await world.bury(world.queue[0]!)).toEqual([]);
  expect(await world.look('e1')).toMatchObject({ reason: 'cancelled', deliveries: [] });
});

test('one that ends there otherwise is given up, and no longer scheduled', async () => {
  await world.post({ id: 'e1', scheduledAt: iso(NOW + MINUTE) });
  expect(await world.bury(world.queue[0]!)).toEqual([]);
  const told = await world.look('e1');
  expect(told).toMatchObject({ deliveries: [{ state: 'dead', reason: 'fanOut' }] });
  expect(told).not.toHaveProperty('state');
});

test('a post that comes again is a duplicate, before its time and after; another time is another event', async () => {
  const scheduledAt = iso(NOW + 10 * MINUTE);
  const again = async () => world.post({ id: 'e1', scheduledAt });
  expect([await again(), await again()].map((one) => 'kind' in one && one.kind)).toEqual([
    'accepted',
    'duplicate',
  ]);
  expect(await world.post({ id: 'e1', scheduledAt: iso(NOW + 11 * MINUTE) })).toMatchObject({
    kind: 'refused',
  });
  await world.until(NOW + 20 * MINUTE, 5 * MINUTE);
  expect(await again()).toEqual({ kind: 'duplicate', id: 'e1' });
  expect(world.deliveries).toEqual(['e1:ops']);
});

test('a time that lies behind means now', async () => {
  expect(await world.post({ id: 'e1', scheduledAt: iso(NOW - DAY) })).toMatchObject({ kind: 'accepted' });
  expect(await world.look('e1')).not.toHaveProperty('scheduledAt');
  await world.tick();
  expect(world.deliveries).toEqual(['e1:ops']);
});

test('an event of an ordered topic cannot be scheduled, and is told so', async () => {
  expect(await world.post({ topic: 'line.a', scheduledAt: iso(NOW + MINUTE) })).toMatchObject({
    kind: 'refused',
    problem: { slug: 'validation', detail: expect.stringContaining('ordered') },
  });
  expect(world.queue).toEqual([]);
  expect(await world.post({ topic: 'line.a', scheduledAt: iso(NOW - MINUTE) })).toMatchObject({
    kind: 'accepted',
  });
});

test('the record of an event of a month ahead outlives what is kept of its deliveries', async () => {
  const atMs = NOW + 30 * DAY;
  await world.post({ id: 'e1', scheduledAt: iso(atMs) });
  expect((await world.events.read('acme', ['e1'])).get('e1')?.ttl).toBeGreaterThan((atMs + 30 * DAY) / 1_000);
});
