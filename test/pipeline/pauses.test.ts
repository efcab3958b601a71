import { describe, expect, test } from 'vitest';
import type { Channel } from '../../lib/channel.ts';
import { minuteOf } from '../../lib/core/keys.ts';
import type { OutgoingMessage } from '../../lib/core/message.ts';
import type { Reply } from '../../lib/core/outcome.ts';
import { OPERATOR, type PauseTarget, pauseId } from '../../lib/core/pause.ts';
import type { DeliverDeps } from '../../lib/pipeline/deliver.ts';
import { type ResumeDeps, resumeParked } from '../../lib/pipeline/resume.ts';
import { createClaims } from '../../lib/stores/claims.ts';
import { createDead } from '../../lib/stores/dead.ts';
import { createDue } from '../../lib/stores/due.ts';
import { createLotNotes } from '../../lib/stores/lot-notes.ts';
import { createLots } from '../../lib/stores/lots.ts';
import { createOutcomes } from '../../lib/stores/outcomes.ts';
import { createReplays } from '../../lib/stores/replay.ts';
import {
  LEASE_MS,
  NOW,
  type Rig,
  catalogOf,
  chatChannel,
  destination,
  packOf,
  record,
  status,
  toRecord,
  useRigs,
} from './rig.ts';

const newRig = useRigs();
const MINUTE = 60_000;
const DAY = 86_400_000;
const OPS = { destination: 'ops' };
const OPEN = catalogOf(destination('ops'), destination('dev'));
const ref = (event: string) => ({ tenant: 'acme', event, destination: 'ops' });

function pausing(...targets: PauseTarget[]): Rig['catalog'] {
  return { ...OPEN, pauses: targets.map((target) => ({ id: pauseId(target), target, at: NOW })) };
}

/** A rig whose destination is paused, and the run of the timers that ends what waits. */
async function openPauses(...targets: PauseTarget[]) {
  return openOn(chatChannel(), ...targets);
}

async function openOn(channel: Channel, ...targets: PauseTarget[]) {
  const rig = await newRig(channel);
  const { clock, ledger } = rig;
  rig.catalog = pausing(...(targets.length > 0 ? targets : [OPS]));
  // Nothing before this test is due: the timers need not look back.
  await createDue(ledger, clock).swept(minuteOf(NOW));
  const ttl = (): number => Math.ceil(clock.now() / 1_000) + 30 * 86_400;
  const deps: ResumeDeps = {
    lots: createLots(ledger, clock),
    bury: createDead(ledger, clock),
    markDead: createClaims(ledger).markDead,
    logAttempts: createOutcomes(ledger, clock).log,
    catalog: async (tenant) => (tenant === OPERATOR ? { ...OPEN, pauses: [] } : rig.catalog),
    channels: new Map([['chat', channel]]),
    enqueue: async (queue, messages: readonly OutgoingMessage[]) => {
      for (const message of messages) rig.queue.push({ queue, message, visibleAt: clock.now() });
      return { failed: [] };
    },
    queues: { chat: 'own', http: 'own', urgent: 'own' },
    ttl,
    telemetry: rig.telemetry,
    remainingMs: () => 50_000,
    now: clock.now,
  };
  const resume = (more: Partial<ResumeDeps> = {}) => resumeParked({ ...deps, ...more });
  const lots = () => deps.lots.list();
  return { rig, deps, resume, lots };
}

async function item(rig: Rig, event: string) {
  const items = await rig.store.items(rig.store.ledger);
  return items.find(({ pk, sk }) => pk === `T#acme#E#${event}` && sk === 'delivery#ops');
}

const times = (rig: Rig): Record<string, number> =>
  Object.fromEntries([...Map.groupBy(rig.sent, ({ event }) => event)].map(([id, all]) => [id, all.length]));

describe('a delivery to a paused destination', () => {
  test('is parked and acknowledged, and others go on', async () => {
    const { rig } = await openPauses();
    expect(await rig.run([record(['e1']), record(['e2'], { destination: 'dev' })])).toEqual([]);
    expect(rig.sent).toMatchObject([{ event: 'e2', destination: 'dev' }]);
    expect(rig.queue).toEqual([]);
    expect(await item(rig, 'e1')).toMatchObject({
      state: 'held',
      reason: 'paused',
      attempt: 0,
      open: expect.any(String),
      content: expect.stringContaining('e1'),
    });
    expect(rig.lines.filter(({ level }) => level !== 'info' && level !== 'debug')).toEqual([]);
  });

  test.each<[string, PauseTarget]>([
    ['its channel', { channel: 'chat' }],
    ['its tenant', { tenant: true }],
  ])('is parked by a pause of %s', async (_, target) => {
    const { rig } = await openPauses(target);
    await rig.run([record(['e1'])]);
    expect([await rig.state('e1'), rig.sent]).toEqual(['held', []]);
  });

  test.each<[string, PauseTarget, string]>([
    ['another channel', { channel: 'slack' }, 'delivered'],
    ['another destination', { destination: 'dev' }, 'delivered'],
  ])('is not parked by a pause of %s', async (_, target, state) => {
    const { rig } = await openPauses(target);
    await rig.run([record(['e1'])]);
    expect(await rig.state('e1')).toBe(state);
  });

  test('is parked by a pause of whoever runs the stack', async () => {
    const { rig, resume } = await openPauses();
    const catalog = async (tenant: string) => (tenant === OPERATOR ? pausing({ tenant: true }) : OPEN);
    await rig.run([record(['e1'])], { catalog });
    await resume({ catalog });
    expect(await rig.state('e1')).toBe('held');
    await resume({ catalog: async () => OPEN });
    rig.catalog = OPEN;
    await rig.drain();
    expect(await rig.state('e1')).toBe('delivered');
  });

  test('is not sent by a second copy of its message', async () => {
    const { rig } = await openPauses();
    await rig.run([record(['e1'])]);
    expect(await rig.run([record(['e1'])])).toEqual([]);
    rig.catalog = OPEN;
    expect(await rig.run([record(['e1'])])).toEqual([]);
    expect([await rig.state('e1'), rig.sent]).toEqual(['held', []]);
  });

  test('stays in the queue while nobody can be told to come back for it', async () => {
    const { rig } = await openPauses();
    await rig.run([record(['e1'])], {
      noteLot: async () => {
        throw new Error('no table');
      },
    });
    expect([await rig.state('e1'), rig.queue.length]).toEqual(['none', 1]);
  });

  test('can be ended by hand, and is not sent then', async () => {
    const { rig, resume, deps } = await openPauses();
    await rig.run([record(['e1'])]);
    const replays = createReplays(rig.ledger, rig.clock);
    const seen = await replays.find(ref('e1'));
    expect(await replays.discard(ref('e1'), seen!, deps.ttl)).toEqual({ kind: 'written' });
    rig.catalog = OPEN;
    await resume();
    expect([await rig.state('e1'), rig.queue]).toEqual(['discarded', []]);
  });

  test('is parked without a claim where its topic wants none, and claimed later', async () => {
    const { rig, resume } = await openPauses();
    const pack = packOf({ message: { body: record(['e1']).body } });
    const items = pack.items.map((delivery) => ({ ...delivery, mode: 'claimsOff' as const }));
    await rig.run([toRecord(JSON.stringify({ ...pack, items }))]);
    expect(rig.calls).not.toContain('claim');
    rig.catalog = OPEN;
    await resume();
    await rig.drain();
    expect([await rig.state('e1'), times(rig)]).toEqual(['delivered', { e1: 1 }]);
    expect(rig.calls).toContain('claim');
  });
});

describe('the end of a pause', () => {
  test('sends what was parked, once, with the attempt it was parked with', async () => {
    const { rig, resume } = await openPauses();
    rig.catalog = OPEN;
    rig.reply = () => status(503);
    await rig.run([record(['e1'])]);
    rig.catalog = pausing(OPS);
    await rig.drain();
    expect(await item(rig, 'e1')).toMatchObject({ state: 'held', reason: 'paused', attempt: 1 });
    await resume();
    expect(rig.queue).toEqual([]);

    rig.catalog = OPEN;
    rig.reply = () => status(200);
    await resume();
    expect(packOf(rig.queue[0]!).items).toMatchObject([{ n: 2 }]);
    await rig.drain();
    expect([await rig.state('e1'), times(rig)]).toEqual(['delivered', { e1: 2 }]);
    await resume();
    expect(rig.queue).toEqual([]);
  });

  test('releases before it enqueues: a message that is received at once finds its delivery free', async () => {
    const { rig, resume, deps } = await openPauses();
    await rig.run([record(['e1'])]);
    rig.catalog = OPEN;
    await resume({
      enqueue: async (...args) => {
        const sent = await deps.enqueue(...args);
        await rig.run(rig.receive());
        return sent;
      },
    });
    expect([await rig.state('e1'), times(rig), rig.queue]).toEqual(['delivered', { e1: 1 }, []]);
  });

  test('sends on in the lane it was parked in', async () => {
    const { rig, resume } = await openPauses();
    await rig.run([record(['e1'], { lane: 'urgent' }), record(['e2'])]);
    rig.catalog = OPEN;
    await resume({ queues: { chat: 'q-chat', http: 'q-chat', urgent: 'q-urgent' } });
    const places = new Map(
      rig.queue.map((one) => [packOf(one).items[0]?.notification.id, [one.queue, packOf(one).lane]]),
    );
    expect(Object.fromEntries(places)).toEqual({ e1: ['q-urgent', 'urgent'], e2: ['q-chat', 'normal'] });
  });

  test('does not find it too old, however long it was', async () => {
    const { rig, resume } = await openPauses();
    await rig.run([record(['e1'])]);
    rig.clock.ms = NOW + 20 * DAY;
    rig.catalog = OPEN;
    await resume();
    expect(packOf(rig.queue[0]!).items).toMatchObject([{ since: NOW + 20 * DAY }]);
    await rig.drain(NOW + 21 * DAY);
    expect(await rig.state('e1')).toBe('delivered');
  });

  test('hands out what the limit takes in a minute, in the order of parking', async () => {
    const { rig, resume } = await openPauses();
    const limited = catalogOf(destination('ops', { rate: { limit: 1, perMs: 10_000 } }));
    const ids = Array.from({ length: 13 }, (_, i) => `e${i}`);
    for (const id of ids) {
      await rig.run([record([id])]);
      rig.clock.ms += 10;
    }
    const waiting = () =>
      rig.queue.flatMap((one) => packOf(one).items.map(({ notification }) => notification.id));
    rig.catalog = limited;
    await resume();
    expect(waiting()).toEqual(ids.slice(0, 6));
    await resume();
    expect(waiting()).toEqual(ids.slice(0, 12));
    rig.clock.ms += MINUTE;
    await rig.drain();
    await resume();
    await rig.drain();
    expect(times(rig)).toEqual(Object.fromEntries(ids.map((id) => [id, 1])));
  });

  test('goes through more than a page, a page of each destination in turn', async () => {
    const { rig, resume } = await openPauses({ tenant: true });
    const ids = Array.from({ length: 130 }, (_, i) => `e${i}`);
    for (const to of ['ops', 'dev'])
      for (let i = 0; i < ids.length; i += 25)
        await rig.run([record(ids.slice(i, i + 25), { destination: to })]);
    rig.catalog = OPEN;
    await resume();
    const order = rig.queue.map((one) => packOf(one).destination);
    expect(order.lastIndexOf('ops')).toBeGreaterThan(order.indexOf('dev'));
    await rig.drain();
    expect(times(rig)).toEqual(Object.fromEntries(ids.map((id) => [id, 2])));
  });

  test('ends what was parked for a destination that is gone meanwhile', async () => {
    const { rig, resume } = await openPauses();
    await rig.run([record(['e1'])]);
    rig.catalog = { ...pausing(OPS), destinations: new Map() };
    await resume();
    await rig.drain();
    expect(await item(rig, 'e1')).toMatchObject({ state: 'discarded', reason: 'destinationDeleted' });
  });

  test('sends on to the queue of the channel that its destination has now', async () => {
    const { rig, resume } = await openPauses();
    await rig.run([record(['e1'])]);
    rig.catalog = catalogOf(destination('ops', { channel: 'email' }));
    await resume({ queues: { chat: 'own', email: 'mail', http: 'own', urgent: 'own' } });
    expect(rig.queue.map(({ queue }) => queue)).toEqual(['mail']);
    // Should that message be lost, the timers send the next one.
    expect(await item(rig, 'e1')).toMatchObject({ state: 'retrying', channel: 'email' });
  });

  test('that was no end parks again what was handed out', async () => {
    const { rig, resume } = await openPauses();
    await rig.run([record(['e1'])]);
    rig.catalog = OPEN;
    await resume();
    rig.catalog = pausing(OPS);
    await rig.drain();
    expect([await rig.state('e1'), rig.sent]).toEqual(['held', []]);
    rig.catalog = OPEN;
    await resume();
    await rig.drain();
    expect([await rig.state('e1'), times(rig)]).toEqual(['delivered', { e1: 1 }]);
  });

  test('is found by what a worker parks later, with an old copy of the catalog', async () => {
    const { rig, resume, lots } = await openPauses();
    await rig.run([record(['e1'])]);
    rig.catalog = OPEN;
    await resume();
    await resume();
    await rig.run([record(['e2'])], { catalog: async () => pausing(OPS) });
    await resume();
    await rig.drain();
    expect(times(rig)).toEqual({ e1: 1, e2: 1 });
    expect(await lots()).toHaveLength(1);
  });
});

describe('a provider that knows our key for a day', () => {
  const HOUR = 3_600_000;
  const refused: Reply = { kind: 'failure', reason: 'network', started: false, detail: '' };
  const keyed = () => openOn(chatChannel({ providerKey: { header: 'x-key', knownMs: 24 * HOUR } }));
  const pauseFor = async ({ rig, resume }: Awaited<ReturnType<typeof keyed>>, hours: number) => {
    rig.catalog = pausing(OPS);
    await rig.drain();
    expect(await rig.state('e1')).toBe('held');
    rig.clock.ms = NOW + hours * HOUR;
    rig.catalog = OPEN;
    rig.reply = () => status(200);
    await resume();
    await rig.drain(NOW + 2 * hours * HOUR);
  };
  const tried = async (reply: Reply) => {
    const opened = await keyed();
    opened.rig.catalog = OPEN;
    opened.rig.reply = () => reply;
    await opened.rig.run([record(['e1'])]);
    return opened;
  };

  test.each<[string, Reply, number, object, number]>([
    ['may have accepted it, after 30 h of pause', status(503), 30, { state: 'dead', reason: 'ambiguous' }, 1],
    ['may have accepted it, after 20 h of pause', status(503), 20, { state: 'delivered' }, 2],
    ['cannot have accepted it, after 30 h of pause', refused, 30, { state: 'delivered' }, 2],
  ])('and %s', async (_, reply, hours, end, sent) => {
    const opened = await tried(reply);
    await pauseFor(opened, hours);
    expect([await item(opened.rig, 'e1'), opened.rig.sent.length]).toMatchObject([end, sent]);
  });

  test('and has not been asked before the pause is asked as ever', async () => {
    const opened = await keyed();
    await opened.rig.run([record(['e1'])]);
    await pauseFor(opened, 30);
    expect(await opened.rig.state('e1')).toBe('delivered');
  });

  test('and may have heard of it from a worker that fell silent', async () => {
    const opened = await keyed();
    const { rig } = opened;
    const own = { owner: 'gone', k: 0, i: 0, attempt: 1, leaseUntil: NOW + LEASE_MS, ttl: 2e9 };
    await createClaims(rig.ledger).claim([{ kind: 'insert', ref: ref('e1'), own }]);
    rig.clock.ms = NOW + LEASE_MS;
    await rig.run([record(['e1'])]);
    await pauseFor(opened, 30);
    expect([await rig.state('e1'), rig.sent]).toEqual(['dead', []]);
  });

  test('and has a new round of it asked for by people gets it', async () => {
    const opened = await tried(status(503));
    const { rig, deps } = opened;
    await pauseFor(opened, 30);
    const replays = createReplays(rig.ledger, rig.clock);
    const { changedAt: seen } = (await replays.find(ref('e1')))!;
    await createDue(rig.ledger, rig.clock).swept(minuteOf(rig.clock.now()) - 1);
    await replays.start({ ref: ref('e1'), seen, channel: 'chat' }, deps.ttl);
    await rig.runTimers();
    await rig.drain(Infinity);
    expect(await rig.state('e1')).toBe('delivered');
  });
});

describe('a lot', () => {
  test('is forgotten when it has been empty for a while', async () => {
    const { rig, resume, lots } = await openPauses();
    await rig.run([record(['e1'])]);
    rig.catalog = OPEN;
    await resume();
    await rig.drain();
    await resume();
    expect(await lots()).toEqual([{ tenant: 'acme', destination: 'ops' }]);
    rig.clock.ms = NOW + 16 * MINUTE;
    await resume();
    expect(await lots()).toEqual([]);
  });

  test('is not forgotten when it is noted at that moment', async () => {
    const { rig, resume, deps, lots } = await openPauses();
    await rig.run([record(['e1'])]);
    rig.catalog = OPEN;
    await resume();
    rig.clock.ms = NOW + 16 * MINUTE;
    await resume({
      lots: {
        ...deps.lots,
        close: async (lot, notedAt) => {
          await createLotNotes(rig.ledger, rig.clock)('acme', 'ops');
          return await deps.lots.close(lot, notedAt);
        },
      },
    });
    expect(await lots()).toHaveLength(1);
  });

  test('is noted once a minute by a worker, and again later', async () => {
    const { rig, deps } = await openPauses();
    const noted = () => deps.lots.notedAt({ tenant: 'acme', destination: 'ops' });
    const note = createLotNotes(rig.ledger, rig.clock);
    await note('acme', 'ops');
    rig.clock.ms = NOW + MINUTE - 1;
    await note('acme', 'ops');
    expect(await noted()).toBe(NOW);
    rig.clock.ms = NOW + MINUTE;
    await note('acme', 'ops');
    expect(await noted()).toBe(NOW + MINUTE);
  });

  test('gives up what has waited for 28 days, before the ledger forgets it', async () => {
    const { rig, resume } = await openPauses();
    await rig.run([record(['e1'])]);
    rig.clock.ms = NOW + DAY;
    await rig.run([record(['e2'], { since: NOW + DAY })]);
    rig.clock.ms = NOW + 28 * DAY - 1;
    await resume();
    expect(await rig.state('e1')).toBe('held');
    rig.clock.ms = NOW + 28 * DAY;
    await resume();
    expect(await item(rig, 'e1')).toMatchObject({ state: 'dead', reason: 'expiredInRetry' });
    expect(await rig.state('e2')).toBe('held');
    expect(rig.metrics.get('Dead')).toBe(1);
  });
});

describe('lots that are paused still', () => {
  /** Thousands of them, none with anything parked, in a run that has time for 1,500 pages. */
  async function crowd() {
    const opened = await openPauses();
    const { rig, deps } = opened;
    const ids = Array.from({ length: 3_000 }, (_, i) => `quiet${i}`);
    const quiet = ids.map((id) => destination(id, { channel: 'other' }));
    const target = { channel: 'other' };
    const all = catalogOf(destination('ops'), ...quiet);
    rig.catalog = { ...all, pauses: [{ id: pauseId(target), target, at: NOW }] };
    const seen: string[] = [];
    const run = async (names: readonly string[]) => {
      const startedAt = seen.length;
      await opened.resume({
        lots: {
          ...deps.lots,
          list: async () => names.map((name) => ({ tenant: 'acme', destination: name })),
          page: async (lot, ...rest) => {
            seen.push(lot.destination);
            return lot.destination === 'ops' ? await deps.lots.page(lot, ...rest) : { parked: [] };
          },
        },
        remainingMs: () => 50_000 - 20 * (seen.length - startedAt),
      });
    };
    return { rig, ids, seen, run };
  }

  test.each([0, 1_000, 2_000, 3_000])('do not keep those waiting that are not (%i before it)', async (at) => {
    const { rig, ids, run } = await crowd();
    const { catalog } = rig;
    rig.catalog = pausing(OPS);
    await rig.run([record(['e1'])]);
    rig.catalog = catalog;
    await run([...ids.slice(0, at), 'ops', ...ids.slice(at)]);
    await rig.drain();
    expect(await rig.state('e1')).toBe('delivered');
  });

  test('have their turn in later runs, should one not come to all', async () => {
    const { rig, ids, seen, run } = await crowd();
    for (let minute = 0; minute < 5; minute++) {
      await run(ids);
      rig.clock.ms += MINUTE;
    }
    expect(new Set(seen).size).toBe(3_000);
  });

  test('give up all that is too old, however much of it there is', async () => {
    const { rig, resume } = await openPauses();
    const ids = Array.from({ length: 210 }, (_, i) => `e${i}`);
    for (let i = 0; i < ids.length; i += 25) await rig.run([record(ids.slice(i, i + 25))]);
    rig.clock.ms = NOW + 29 * DAY;
    await resume();
    expect(rig.metrics.get('Dead')).toBe(210);
  });
});

/** A worker that dies at its n-th call, before or after it took effect. */
function dying(at: number, effect: boolean) {
  let calls = 0;
  const wrap = <T>(deps: T): T =>
    Object.fromEntries(
      Object.entries(deps as object).map(([name, member]) => {
        if (typeof member !== 'function') return [name, wrap(member)];
        const mortal = async (...args: unknown[]): Promise<unknown> => {
          if (++calls > at || (calls === at && !effect)) throw new Error('dead');
          const result: unknown = await (member as (...given: unknown[]) => unknown)(...args);
          if (calls === at) throw new Error('dead');
          return result;
        };
        return [name, mortal];
      }),
    ) as T;
  return { wrap, calls: () => calls };
}

describe.each([false, true])('a worker that dies (after the call: %s)', (effect) => {
  const IDS = ['e1', 'e2', 'e3'];

  test('while it parks loses nothing and sends nothing twice', async () => {
    for (let at = 1; ; at++) {
      const { rig, resume } = await openPauses();
      const claims = createClaims(rig.ledger);
      const outcomes = createOutcomes(rig.ledger, rig.clock);
      const worker = dying(at, effect);
      const mortal: Partial<DeliverDeps> = worker.wrap({
        claims: { claim: claims.claim, read: claims.read },
        outcomes,
        noteLot: createLotNotes(rig.ledger, rig.clock),
      });
      const message = record(IDS);
      await rig.run([message], mortal).catch(() => undefined);
      rig.clock.ms += LEASE_MS;
      await rig.run([message]);
      await rig.drain();
      expect(rig.sent).toEqual([]);
      rig.catalog = OPEN;
      await resume();
      await rig.drain();
      expect(times(rig), `call ${at}`).toEqual({ e1: 1, e2: 1, e3: 1 });
      for (const id of IDS) expect(await rig.state(id)).toBe('delivered');
      if (worker.calls() < at) break;
    }
  }, 60_000);

  test('while it sends on loses nothing and sends nothing twice', async () => {
    for (let at = 1; ; at++) {
      const { rig, resume, deps } = await openPauses();
      await rig.run([record(IDS)]);
      rig.catalog = OPEN;
      const worker = dying(at, effect);
      const { lots, enqueue } = deps;
      await resume(worker.wrap({ lots, enqueue })).catch(() => undefined);
      await rig.drain();
      await resume();
      await rig.drain();
      rig.clock.ms += 15 * MINUTE;
      await rig.runTimers();
      await rig.drain();
      expect(times(rig), `call ${at}`).toEqual({ e1: 1, e2: 1, e3: 1 });
      if (worker.calls() < at) break;
    }
  }, 60_000);
});
