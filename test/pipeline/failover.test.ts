import { beforeEach, expect, test } from 'vitest';
import type { OutcomeWrite } from '../../lib/core/outcome-write.ts';
import { createOutcomes } from '../../lib/stores/outcomes.ts';
import { type FailoverWorld, openFailoverWorld } from './failover-world.ts';
import { NOW, type Rig, destination, useRigs } from './rig.ts';

const newRig = useRigs();
const MINUTE = 60_000;
const TTL = 2e9;

let rig: Rig;
let world: FailoverWorld;
beforeEach(async () => {
  rig = await newRig();
  world = await openFailoverWorld(rig);
});

/** Who was told, in order. */
const told = () => world.deliveries.map((one) => one.split(':')[1]);
const view = async (event: string, to: string) =>
  (await world.look(event))?.deliveries.find((one) => one.destination === to);

/** A worker claims a delivery: it is sending it until its lease runs out. */
async function claim(event: string, to = 'ops', leaseMs = 35_000): Promise<void> {
  const own = { owner: 'w', k: 0, i: 0, attempt: 1, leaseUntil: world.clock.ms + leaseMs, ttl: TTL };
  await world.claims.claim([{ kind: 'insert', ref: { tenant: 'acme', event, destination: to }, own }]);
}
type Ending = Pick<OutcomeWrite, 'state' | 'reason'>;
async function end(event: string, ending: Ending, to = 'ops'): Promise<void> {
  await claim(event, to);
  const ref = { tenant: 'acme', event, destination: to };
  const common = { ref, owner: 'w', attempt: 1, channel: 'chat', since: NOW };
  await createOutcomes(rig.store.ledger, { now: rig.store.now }).write([{ ...common, ...ending }], () => TTL);
}
const complete = (notDelivered: number[] = []) =>
  world.claims.complete({ tenant: 'acme', owner: 'w', k: 0, completion: { n: 1, notDelivered }, ttl: TTL });

test('what nobody has begun to send in time goes to the next destination, once', async () => {
  await world.post({ id: 'e1' });
  await world.until(NOW + 4 * MINUTE);
  expect(told()).toEqual(['ops']);
  await world.until(NOW + 9 * MINUTE);
  expect(world.deliveries).toEqual(['e1:ops', 'e1:dev']);
  expect(await view('e1', 'ops')).toMatchObject({ failedOver: { to: 'dev', state: 'pending' } });
  expect(await view('e1', 'dev')).toMatchObject({ id: 'e1:dev', state: 'pending', failoverOf: 'ops' });
});

test('what was accepted stays where it is', async () => {
  await world.post({ id: 'e1' });
  await world.until(NOW + MINUTE);
  await claim('e1');
  await complete();
  await world.until(NOW + 9 * MINUTE);
  expect(told()).toEqual(['ops']);
  expect(await view('e1', 'ops')).not.toHaveProperty('failedOver');
});

test.each<[Ending['state'], string, boolean]>([
  ['delivered', '', false],
  ['retrying', 'timeout', true],
  ['dead', 'rejected', true],
  ['discarded', 'superseded', false],
])('of what is %s %s somebody else hears: %#', async (state, reason, isPassedOn) => {
  await world.post({ id: 'e1' });
  await world.until(NOW + MINUTE);
  await end('e1', { state, reason });
  await world.until(NOW + 7 * MINUTE);
  expect(told()).toEqual(isPassedOn ? ['ops', 'dev'] : ['ops']);
});

test('what is being sent just then is waited for, and no longer than its lease', async () => {
  await world.post({ id: 'e1' });
  await world.post({ id: 'e2' });
  await world.until(NOW + 5 * MINUTE - 1_000);
  await claim('e1', 'ops', 90_000);
  await world.until(NOW + 6 * MINUTE);
  expect(world.deliveries).toEqual(['e1:ops', 'e2:ops', 'e2:dev']);
  await complete();
  await world.until(NOW + 7 * MINUTE);
  expect(world.deliveries).not.toContain('e1:dev');
});

test('a worker that dies while it sends holds nothing up for long', async () => {
  await world.post({ id: 'e1' });
  await world.until(NOW + 4 * MINUTE);
  await claim('e1', 'ops', 20 * MINUTE);
  await world.until(NOW + 6 * MINUTE);
  expect(told()).toEqual(['ops']);
  await world.until(NOW + 8 * MINUTE);
  expect(told()).toEqual(['ops', 'dev']);
});

test('what the next does not accept goes to the one after it', async () => {
  world.destinations = [
    destination('ops', { failover: { to: 'dev', afterMs: 5 * MINUTE } }),
    destination('dev', { failover: { to: 'boss' } }),
    destination('boss'),
  ];
  await world.post({ id: 'e1' });
  await world.until(NOW + 9 * MINUTE);
  expect(told()).toEqual(['ops', 'dev']);
  await world.until(NOW + 14 * MINUTE);
  expect(told()).toEqual(['ops', 'dev', 'boss']);
  expect(await view('e1', 'dev')).toMatchObject({ failoverOf: 'ops', failedOver: { to: 'boss' } });
});

test('destinations that name each other end all the same', async () => {
  world.destinations = [
    destination('ops', { failover: { to: 'dev', afterMs: MINUTE } }),
    destination('dev', { failover: { to: 'ops', afterMs: MINUTE } }),
  ];
  await world.post({ id: 'e1' });
  await world.until(NOW + 14 * MINUTE);
  // The claim of its delivery stops what comes back.
  expect(new Set(world.deliveries)).toEqual(new Set(['e1:ops', 'e1:dev']));
  expect(world.deliveries.length).toBeLessThan(6);
});

test('a queue that takes nothing loses nothing', async () => {
  await world.post({ id: 'e1' });
  await world.until(NOW + 4 * MINUTE);
  world.isOut = true;
  await world.until(NOW + 8 * MINUTE);
  expect(told()).toEqual(['ops']);
  world.isOut = false;
  await world.until(NOW + 10 * MINUTE);
  expect(told()).toEqual(['ops', 'dev']);
});

test('a watch that cannot be written holds back the message, so that nothing is sent unwatched', async () => {
  const failovers = { ...world.failovers };
  world.failovers.open = async () => [{ kind: 'unknown', code: 'Throttled' }];
  await world.post({ id: 'e1' });
  await world.work();
  expect({ told: told(), waiting: world.queue.length }).toEqual({ told: [], waiting: 1 });
  Object.assign(world.failovers, failovers);
  await world.until(NOW + 7 * MINUTE);
  expect(told()).toEqual(['ops', 'dev']);
});

test('a message that comes twice is watched once', async () => {
  await world.post({ id: 'e1' });
  const [first] = world.queue;
  await world.work();
  world.queue.push({ ...first!, visibleAt: NOW + MINUTE });
  await world.until(NOW + 9 * MINUTE);
  expect(told().filter((id) => id === 'dev')).toHaveLength(1);
});

test('a timer that dies after it has passed on does so again, to the same delivery', async () => {
  await world.post({ id: 'e1' });
  await world.until(NOW + 4 * MINUTE);
  const failovers = { ...world.failovers };
  world.failovers.finish = async () => ({ kind: 'unknown', code: 'Crashed' });
  await world.until(NOW + 6 * MINUTE);
  Object.assign(world.failovers, failovers);
  await world.until(NOW + 9 * MINUTE);
  expect(new Set(world.deliveries)).toEqual(new Set(['e1:ops', 'e1:dev']));
  expect((await world.look('e1'))?.deliveries).toHaveLength(2);
});

test('what nobody wants any more goes nowhere', async () => {
  await world.post({ id: 'e1', expiresAt: new Date(NOW + 3 * MINUTE).toISOString() });
  await world.until(NOW + 7 * MINUTE);
  expect(told()).toEqual(['ops']);
});

test('a topic without claims is not watched: nobody could tell what was accepted', async () => {
  world.topics = [{ id: 'bulk', topics: ['note'], claims: 'off' }];
  await world.post({ id: 'e1' });
  await world.until(NOW + 7 * MINUTE);
  expect(told()).toEqual(['ops']);
});

test('a failover that is taken back in time does not happen', async () => {
  await world.post({ id: 'e1' });
  await world.until(NOW + MINUTE);
  world.destinations = ['ops', 'dev'].map((id) => destination(id));
  await world.until(NOW + 7 * MINUTE);
  expect(told()).toEqual(['ops']);
});

test('what belongs to a person goes to no other: they hear by every way they want', async () => {
  world.destinations = [
    destination('mail', { failover: { to: 'text', afterMs: MINUTE } }),
    destination('text'),
  ];
  world.people = new Map([['ada', { id: 'ada', destinations: [{ through: 'mail', settings: {} }] }]]);
  world.routes = [{ id: 'people', order: 1, destinations: [], recipients: ['ada'] }];
  await world.post({ id: 'e1' });
  await world.until(NOW + 7 * MINUTE);
  expect(world.deliveries).toEqual(['e1:ada.mail']);
});

test('destinations without a failover cost nothing', async () => {
  world.destinations = ['ops', 'dev'].map((id) => destination(id));
  world.failovers.open = async () => {
    throw new Error('not to be written');
  };
  await world.post({ id: 'e1' });
  await world.until(NOW + MINUTE);
  expect(told()).toEqual(['ops']);
});
