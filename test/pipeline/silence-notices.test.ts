import { beforeEach, expect, test } from 'vitest';
import { minuteOf } from '../../lib/core/keys.ts';
import { type EventPack, type OutgoingMessage, parseEventPack } from '../../lib/core/message.ts';
import type { Silence } from '../../lib/core/silence.ts';
import { LINGER_MS } from '../../lib/core/silence-notice.ts';
import { watchedSilences } from '../../lib/pipeline/manage/watched-silences.ts';
import { type NoticeDeps, tellOfSilences } from '../../lib/pipeline/silence-notices.ts';
import { createDue } from '../../lib/stores/due.ts';
import { createSilenceWatches } from '../../lib/stores/silence-watches.ts';
import { createSilences } from '../../lib/stores/silences.ts';
import { NOW, useRigs } from './rig.ts';

const newRig = useRigs();
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
let tenants = 0;

async function openWorld() {
  const { store } = await newRig();
  const { ledger, catalog, clock, now } = store;
  const tenant = `quiet${tenants++}`;
  const watches = createSilenceWatches(ledger);
  const plain = createSilences(catalog);
  const silences = watchedSilences(plain, { watches, now });
  const due = createDue(ledger, { now });
  const packs: EventPack[] = [];
  const world = {
    clock,
    packs,
    silences,
    watches,
    tenant,
    put: (more: Partial<Silence> = {}) =>
      silences.put(tenant, {
        id: 'works',
        topics: ['*'],
        startsAt: clock.ms,
        endsAt: clock.ms + HOUR,
        reason: 'new disks',
        author: 'ada',
        notify: ['ops', 'dev'],
        at: clock.ms,
        ...more,
      }),
    forget: () =>
      plain.put(tenant, { id: 'works', topics: ['*'], startsAt: 0, endsAt: 1, reason: 'x', at: clock.ms }),
    /** What the timers are told at a time, by title. */
    async at(ms: number, deps: Partial<NoticeDeps> = {}, sweptMs = ms): Promise<unknown[]> {
      clock.ms = ms;
      const before = packs.length;
      for (let minute = minuteOf(sweptMs) - 3; minute <= minuteOf(sweptMs); minute++)
        for await (const entries of due.entries(minute)) await world.tell(entries, deps);
      return packs.slice(before).flatMap(({ items }) => items.map(({ data }) => data['title']));
    },
    tell: (entries: Parameters<typeof tellOfSilences>[0], deps: Partial<NoticeDeps> = {}) =>
      tellOfSilences(entries, {
        watches,
        silences: plain,
        enqueue: async (_: string, messages: readonly OutgoingMessage[]) => {
          for (const { body } of messages) {
            const parsed = parseEventPack(body);
            if (parsed.ok) packs.push(parsed.message);
          }
          return { failed: [] };
        },
        eventQueues: { normal: 'events' },
        now,
        ...deps,
      }),
  };
  return world;
}

let world: Awaited<ReturnType<typeof openWorld>>;
beforeEach(async () => {
  world = await openWorld();
});

test('a silence tells those it names that it has started, and that it has ended', async () => {
  await world.put();
  expect(await world.at(NOW + MINUTE)).toEqual(['Silence "works" has started']);
  expect(world.packs[0]).toMatchObject({
    tenant: world.tenant,
    items: [
      {
        topic: 'fanfare.silence.started',
        to: ['ops', 'dev'],
        subject: 'works',
        data: { text: 'new disks\nBy ada.\nUntil 2026-11-21T11:00:00.000Z.', reason: 'new disks' },
      },
    ],
  });
  expect(await world.at(NOW + 2 * MINUTE)).toEqual([]);
  expect(await world.at(NOW + HOUR)).toEqual(['Silence "works" has ended']);
  expect(await world.at(NOW + HOUR + MINUTE)).toEqual([]);
});

test('one that has kept nothing back says so at its end, and when it lingers', async () => {
  const texts = () => world.packs.flatMap(({ items }) => items.map(({ data }) => data['text'] as string));
  await world.put({ endsAt: NOW + LINGER_MS + HOUR });
  const own = await world.silences.list(world.tenant);
  await world.at(NOW + MINUTE);
  await world.at(NOW + LINGER_MS);
  expect(texts().map((text) => text.includes('It has kept nothing back.'))).toEqual([false, true]);
  expect(await world.watches.kept(world.tenant, own, NOW + LINGER_MS + MINUTE)).toBe(true);
  await world.at(NOW + LINGER_MS + HOUR);
  expect(world.packs.at(-1)?.items[0]?.data).toMatchObject({ keptBack: true });
  expect(texts().at(-1)).not.toContain('nothing');
});

test('what an earlier silence of its name kept back does not count for it', async () => {
  await world.put();
  const own = await world.silences.list(world.tenant);
  await world.watches.kept(world.tenant, own, NOW + 1);
  await world.put({ startsAt: NOW + HOUR, endsAt: NOW + 2 * HOUR, at: NOW + HOUR });
  await world.at(NOW + HOUR);
  await world.at(NOW + 2 * HOUR);
  expect(world.packs.at(-1)?.items[0]?.data).toMatchObject({ keptBack: false });
});

test('one that nobody watches needs no note', async () => {
  expect(await world.watches.kept(world.tenant, [{ id: 'none', at: 0 }], NOW)).toBe(true);
  expect(await world.watches.due([])).toEqual([]);
});

test('one that is planned tells when its time has come, and one without anybody to tell nobody', async () => {
  await world.put({ startsAt: NOW + HOUR, endsAt: NOW + 2 * HOUR });
  const { notify: _, ...untold } = (await world.silences.list(world.tenant))[0]!;
  await world.silences.put(world.tenant, { ...untold, id: 'still', startsAt: NOW });
  expect(await world.at(NOW + MINUTE)).toEqual([]);
  expect(await world.at(NOW + HOUR)).toEqual(['Silence "works" has started']);
});

test('one that somebody ends early tells of it then, and no more', async () => {
  await world.put();
  await world.at(NOW + MINUTE);
  world.clock.ms = NOW + 10 * MINUTE;
  await world.put({ startsAt: NOW, endsAt: NOW + 10 * MINUTE, at: NOW + 10 * MINUTE });
  expect(await world.at(NOW + 11 * MINUTE)).toEqual(['Silence "works" has ended']);
  expect(await world.at(NOW + HOUR)).toEqual([]);
});

test('one that was ended before it began tells nothing', async () => {
  await world.put({ startsAt: NOW + HOUR, endsAt: NOW + 2 * HOUR });
  await world.put({ startsAt: NOW, endsAt: NOW });
  expect(await world.at(NOW + MINUTE)).toEqual([]);
});

test('one that is prolonged ends once, at its new end', async () => {
  await world.put();
  await world.at(NOW + MINUTE);
  world.clock.ms = NOW + 2 * MINUTE;
  await world.put({ startsAt: NOW, endsAt: NOW + 2 * HOUR });
  expect(await world.at(NOW + 3 * MINUTE)).toEqual([]);
  expect(await world.at(NOW + HOUR)).toEqual([]);
  expect(await world.at(NOW + 2 * HOUR)).toEqual(['Silence "works" has ended']);
});

test('one that stays on is brought to mind every week, also one that recurs for ever', async () => {
  await world.put({ endsAt: NOW + 16 * 24 * HOUR });
  await world.at(NOW + MINUTE);
  expect(await world.at(NOW + LINGER_MS)).toEqual(['Silence "works" has been on for 7 days']);
  expect(await world.at(NOW + 2 * LINGER_MS)).toEqual(['Silence "works" has been on for 14 days']);
  expect(await world.at(NOW + 16 * 24 * HOUR)).toEqual(['Silence "works" has ended']);
});

test('after timers that stood still, of the reminders only the last is sent', async () => {
  await world.put({ endsAt: NOW + 60 * 24 * HOUR });
  expect(await world.at(NOW + 3 * LINGER_MS, {}, NOW + MINUTE)).toEqual([
    'Silence "works" has started',
    'Silence "works" has been on for 21 days',
  ]);
});

test('a notice that is made again is the same event in the same pack', async () => {
  await world.put();
  const broken = { ...world.watches, told: async () => ({ kind: 'unknown', code: 'x' }) as const };
  expect(await world.at(NOW + MINUTE, { watches: broken })).toHaveLength(1);
  expect(await world.at(NOW + 2 * MINUTE)).toHaveLength(1);
  expect(world.packs[0]).toEqual(world.packs[1]);
  expect(await world.at(NOW + 3 * MINUTE)).toEqual([]);
});

test('a notice that finds no queue comes again', async () => {
  await world.put();
  expect(await world.at(NOW + MINUTE, { enqueue: () => Promise.reject(new Error('no queue')) })).toEqual([]);
  expect(await world.at(NOW + 2 * MINUTE)).toEqual(['Silence "works" has started']);
});

test('a watch whose silence was never written finds nothing to tell, and is gone', async () => {
  await world.watches.set(world.tenant, 'works', NOW + 30_000);
  expect(await world.at(NOW + MINUTE)).toEqual([]);
  await world.forget();
  expect(await world.at(NOW + 2 * MINUTE)).toEqual([]);
});
