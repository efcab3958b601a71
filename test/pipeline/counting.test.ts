import { beforeEach, describe, expect, test } from 'vitest';
import { type Catalog, EMPTY_CATALOG } from '../../lib/core/catalog.ts';
import { compileCountings } from '../../lib/core/counts.ts';
import type { Event } from '../../lib/core/event.ts';
import { isoTime } from '../../lib/core/iso-time.ts';
import { rulesAt } from '../../lib/core/rules.ts';
import { planFanOuts } from '../../lib/core/fan-out.ts';
import { type CountDeps, countIn } from '../../lib/pipeline/fan-out/count.ts';
import { createFanOuts } from '../../lib/stores/fan-outs.ts';
import { createTallies } from '../../lib/stores/tallies.ts';
import { NOW, destination, useRigs } from './rig.ts';

const newRig = useRigs();
const MINUTE = 60_000;
const TTL = NOW / 1_000 + 86_400;
let packs = 0;

const catalogOf = (
  topic: Partial<Catalog['topics'][number]>,
  ops: Parameters<typeof destination>[1] = {},
): Catalog => ({
  ...EMPTY_CATALOG,
  destinations: new Map([
    ['ops', destination('ops', ops)],
    ['dev', destination('dev')],
  ]),
  routes: [
    { id: 'both', order: 1, topics: ['disk.*'], destinations: ['ops', 'dev'] },
    { id: 'ops', order: 2, destinations: ['ops'] },
  ],
  topics: [{ id: 'all', topics: ['*'], ...topic }],
});
const DUPLICATES = catalogOf({ dedupeMs: MINUTE });
const CAPS = catalogOf({}, { cap: { max: 2, perMs: MINUTE } });

const event = (id: string, more: Partial<Event> = {}): Event => ({
  id,
  topic: 'disk.full',
  time: '2026-11-21T10:00:00.000Z',
  lane: 'normal',
  data: {},
  dedupeKey: 'db1',
  ...more,
});

const pairsOf = (id: string, to: readonly string[]) => to.map((name) => `${id}:${name}`);

/** The counts of a fan-out on a real ledger; each call is another worker with a pack of its own. */
async function openCounts() {
  const { store } = await newRig();
  const real = createTallies(store.ledger);
  const fanOuts = createFanOuts(store.ledger, { now: () => counts.nowMs });
  const counts = {
    nowMs: NOW,
    writes: 0,
    reads: 0,
    beforeWrite: () => Promise.resolve(),
    async run(
      events: readonly Event[],
      catalog: Catalog,
      more: Partial<CountDeps['tallies']> = {},
      name = `p${packs++}`,
    ) {
      const pack = { v: 1, kind: 'events', tenant: 'acme', pack: name, items: events } as const;
      const planned = planFanOuts(pack, rulesAt(catalog, counts.nowMs));
      const [counted] = await countIn([{ pack, catalog, planned }], () => TTL, {
        tallies: {
          read: async (refs) => {
            counts.reads++;
            return await real.read(refs);
          },
          write: async (writes) => {
            counts.writes += writes.length;
            await counts.beforeWrite();
            return await real.write(writes);
          },
          ...more,
        },
        open: fanOuts.open,
        telemetry: { log: () => undefined },
        now: () => counts.nowMs,
      });
      if (!counted) return undefined;
      const heard = counted.planned.flatMap(({ destinations }) =>
        [...destinations].flatMap(([id, to]) => pairsOf(id, to)),
      );
      const kept = counted.planned.flatMap(({ suppressed }) => Array.from(suppressed ?? []));
      return { heard, kept: Object.fromEntries(kept) };
    },
    heard: async (events: readonly Event[], catalog: Catalog) => (await counts.run(events, catalog))?.heard,
  };
  return counts;
}

let counts: Awaited<ReturnType<typeof openCounts>>;
beforeEach(async () => {
  counts = await openCounts();
});

describe('duplicates within a time', () => {
  test('are kept back where the first was heard, by the rule of their topic', async () => {
    expect(await counts.heard([event('e1', { topic: 'other' })], DUPLICATES)).toEqual(['e1:ops']);
    expect(await counts.run([event('e2')], DUPLICATES)).toEqual({
      heard: ['e2:dev'],
      kept: { e2: [{ destinations: ['ops'], by: ['duplicate:topic:all'] }] },
    });
    expect(await counts.heard([event('e3', { dedupeKey: 'db2' })], DUPLICATES)).toEqual(['e3:ops', 'e3:dev']);
    counts.nowMs += MINUTE;
    expect(await counts.heard([event('e4')], DUPLICATES)).toEqual(['e4:ops', 'e4:dev']);
  });

  test('are no duplicates of themselves, however often their pack is worked on', async () => {
    const pack = [event('e1'), event('e2')];
    const first = await counts.run(pack, DUPLICATES);
    expect(first?.heard).toEqual(['e1:ops', 'e1:dev']);
    expect(await counts.run(pack, DUPLICATES)).toEqual(first);
    expect(await counts.heard([event('e3')], DUPLICATES)).toEqual([]);
  });

  test('are asked for as the first run asked, whatever the catalog has come to say', async () => {
    const late = event('e1', { expiresAt: isoTime(NOW + 1_000) });
    const first = await counts.run([late], DUPLICATES, {}, 'again');
    expect(first?.heard).toEqual(['e1:ops', 'e1:dev']);
    expect(await counts.run([event('e2')], DUPLICATES)).toMatchObject({ heard: [] });
    const moved = { ...DUPLICATES, routes: [{ id: 'moved', order: 1, destinations: ['dev'] }] };
    counts.nowMs += 2_000;
    expect(await counts.run([late], moved, {}, 'again')).toEqual(first);
  });

  test('are told by another member, and where there is none every event is its own', async () => {
    const bySubject = catalogOf({ dedupeMs: MINUTE, dedupeBy: 'data.host' });
    const of = (id: string, host?: string) => event(id, { topic: 'x', data: { ...(host && { host }) } });
    expect(await counts.heard([of('e1', 'a'), of('e2', 'a'), of('e3', 'b')], bySubject)).toEqual([
      'e1:ops',
      'e3:ops',
    ]);
    expect(await counts.heard([of('e4'), of('e5')], bySubject)).toEqual(['e4:ops', 'e5:ops']);
  });

  test('end with the incident: neither its end nor the next one is a duplicate', async () => {
    const end = event('end', { topic: 'x', data: { status: 'resolved' } });
    const of = (id: string) => event(id, { topic: 'x' });
    const pack = [of('e1'), of('e2'), end, of('e3'), of('e4')];
    expect(await counts.heard(pack, DUPLICATES)).toEqual(['e1:ops', 'end:ops', 'e3:ops']);
  });

  test.each<[string, Partial<Event>]>([
    ['what is sent by name', { to: ['ops'] }],
    ['what has expired', { expiresAt: new Date(NOW).toISOString() }],
  ])('do not count %s', async (_, more) => {
    await counts.run([event('e1', more)], DUPLICATES);
    expect(await counts.heard([event('e2')], DUPLICATES)).toEqual(['e2:ops', 'e2:dev']);
  });

  test('of workers at the same moment one is heard, by each destination', async () => {
    const ids = Array.from({ length: 8 }, (_, n) => `e${n}`);
    const results = await Promise.all(ids.map((id) => counts.run([event(id)], DUPLICATES)));
    const heard = results.flatMap((one) => one?.heard ?? []);
    expect(heard).toHaveLength(2);
    expect(new Set(heard.map((id) => id.split(':')[1]))).toEqual(new Set(['dev', 'ops']));
  });
});

describe('a cap', () => {
  test('lets so many through within its time, and names itself to the rest', async () => {
    const pack = ['e1', 'e2', 'e3'].map((id) => event(id, { topic: 'x' }));
    expect(await counts.run(pack, CAPS)).toEqual({
      heard: ['e1:ops', 'e2:ops'],
      kept: { e3: [{ destinations: ['ops'], by: ['capped:destination:ops'] }] },
    });
    expect(await counts.heard([event('e4')], CAPS)).toEqual(['e4:dev']);
    expect(await counts.heard(pack, CAPS)).toEqual(['e1:ops', 'e2:ops']);
    counts.nowMs += MINUTE;
    expect(await counts.heard([event('e5')], CAPS)).toEqual(['e5:ops', 'e5:dev']);
  });

  test.each<[string, Partial<Event>]>([
    ['the urgent lane', { lane: 'urgent' }],
    ['what is critical', { severity: 'critical' }],
    ['the end of an alert', { data: { status: 'resolved' } }],
    ['what is sent by name', { to: ['ops'] }],
  ])('is no bound for %s, and does not count it', async (_, more) => {
    const free = ['a', 'b', 'c'].map((id) => event(id, { topic: 'x', ...more }));
    expect(await counts.heard(free, CAPS)).toEqual(['a:ops', 'b:ops', 'c:ops']);
    expect(await counts.heard([event('e1', { topic: 'x' })], CAPS)).toEqual(['e1:ops']);
    expect(counts.writes).toBe(1);
  });

  test('counts no duplicates', async () => {
    const both = { ...CAPS, topics: DUPLICATES.topics };
    const pack = ['e1', 'e2', 'e3'].map((id) => event(id, { topic: 'x' }));
    expect((await counts.run(pack, both))?.kept).toEqual({
      e2: [{ destinations: ['ops'], by: ['duplicate:topic:all'] }],
      e3: [{ destinations: ['ops'], by: ['duplicate:topic:all'] }],
    });
    expect(await counts.heard([event('e4', { topic: 'x', dedupeKey: 'b' })], both)).toEqual(['e4:ops']);
  });

  test('leaves no duplicates of what it keeps back', async () => {
    const short = catalogOf({ dedupeMs: 10 * MINUTE }, { cap: { max: 1, perMs: MINUTE } });
    const of = (id: string, dedupeKey: string) => event(id, { topic: 'x', dedupeKey });
    expect(await counts.heard([of('e1', 'a'), of('e2', 'b'), of('e3', 'b')], short)).toEqual(['e1:ops']);
    counts.nowMs += MINUTE;
    expect(await counts.heard([of('e4', 'b'), of('e5', 'b')], short)).toEqual(['e4:ops']);
  });

  test('counts for each person who hears through it', () => {
    const [counting] = compileCountings(CAPS);
    const count = (id: string) => counting!(event('e1'), id);
    expect(count('ada.ops')).toMatchObject({ name: 'cap#ada.ops', rule: 'capped:destination:ops' });
    expect(count('bob.ops')).toMatchObject({ name: 'cap#bob.ops', bound: { max: 2 } });
    expect([count('ada.dev'), count('ada.inbox')]).toEqual([undefined, undefined]);
  });

  test('holds for all workers together', async () => {
    const ids = Array.from({ length: 8 }, (_, n) => `e${n}`);
    const results = await Promise.all(ids.map((id) => counts.run([event(id, { topic: 'x' })], CAPS)));
    expect(results.flatMap((one) => one?.heard ?? [])).toHaveLength(2);
  });
});

describe('counting', () => {
  test('costs nothing where nothing is counted, a write for what passes, and none for what does not', async () => {
    await counts.run([event('e1')], catalogOf({}));
    expect([counts.reads, counts.writes]).toEqual([0, 0]);
    await counts.run([event('e1'), event('e2')], DUPLICATES);
    expect([counts.reads, counts.writes]).toEqual([1, 1]);
    await counts.run([event('e3')], DUPLICATES);
    expect([counts.reads, counts.writes]).toEqual([2, 1]);
  });

  test('lets a pack come again while nobody can say what has passed', async () => {
    const down = { write: async () => [{ kind: 'unknown', code: 'ThrottlingError' } as const] };
    expect(await counts.run([event('e1')], DUPLICATES, down)).toBeUndefined();
    const lost = { read: () => Promise.reject(new Error('down')) };
    expect(await counts.run([event('e1')], DUPLICATES, lost)).toBeUndefined();
    expect(await counts.heard([event('e1')], DUPLICATES)).toEqual(['e1:ops', 'e1:dev']);
  });
});
