import { beforeEach, expect, test } from 'vitest';
import { EMPTY_CATALOG, type Route } from '../../lib/core/catalog.ts';
import { incidentOf, stepEvent } from '../../lib/core/escalation.ts';
import type { Event } from '../../lib/core/event.ts';
import { type EscalateDeps, escalateEvents } from '../../lib/pipeline/escalate.ts';
import { NOW, useRigs } from './rig.ts';
import { openTimedWorld } from './timed-world.ts';

const newRig = useRigs();
const MINUTE = 60_000;
const iso = (ms: number) => new Date(ms).toISOString();
const KEY = 'disk-db1';
const incident = incidentOf({ id: '', dedupeKey: KEY });

const paging: Route = {
  id: 'paging',
  order: 1,
  destinations: ['ops'],
  escalate: {
    steps: [
      { afterMs: 5 * MINUTE, destinations: ['dev'] },
      { afterMs: 10 * MINUTE, destinations: ['ops', 'dev'] },
    ],
  },
};

let world: Awaited<ReturnType<typeof openTimedWorld>>;
beforeEach(async () => {
  world = await openTimedWorld(await newRig());
  world.routes = [paging];
});

const fire = (id: string, atMs = NOW) =>
  world.post({ id, dedupeKey: KEY, time: iso(atMs), data: { title: 'Disk full', status: 'firing' } });
const resolve = (id: string, atMs = world.clock.ms) =>
  world.post({ id, dedupeKey: KEY, time: iso(atMs), data: { title: 'Disk full', status: 'resolved' } });
const eventAt = (id: string, atMs: number): Event => ({
  id,
  topic: 'note',
  time: iso(atMs),
  lane: 'normal',
  dedupeKey: KEY,
  data: { status: 'firing' },
});
/** Who was told, in order, without ids. */
const told = () => world.deliveries.map((one) => one.split(':')[1]);

test('what nobody acknowledges goes on to the next, step by step, and then ends', async () => {
  await fire('e1');
  await world.until(NOW + 4 * MINUTE);
  expect(told()).toEqual(['ops']);
  await world.until(NOW + 6 * MINUTE);
  expect(told()).toEqual(['ops', 'dev']);
  await world.until(NOW + 14 * MINUTE);
  expect(told()).toEqual(['ops', 'dev']);
  await world.until(NOW + 17 * MINUTE);
  expect(told()).toEqual(['ops', 'dev', 'ops', 'dev']);
  await world.until(NOW + 30 * MINUTE);
  expect(told()).toHaveLength(4);
});

test('what somebody acknowledges goes to nobody else, until it happens again', async () => {
  await fire('e1');
  await world.until(NOW + 2 * MINUTE);
  expect(await world.escalations.acknowledge('acme', incident, 'ada')).toMatchObject({
    state: 'acknowledged',
    by: 'ada',
  });
  expect(await world.escalations.acknowledge('acme', incident, 'bob')).toMatchObject({ by: 'ada' });
  await fire('e2', world.clock.ms);
  await world.until(NOW + 25 * MINUTE);
  expect(told()).toEqual(['ops', 'ops']);

  await resolve('e3');
  await world.until(NOW + 26 * MINUTE);
  await fire('e4', NOW + 26 * MINUTE);
  await world.until(NOW + 32 * MINUTE);
  expect(told()).toEqual(['ops', 'ops', 'ops', 'ops', 'dev']);
});

test('it can be acknowledged after the last step, and begins anew with a repeat if it was not', async () => {
  const steps = [{ afterMs: 5 * MINUTE, destinations: ['dev'] }];
  world.routes = [{ ...paging, escalate: { steps } }];
  await fire('e1');
  await world.until(NOW + 7 * MINUTE);
  await fire('e2', world.clock.ms);
  await world.until(NOW + 14 * MINUTE);
  expect(told()).toEqual(['ops', 'dev', 'ops', 'dev']);
  expect(await world.escalations.acknowledge('acme', incident)).toMatchObject({ state: 'acknowledged' });
  await fire('e3');
  await world.until(NOW + 25 * MINUTE);
  expect(told()).toEqual(['ops', 'dev', 'ops', 'dev', 'ops']);
});

test('what is resolved goes to nobody else, even where the route only hears of the begin', async () => {
  world.routes = [{ ...paging, when: 'data.status == "firing"' }];
  await fire('e1');
  await world.until(NOW + 2 * MINUTE);
  await resolve('e2');
  await world.until(NOW + 25 * MINUTE);
  expect(told()).toEqual(['ops']);
});

test('whom a step has told hears of the end, once', async () => {
  await fire('e1');
  await world.until(NOW + 6 * MINUTE);
  await resolve('e2');
  await world.until(NOW + 10 * MINUTE);
  await resolve('e3');
  await world.until(NOW + 25 * MINUTE);
  expect(told()).toEqual(['ops', 'dev', 'ops', 'dev', 'ops']);
});

test('an end that is told long after it happened reaches whom a step has told', async () => {
  await fire('e1');
  await world.until(NOW + 8 * MINUTE);
  await resolve('e2', NOW + MINUTE);
  await world.until(NOW + 12 * MINUTE);
  expect(told()).toHaveLength(4);
  expect(told().at(-1)).toBe('dev');
});

test('what tells of the end is not lost when it cannot be scheduled at first', async () => {
  await fire('e1');
  await world.until(NOW + 6 * MINUTE);
  await resolve('e2');
  const events = { ...world.events };
  world.events.write = async () => [undefined];
  await world.work();
  Object.assign(world.events, events);
  await world.until(NOW + 25 * MINUTE);
  expect(told()).toHaveLength(4);
  expect(told()).toEqual(expect.arrayContaining(['dev', 'dev', 'ops', 'ops']));
});

test('a step that is taken as its incident ends is followed by the end', async () => {
  await fire('e1');
  await world.until(NOW + 4 * MINUTE);
  const escalations = { ...world.escalations };
  world.escalations.note = async (...args) => {
    Object.assign(world.escalations, escalations);
    const seen = (await world.escalations.read('acme', [incident])).get(incident);
    const move = { kind: 'end', replaces: seen } as const;
    await world.escalations.move('acme', [
      { incident, move, event: 'e2', atMs: world.clock.ms, raisedMs: world.clock.ms },
    ]);
    return escalations.note(...args);
  };
  await world.until(NOW + 25 * MINUTE);
  expect(told()).toEqual(['ops', 'dev', 'dev']);
});

test('an end that overtakes its begin keeps it from being escalated', async () => {
  await resolve('e2', NOW + MINUTE);
  await fire('e1');
  await world.until(NOW + 25 * MINUTE);
  expect(told()).toEqual(['ops', 'ops']);
});

test('two events of one incident wake others once', async () => {
  await fire('e1');
  await fire('e2', world.clock.ms);
  await world.until(NOW + 6 * MINUTE);
  expect(told()).toEqual(['ops', 'ops', 'dev']);
});

test('who is slower decides anew by what the faster one wrote, and holds nothing back', async () => {
  await fire('e1');
  await world.work();
  const { move } = world.escalations;
  world.escalations.move = async (tenant, moves) => {
    world.escalations.move = move;
    await move(
      tenant,
      moves.map((one) => ({ ...one, event: 'e0', atMs: one.atMs - 1 })),
    );
    return move(tenant, moves);
  };
  await fire('e2', NOW + 2);
  await world.work();
  expect(told()).toEqual(['ops', 'ops']);
  const known = await world.escalations.read('acme', [incident]);
  expect(known.get(incident)).toMatchObject({ state: 'open', opener: 'e1', began: NOW + 2 });
});

test('a step that comes late ends nothing that has begun since, and hears of its end', async () => {
  await fire('e1');
  await world.work();
  await resolve('e2', NOW + 1);
  await world.work();
  await fire('e3', NOW + 2);
  await world.work();
  const at = { opener: 'e1', incident, route: 'gone', step: 0, round: 0 };
  const late = stepEvent(eventAt('e1', NOW), at, { afterMs: MINUTE, destinations: ['boss'] }, NOW);
  const written: string[] = [];
  const write: EscalateDeps['events']['write'] = async (_, writes) => {
    written.push(...writes.flatMap((one) => (one.kind === 'event' ? [one.event.id] : [])));
    return writes.map(() => 'kept');
  };
  const deps = { escalations: world.escalations, events: { write }, now: () => NOW + MINUTE };
  expect(await escalateEvents('acme', { candidates: [], steps: [late] }, EMPTY_CATALOG, deps)).toBe(true);
  expect(written).toEqual([]);
  const known = (await world.escalations.read('acme', [incident])).get(incident);
  expect(known).toMatchObject({ state: 'open', opener: 'e3', told: ['boss'] });
});

test('whom steps tell at the same time is noted of all of them, and so is who takes care then', async () => {
  await fire('e1');
  await world.work();
  const { escalations } = world;
  const [acknowledged] = await Promise.all([
    escalations.acknowledge('acme', incident, 'ada'),
    ...['a', 'b', 'c'].map((to) => escalations.note('acme', incident, [to])),
  ]);
  expect(acknowledged).toMatchObject({ state: 'acknowledged', by: 'ada' });
  const known = (await escalations.read('acme', [incident])).get(incident);
  expect(known?.told?.toSorted()).toEqual(['a', 'b', 'c']);
});

test('who took care of an incident takes no care of the next one', async () => {
  await fire('e1');
  await world.work();
  await world.escalations.acknowledge('acme', incident, 'ada');
  await resolve('e2', NOW + 1);
  await world.work();
  await fire('e3', NOW + 2);
  await world.work();
  const known = await world.escalations.acknowledge('acme', incident);
  expect(known).toMatchObject({ state: 'acknowledged', opener: 'e3' });
  expect(known).not.toHaveProperty('by');
});

test('a row of news in one pack is one write', async () => {
  await fire('e1');
  await world.work();
  const { move } = world.escalations;
  const made: string[] = [];
  const escalations: EscalateDeps['escalations'] = {
    ...world.escalations,
    move: (tenant, moves) => {
      made.push(...moves.map((one) => `${one.event} ${one.move.kind}`));
      return move(tenant, moves);
    },
  };
  const news = [1, 2, 3, 9, 5].map((ms) => eventAt(`n${ms}`, NOW + ms));
  const candidates = news.map((event) => ({ event, routes: ['paging'] }));
  const deps = { escalations, events: { write: async () => [] }, now: () => NOW + 10 };
  expect(await escalateEvents('acme', { candidates, steps: [] }, EMPTY_CATALOG, deps)).toBe(true);
  expect(made).toEqual(['n9 again']);
});

test('steps begin anew as often as the route says', async () => {
  const steps = [{ afterMs: 5 * MINUTE, destinations: ['dev'] }];
  world.routes = [{ ...paging, escalate: { steps, repeat: 2 } }];
  await fire('e1');
  await world.until(NOW + 25 * MINUTE);
  expect(told()).toEqual(['ops', 'dev', 'dev', 'dev']);
});

test('a message that comes again starts nothing a second time', async () => {
  await fire('e1');
  const [first] = world.queue;
  await world.work();
  world.queue.push({ ...first!, visibleAt: NOW + MINUTE });
  await world.until(NOW + 6 * MINUTE);
  // The copy is enqueued again, and stopped by the claim of its delivery; the step is one.
  expect(told()).toEqual(['ops', 'ops', 'dev']);
});

test('a step that cannot be scheduled holds back the message, so that nothing is lost', async () => {
  await fire('e1');
  const working = { ...world.events };
  Object.assign(world.events, { write: async () => [undefined] });
  await world.work();
  expect({ told: told(), waiting: world.queue.length }).toEqual({ told: [], waiting: 1 });
  Object.assign(world.events, working);
  await world.until(NOW + 6 * MINUTE);
  expect(told()).toEqual(['ops', 'dev']);
});

test('of a route that is gone the step that waits is the last', async () => {
  const steps = [{ afterMs: 5 * MINUTE, destinations: ['dev'] }];
  world.routes = [{ ...paging, escalate: { steps, repeat: 9 } }];
  await fire('e1');
  await world.until(NOW + 6 * MINUTE);
  world.routes = [];
  await world.until(NOW + 30 * MINUTE);
  expect(told()).toEqual(['ops', 'dev', 'dev']);
});

test('what a mute window keeps back is nothing to wake others for', async () => {
  world.routes = [{ ...paging, mute: [{ zone: 'UTC' }] }];
  await fire('e1');
  await world.until(NOW + 25 * MINUTE);
  expect(told()).toEqual([]);
});

test('events that nobody escalates cost no read of incidents', async () => {
  world.routes = [{ id: 'all', order: 1, destinations: ['ops'] }];
  world.escalations.read = async () => {
    throw new Error('not to be read');
  };
  await fire('e1');
  await world.until(NOW + MINUTE);
  expect(told()).toEqual(['ops']);
});
