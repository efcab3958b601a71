import { beforeEach, expect, test } from 'vitest';
import type { Event } from '../../lib/core/event.ts';
import type { EventPack } from '../../lib/core/message.ts';
import { createEvents } from '../../lib/stores/events.ts';
import { NOW, type Rig, catalogOf, destination, record, status, useRigs } from './rig.ts';

const newRig = useRigs();
const failover = { to: 'dev' };

let rig: Rig;
beforeEach(async () => {
  rig = await newRig();
  rig.catalog = catalogOf(destination('ops', { failover }), destination('dev'));
  for (const [id, lane] of [
    ['e1', 'normal'],
    ['e2', 'urgent'],
  ] as const) {
    const event: Event = {
      id,
      topic: 'a',
      time: '2026-11-21T10:00:00.000Z',
      lane,
      data: { title: 'Disk full' },
    };
    const common = {
      kind: 'event',
      isAlert: false,
      isContested: false,
      hash: id,
      pack: 'p',
      at: NOW,
    } as const;
    await createEvents(rig.ledger).write('acme', [{ ...common, event }]);
  }
});

const passedOn = () =>
  rig.queue.map(({ queue, message }) => ({ queue, pack: JSON.parse(message.body) as EventPack }));

test('what its provider refuses goes to the next destination at once, in its lane', async () => {
  rig.reply = () => status(400);
  await rig.run([record(['e1', 'e2'])]);
  await Promise.all(['e1', 'e2'].map(async (id) => expect(await rig.state(id)).toBe('dead')));
  expect(passedOn().map(({ queue, pack: { tenant, items } }) => [queue, tenant, items[0]])).toEqual([
    [
      'events',
      'acme',
      expect.objectContaining({
        id: 'e1',
        to: ['dev'],
        failsOver: { from: 'ops', state: 'dead', reason: 'rejected' },
      }),
    ],
    ['urgent-events', 'acme', expect.objectContaining({ id: 'e2', to: ['dev'] })],
  ]);
});

test('what its provider calls gone does, too', async () => {
  rig.reply = () => status(410);
  await rig.run([record(['e1'])]);
  expect(passedOn()).toMatchObject([
    { pack: { items: [{ failsOver: { state: 'discarded', reason: 'gone' } }] } },
  ]);
});

test('what is tried again, and what was accepted, does not', async () => {
  rig.reply = ({ event }) => (event === 'e1' ? status(500) : status(200));
  await rig.run([record(['e1', 'e2'])]);
  expect(rig.calls).not.toContain('passOn');
});

test('a destination without a failover passes nothing on', async () => {
  rig.catalog = catalogOf(destination('ops'), destination('dev'));
  rig.reply = () => status(400);
  await rig.run([record(['e1'])]);
  expect({ state: await rig.state('e1'), queue: rig.queue }).toEqual({ state: 'dead', queue: [] });
});

test('a delivery whose end somebody else decides is theirs to pass on', async () => {
  rig.reply = () => status(400);
  const write = async (list: readonly unknown[]) => list.map(() => ({ kind: 'conflict' }) as const);
  await rig.run([record(['e1'])], { outcomes: { write, log: write } });
  expect(rig.calls).not.toContain('passOn');
});

test('a replay is given up where it was sent', async () => {
  const event: Event = { id: 'e3', topic: 'a', time: '', lane: 'normal', data: {}, replayOf: 'e1' };
  const common = {
    kind: 'event',
    isAlert: false,
    isContested: false,
    hash: 'e3',
    pack: 'p',
    at: NOW,
  } as const;
  await createEvents(rig.ledger).write('acme', [{ ...common, event }]);
  rig.reply = () => status(400);
  await rig.run([record(['e3'])]);
  expect({ state: await rig.state('e3'), queue: rig.queue }).toEqual({ state: 'dead', queue: [] });
});

test('an event that cannot be read fails over later, and is settled all the same', async () => {
  rig.reply = () => status(400);
  const message = record(['e9']);
  expect(await rig.run([message])).toEqual([]);
  expect(await rig.state('e9')).toBe('dead');
  expect(rig.queue).toEqual([]);
});
