import { beforeEach, describe, expect, test } from 'vitest';
import { minuteOf } from '../../lib/core/keys.ts';
import { pauseId } from '../../lib/core/pause.ts';
import { type KeptUntil, keptUntil } from '../../lib/core/retention.ts';
import { packsOf } from '../../lib/pipeline/timers.ts';
import { createDue } from '../../lib/stores/due.ts';
import { createLots } from '../../lib/stores/lots.ts';
import { createReplays } from '../../lib/stores/replay.ts';
import type { Item } from '../../lib/stores/table.ts';
import { NOW, type Rig, chatChannel, record, status, toRecord, useRigs } from './rig.ts';
import { openTimedWorld } from './timed-world.ts';

const newRig = useRigs();
const DAY = 86_400;
const LONG = 400;
const REF = { tenant: 'acme', event: 'e1', destination: 'ops' };

let rig: Rig;
let world: Awaited<ReturnType<typeof openTimedWorld>>;
let ttl: KeptUntil;
beforeEach(async () => {
  // One retry waits in the queue, the other in the hands of the timers.
  rig = await newRig(chatChannel({ retryMs: [1_000, 1_200_000] }));
  world = await openTimedWorld(rig);
  world.topics = [{ id: 'audit', topics: ['audit.*'], retentionDays: LONG }];
  ttl = (given) => keptUntil(rig.clock.now(), given);
  await createDue(rig.ledger, rig.clock).swept(minuteOf(NOW));
});

/** An event is posted and fanned out, and then its topic changes. */
async function posted(body: object = {}) {
  await world.post({ id: 'e1', topic: 'audit.login', ...body });
  world.topics = [];
  await world.tick();
  return world.packs.splice(0).map(toRecord);
}

/** Attempts, as long as there are any: those in the queue, and those in the hands of the timers. */
async function live(records = rig.receive()): Promise<void> {
  await rig.run(records, { ttl });
  await rig.drain(Infinity, { ttl });
  while ((await rig.state('e1')) === 'retrying') {
    rig.clock.ms = Math.max(rig.clock.ms, Number((await claimOf())['nextAt'])) + 60_000;
    await rig.runTimers();
    await rig.drain(rig.clock.now() + 60_000, { ttl });
  }
}

const items = async (): Promise<Item[]> =>
  (await rig.store.items(rig.store.ledger)).filter(({ ttl: at }) => at);
/** In how many days from now what was written ends, the soonest first. */
async function days(): Promise<number[]> {
  const ends = (await items()).map(({ ttl: at }) => Math.floor((Number(at) - NOW / 1_000) / DAY));
  return ends.toSorted((a, b) => a - b);
}

const claimOf = async () => (await items()).find(({ sk }) => sk === 'delivery#ops')!;

describe('all that comes of an event is kept as its topic said when it was taken', () => {
  test('where it is delivered', async () => {
    await live(await posted());
    expect(await rig.state('e1')).toBe('delivered');
    expect(await days()).toEqual([LONG, LONG, LONG, LONG + 14]);
  });

  test('where it dies after attempts by queue and timers, is replayed and dies again', async () => {
    rig.reply = () => status(500);
    await live(await posted());
    expect(await claimOf()).toMatchObject({ state: 'dead', retentionDays: LONG });
    const replays = createReplays(rig.ledger, rig.clock);
    const { changedAt: seen, retentionDays } = (await replays.find(REF))!;
    const plan = { ref: REF, seen, channel: 'chat', retentionDays };
    expect(await replays.start(plan, ttl)).toEqual({ kind: 'written' });
    await live([]);
    expect(await claimOf()).toMatchObject({ state: 'dead', retentionDays: LONG });
    expect((await rig.attempts('e1')).length).toBe(6);
    expect((await days())[0]).toBe(LONG);
  });

  test('where it is ended by hand', async () => {
    rig.reply = () => status(400);
    await live(await posted());
    const replays = createReplays(rig.ledger, rig.clock);
    expect(await replays.discard(REF, (await replays.find(REF))!, ttl)).toEqual({ kind: 'written' });
    expect((await days())[0]).toBe(LONG);
  });

  test('where it waits for the end of a pause', async () => {
    const { catalog } = rig;
    const target = { destination: 'ops' };
    rig.catalog = { ...catalog, pauses: [{ id: pauseId(target), target, at: NOW }] };
    await live(await posted());
    expect(await claimOf()).toMatchObject({ state: 'held', retentionDays: LONG });
    rig.catalog = catalog;
    const lots = createLots(rig.ledger, rig.clock);
    const { parked } = await lots.page(REF, rig.clock.now(), '', 10);
    expect(await lots.release(parked, rig.clock.now(), ttl)).toEqual([{ kind: 'written' }]);
    await live(
      packsOf(parked, { chat: 'own', http: 'own', urgent: 'own' }).map(({ message }) =>
        toRecord(message.body),
      ),
    );
    expect(await rig.state('e1')).toBe('delivered');
    // The note of the lot is nobody's own.
    expect((await days()).slice(0, 2)).toEqual([31, LONG]);
  });

  test('where a person reads it', async () => {
    world.people = new Map([['ada', { id: 'ada', inbox: true }]]);
    await posted({ recipients: ['ada'] });
    expect(await days()).toEqual([LONG, LONG, LONG, LONG + 14]);
  });

  test('where the dead-letter queue gives its fan-out up', async () => {
    await world.post({ id: 'e1', topic: 'audit.login' });
    world.topics = [];
    expect(await world.bury(world.queue[0]!)).toEqual([]);
    expect(await claimOf()).toMatchObject({ state: 'dead', reason: 'fanOut', retentionDays: LONG });
    expect((await days())[0]).toBe(LONG);
  });
});

test('a completion lasts as long as the longest of the claims that lead to it', async () => {
  const mixed = JSON.parse(record(['e1', 'e2']).body) as { items: object[] };
  const long = mixed.items.map((item, index) => (index === 0 ? item : { ...item, retentionDays: LONG }));
  await live([toRecord(JSON.stringify({ ...mixed, items: long }))]);
  expect(await days()).toEqual([30, LONG, LONG]);
});

test('a message of a release that knows no retention is kept for the default', async () => {
  rig.reply = () => status(400);
  await live([record(['e1'])]);
  expect(await days()).toEqual([30, 30]);
});

test('an idempotency key outlives the ids it led to', async () => {
  await world.post({ topic: 'audit.login' }, 'key-1');
  expect(await days()).toEqual([LONG + 14, 3 * LONG]);
});
