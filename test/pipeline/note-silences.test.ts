import { beforeEach, expect, test } from 'vitest';
import { type Catalog, EMPTY_CATALOG } from '../../lib/core/catalog.ts';
import type { Event } from '../../lib/core/event.ts';
import type { Silence } from '../../lib/core/silence.ts';
import { route } from '../../lib/pipeline/fan-out/route.ts';
import { createEventBodies } from '../../lib/stores/event-bodies.ts';
import { createFanOuts } from '../../lib/stores/fan-outs.ts';
import { createSilenceWatches } from '../../lib/stores/silence-watches.ts';
import { createStandIns } from '../../lib/stores/stand-ins.ts';
import { createTallies } from '../../lib/stores/tallies.ts';
import { NOW, useRigs } from './rig.ts';

const newRig = useRigs();
let tenants = 0;

const silence = (id: string, more: Partial<Silence> = {}): Silence => ({
  id,
  topics: ['disk.*'],
  startsAt: NOW - 1,
  endsAt: NOW + 60_000,
  reason: 'new disks',
  notify: ['ops'],
  at: NOW,
  ...more,
});

async function openWorld() {
  const { store } = await newRig();
  const { ledger, now } = store;
  const tenant = `noted${tenants++}`;
  const fanOuts = createFanOuts(ledger, { now });
  const watches = createSilenceWatches(ledger);
  const written: string[][] = [];
  let packs = 0;
  return {
    written,
    fails: false,
    async run(silences: readonly Silence[], ...events: readonly Partial<Event>[]) {
      const routes = [{ id: 'all', order: 1, topics: ['disk.*', 'net.*'], destinations: ['ops', 'dev'] }];
      const catalog: Catalog = { ...EMPTY_CATALOG, routes, silences };
      const items = events.map((more, index): Event => {
        const plain = { id: `e${index}`, topic: 'disk.full', time: new Date(NOW).toISOString() };
        return Object.assign(plain, { lane: 'normal' as const, data: {} }, more);
      });
      const message = { v: 1, kind: 'events', tenant, pack: `p${packs++}`, items } as const;
      const routed = await route([{ record: { messageId: 'm', receiptHandle: 'r', body: '' }, message }], {
        catalog: async () => catalog,
        firing: async () => [],
        recipients: async () => new Map(),
        tallies: createTallies(ledger),
        standIns: createStandIns(ledger, { now }),
        bodies: createEventBodies(ledger),
        watches: {
          kept: async (of, own, atMs) => {
            written.push(own.map(({ id }) => id));
            return !this.fails && (await watches.kept(of, own, atMs));
          },
        },
        open: fanOuts.open,
        record: fanOuts.record,
        telemetry: { add: () => undefined, log: () => undefined },
        now,
      });
      return routed.length;
    },
  };
}

let world: Awaited<ReturnType<typeof openWorld>>;
beforeEach(async () => {
  world = await openWorld();
});

test('a silence that keeps something back is noted, if anybody is told of it', async () => {
  const { notify: _, ...untold } = silence('untold');
  const six = [0, 1, 2, 3, 4, 5].map((n) => silence(`s${n}`));
  expect(await world.run([...six, untold], {})).toBe(1);
  expect(world.written).toEqual([['s0', 's1', 's2', 's3', 's4', 's5']]);
});

test('one that meets no event, or none that it could keep from anybody, is not', async () => {
  await world.run([silence('a')], { topic: 'net.down' });
  await world.run([silence('a')], { data: { status: 'resolved' } });
  await world.run([silence('a', { topics: ['*'] })], { topic: 'unheard' });
  await world.run([silence('a', { destinations: ['other'] })], {});
  expect(world.written).toEqual([]);
});

test('a pack whose silences cannot be noted comes again', async () => {
  world.fails = true;
  expect(await world.run([silence('a')], {})).toBe(0);
  world.fails = false;
  expect(await world.run([silence('a')], {})).toBe(1);
});
