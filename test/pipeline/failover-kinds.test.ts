import { beforeEach, describe, expect, test } from 'vitest';
import { alertDigest } from '../../lib/core/digest.ts';
import type { Event } from '../../lib/core/event.ts';
import { incidentOf } from '../../lib/core/escalation.ts';
import { type FailoverWorld, openFailoverWorld, tellOf, windowOf } from './failover-world.ts';
import { NOW, type Rig, destination, useRigs } from './rig.ts';

const newRig = useRigs();
const MINUTE = 60_000;
const KEY = 'disk-db1';

let rig: Rig;
let world: FailoverWorld;
let opened: number;
beforeEach(async () => {
  rig = await newRig();
  world = await openFailoverWorld(rig);
  opened = 0;
  const before = { ...world.failovers };
  world.failovers.open = (watches, notes) => {
    opened += watches.length + notes.length;
    return before.open(watches, notes);
  };
});

const told = () => world.deliveries.map((one) => one.split(':')[1]);

describe('the step of an escalation', () => {
  const alert = (id: string, status: string) =>
    world.post({
      id,
      dedupeKey: KEY,
      time: new Date(world.clock.ms).toISOString(),
      data: { title: 'Disk full', status },
    });
  beforeEach(async () => {
    const steps = [{ afterMs: 5 * MINUTE, destinations: ['ops'] }];
    world.routes = [{ id: 'paging', order: 1, destinations: ['boss'], escalate: { steps } }];
    await alert('e1', 'firing');
    await world.until(NOW + 7 * MINUTE);
  });

  test('whoever hears of it in place of the first hears of the end as well', async () => {
    await world.until(NOW + 12 * MINUTE);
    expect(told()).toEqual(['boss', 'ops', 'dev']);
    await alert('e2', 'resolved');
    await world.until(NOW + 15 * MINUTE);
    for (const id of ['boss', 'ops', 'dev']) expect(told().filter((one) => one === id)).toHaveLength(2);
  });

  test.each(['acknowledged', 'over'])('goes to nobody else when its incident is %s', async (state) => {
    expect(told()).toEqual(['boss', 'ops']);
    if (state === 'over') await alert('e2', 'resolved');
    else await world.escalations.acknowledge('acme', incidentOf({ id: '', dedupeKey: KEY }), 'ada');
    await world.until(NOW + 11 * MINUTE + 30_000);
    expect(told()).not.toContain('dev');
  });
});

test('what is told together goes to the next destination together', async () => {
  const window = windowOf(1, NOW);
  const one = { event: 'e1', topic: 'disk', atMs: NOW, title: 'Disk full', text: '', key: 'k', since: NOW };
  const digest = alertDigest(window, { firing: [one], resolved: [], events: [] }, [one], NOW);
  expect(await tellOf(window, digest, rig, world)).toBe(true);
  await world.until(NOW + 7 * MINUTE);
  expect(world.deliveries).toEqual([`${digest.id}:dev`]);
  expect((await world.look(digest.id))?.deliveries).toMatchObject([
    { destination: 'ops', failedOver: { to: 'dev' } },
    { destination: 'dev', failoverOf: 'ops' },
  ]);
});

test('a replay goes where it was sent, and nowhere else', async () => {
  const event: Event = {
    id: 'r1',
    topic: 'note',
    time: new Date(NOW).toISOString(),
    lane: 'normal',
    to: ['ops'],
    replayOf: 'e1',
    data: {},
  };
  const body = JSON.stringify({ v: 1, kind: 'events', tenant: 'acme', pack: 're_1', items: [event] });
  await world.enqueue('events', [{ body, groupId: 'acme' }]);
  await world.until(NOW + 7 * MINUTE);
  expect({ told: told(), opened }).toEqual({ told: ['ops'], opened: 0 });
});

test('what fan-out could not finish goes to the next destination', async () => {
  await world.post({ id: 'e1' });
  expect(await world.bury(world.queue.shift()!)).toEqual([]);
  await world.until(NOW + 7 * MINUTE);
  expect(world.deliveries).toEqual(['e1:dev']);
});

test('events for destinations without a failover write nothing, and timers read nothing', async () => {
  world.destinations = ['ops', 'dev'].map((id) => destination(id));
  let calls = 0;
  const count = async () => {
    calls++;
    return [];
  };
  Object.assign(world.failovers, { open: count, standings: count, postpone: count, finish: count });
  await world.post({ id: 'e1' });
  await world.post({ id: 'e2', scheduledAt: new Date(NOW + 2 * MINUTE).toISOString() });
  await world.until(NOW + 7 * MINUTE);
  expect({ told: told(), calls }).toEqual({ told: ['ops', 'ops'], calls: 0 });
});
