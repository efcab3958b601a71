import { beforeEach, describe, expect, test } from 'vitest';
import { alertDigest } from '../../lib/core/digest.ts';
import type { Member } from '../../lib/core/member.ts';
import { isoTime } from '../../lib/core/iso-time.ts';
import { type FailoverWorld, openFailoverWorld, tellOf, windowOf } from './failover-world.ts';
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

/** Which events somebody was told of, each once however often it was sent: its claim stops the others. */
const toldTo = (to: string) => [
  ...new Set(world.deliveries.flatMap((one) => (one.endsWith(`:${to}`) ? [one.split(':')[0]!] : []))),
];

const alert = (id: string, status: 'firing' | 'resolved') =>
  world.post({ id, dedupeKey: 'disk', time: isoTime(world.clock.ms), data: { title: id, status } });

let batches = 0;
/** Its provider takes what somebody was to hear. */
async function accept(event: string, to = 'ops'): Promise<void> {
  const owner = `w${batches++}`;
  const own = { owner, k: 0, i: 0, attempt: 1, leaseUntil: world.clock.ms + 35_000, ttl: TTL };
  await world.claims.claim([{ kind: 'insert', ref: { tenant: 'acme', event, destination: to }, own }]);
  await world.claims.complete({
    tenant: 'acme',
    owner,
    k: 0,
    completion: { n: 1, notDelivered: [] },
    ttl: TTL,
  });
}

async function posted(id: string, status: 'firing' | 'resolved', isAccepted: boolean): Promise<void> {
  await alert(id, status);
  await world.until(world.clock.ms + MINUTE);
  if (isAccepted) await accept(id);
}
const later = (minutes: number) => world.until(world.clock.ms + minutes * MINUTE);

describe('who has heard in place of a destination that an alert fires', () => {
  test('hears of its end, which the destination accepts', async () => {
    await posted('begin', 'firing', false);
    await later(7);
    expect(toldTo('dev')).toEqual(['begin']);
    await posted('end', 'resolved', true);
    expect(toldTo('dev')).toEqual(['begin', 'end']);
    await later(9);
    expect(toldTo('dev')).toEqual(['begin', 'end']);
    expect((await world.look('end'))?.deliveries.map((one) => one.destination)).toEqual(['ops', 'dev']);
  });

  test('hears of it once where the destination does not accept that either', async () => {
    await posted('begin', 'firing', false);
    await later(7);
    await posted('end', 'resolved', false);
    await later(9);
    expect(toldTo('dev')).toEqual(['begin', 'end']);
  });

  test('hears of an end that came before', async () => {
    await posted('begin', 'firing', false);
    await posted('end', 'resolved', true);
    expect(toldTo('dev')).toEqual([]);
    await later(9);
    expect(toldTo('dev')).toEqual(['begin', 'end']);
  });

  test('hears nothing of what the destination has accepted since', async () => {
    await posted('begin', 'firing', false);
    await later(7);
    await posted('end', 'resolved', true);
    await posted('again', 'firing', true);
    await posted('over', 'resolved', true);
    await later(9);
    expect(toldTo('dev')).toEqual(['begin', 'end']);
  });

  test('hears of it once where the route leads there anyhow', async () => {
    world.routes = [{ id: 'all', order: 1, destinations: ['ops', 'dev'] }];
    await posted('begin', 'firing', false);
    await later(7);
    await posted('end', 'resolved', true);
    await later(1);
    expect(world.deliveries.filter((one) => one === 'end:dev')).toHaveLength(1);
  });

  test('hears of it wherever the chain has led', async () => {
    world.destinations = [
      destination('ops', { failover: { to: 'dev', afterMs: 5 * MINUTE } }),
      destination('dev', { failover: { to: 'boss', afterMs: 5 * MINUTE } }),
      destination('boss'),
    ];
    await posted('begin', 'firing', false);
    await later(14);
    expect(toldTo('boss')).toEqual(['begin']);
    await posted('end', 'resolved', true);
    expect([toldTo('dev'), toldTo('boss')]).toEqual([
      ['begin', 'end'],
      ['begin', 'end'],
    ]);
  });

  test('hears of it in the words of the route', async () => {
    world.routes = [{ id: 'all', order: 1, destinations: ['ops'], template: 'short' }];
    world.templates = [{ id: 'short', title: 'In short: {{data.title}}' }];
    await posted('begin', 'firing', false);
    await later(7);
    await posted('end', 'resolved', true);
    expect(titlesFor('dev')).toEqual(['In short: Not accepted by ops: begin', 'In short: end']);
  });
});

const titlesFor = (to: string) =>
  world.packs.flatMap((body) => {
    const pack = JSON.parse(body) as { destination: string; items: { notification: { title: string } }[] };
    return pack.destination === to ? pack.items.map(({ notification }) => notification.title) : [];
  });

test('what cannot be noted holds back the message, so that nobody is left out', async () => {
  await posted('begin', 'firing', false);
  await later(7);
  const before = { ...world.standIns };
  world.standIns.note = async () => {
    throw new Error('throttled');
  };
  await alert('end', 'resolved');
  await world.work();
  expect({ ops: toldTo('ops'), waiting: world.queue.length }).toEqual({ ops: ['begin'], waiting: 1 });
  Object.assign(world.standIns, before);
  await world.work();
  expect(toldTo('dev')).toEqual(['begin', 'end']);
});

test('nothing is written where no destination has a failover, or nothing ends', async () => {
  world.standIns.note = async () => {
    throw new Error('not to be written');
  };
  await posted('begin', 'firing', true);
  world.destinations = ['ops', 'dev'].map((id) => destination(id));
  await posted('end', 'resolved', true);
  expect(toldTo('ops')).toEqual(['begin', 'end']);
});

test('who has heard of a group in place of its destination hears that it is over', async () => {
  const member: Member = { event: 'e1', atMs: NOW, title: 'Disk full', text: '', key: 'k' };
  const firing = { key: 'k', title: 'Disk full', since: NOW };

  const began = windowOf(1, world.clock.ms);
  const first = alertDigest(began, { firing: [firing], resolved: [], events: [] }, [member], NOW);
  expect(await tellOf(began, first, rig, world)).toBe(true);
  await world.until(NOW + 7 * MINUTE);
  expect(toldTo('dev')).toEqual([first.id]);

  const news = { firing: [], resolved: [member], events: [] };
  const over = windowOf(2, world.clock.ms);
  const last = alertDigest(over, news, [member], world.clock.ms);
  expect(await tellOf(over, last, rig, world)).toBe(true);
  await later(1);
  expect(toldTo('dev')).toEqual([first.id, last.id]);
});
