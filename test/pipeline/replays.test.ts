import { describe, expect, test } from 'vitest';
import type { Event } from '../../lib/core/event.ts';
import { minuteOf } from '../../lib/core/keys.ts';
import type { OutgoingMessage } from '../../lib/core/message.ts';
import type { ReplayFilter, ReplayJob } from '../../lib/core/replay.ts';
import { fanOut } from '../../lib/pipeline/fan-out.ts';
import { type ReplayDeps, runReplays } from '../../lib/pipeline/replays.ts';
import { createDead } from '../../lib/stores/dead.ts';
import { createDue } from '../../lib/stores/due.ts';
import { createEventBodies } from '../../lib/stores/event-bodies.ts';
import { createEvents } from '../../lib/stores/events.ts';
import { createEscalations } from '../../lib/stores/escalations.ts';
import { createFailovers } from '../../lib/stores/failovers.ts';
import { createSchedule } from '../../lib/stores/schedule.ts';
import { createStandIns } from '../../lib/stores/stand-ins.ts';
import { createTallies } from '../../lib/stores/tallies.ts';
import { createInbox } from '../../lib/stores/inbox.ts';
import { createFanOuts } from '../../lib/stores/fan-outs.ts';
import { createPoison } from '../../lib/stores/poison.ts';
import { createReplays } from '../../lib/stores/replay.ts';
import { createReplayJobs } from '../../lib/stores/replay-jobs.ts';
import { createReplayPages } from '../../lib/stores/replay-pages.ts';
import { createRecipientWriter, createRecipients } from '../../lib/stores/recipients.ts';
import { NOW, catalogOf, destination, record, status, toRecord, useRigs } from './rig.ts';

const newRig = useRigs();
const MINUTE = 60_000;
const DAY = 86_400_000;
const TIME = new Date(NOW - DAY).toISOString();
const iso = (ms: number): string => new Date(ms).toISOString();
const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `e${i}`);

/** Replays on real stores, with everything behind them: fan-out, deliver, timers. */
async function openReplays() {
  const rig = await newRig();
  const { clock, ledger } = rig;
  const jobs = createReplayJobs(ledger, clock);
  const events = createEvents(ledger);
  const fanOuts = createFanOuts(ledger, clock);
  const ttl = (): number => Math.ceil(clock.now() / 1_000) + 30 * 86_400;
  // Nothing before this test is due: the timers need not look back.
  await createDue(ledger, clock).swept(minuteOf(NOW));
  const packs: { readonly message: OutgoingMessage; readonly visibleAt: number }[] = [];
  const queues = { chat: 'own', http: 'own', urgent: 'own' };
  const enqueue = async (queue: string, messages: readonly OutgoingMessage[]) => {
    for (const message of messages) {
      const visibleAt = clock.now() + (message.delaySeconds ?? 0) * 1_000;
      if (queue === 'events') packs.push({ message, visibleAt });
      else rig.queue.push({ queue, message, visibleAt });
    }
    return { failed: [] };
  };
  const fanOutEvents = (event: readonly { body: string }[]) =>
    fanOut(
      event.map(({ body }) => toRecord(body)),
      {
        catalog: async () => rig.catalog,
        recipients: async () => new Map(),
        inbox: createInbox(ledger, clock),
        firing: async () => [],
        watches: { kept: async () => true },
        record: fanOuts.record,
        open: fanOuts.open,
        schedule: createSchedule(ledger, clock),
        tallies: createTallies(ledger),
        escalations: createEscalations(ledger, clock),
        failovers: createFailovers(ledger, clock),
        standIns: createStandIns(ledger, clock),
        bodies: createEventBodies(ledger),
        hold: async () => new Set(),
        events,
        limits: rig.newLimits(),
        maxAgeMs: 900_000,
        payloadOf: () => 'text',
        enqueue,
        queues,
        ownQueue: 'events',
        poison: createPoison(ledger, clock),
        telemetry: rig.telemetry,
        now: clock.now,
        wait: () => Promise.resolve(),
      },
    );
  const deps: ReplayDeps = {
    jobs,
    events,
    pages: createReplayPages(ledger),
    replays: createReplays(ledger, clock),
    recipients: createRecipients(rig.store.catalog, clock),
    inbox: createInbox(ledger, clock),
    catalog: async () => rig.catalog,
    channels: new Map(),
    enqueue,
    queues,
    eventsQueue: 'events',
    telemetry: rig.telemetry,
    remainingMs: () => 50_000,
    ttl,
    now: clock.now,
  };

  return {
    rig,
    jobs,
    packs,
    /** Deliveries that died a day ago, a second apart. */
    bury: async (ids: readonly string[], to = 'ops', more = {}): Promise<void> => {
      for (const [index, event] of ids.entries()) {
        const content = { id: event, topic: 'a', time: TIME, title: 'Title', text: '' };
        const ref = { tenant: 'acme', event, destination: to };
        const burial = { ref, reason: 'exhausted', attempt: 3, channel: 'chat', since: NOW - DAY } as const;
        await createDead(ledger, { now: () => NOW - DAY + index * 1_000 })(
          [{ ...burial, content, ...more }],
          ttl,
        );
      }
    },
    /** Events that were posted, fanned out and delivered. */
    post: async (given: readonly Event[], to: readonly string[], pack = 'p1'): Promise<void> => {
      const items = given.map((event) => ({ ...event, to }));
      const common = { hash: 'x', pack, at: clock.now(), isAlert: false, isContested: false } as const;
      await events.write(
        'acme',
        items.map((event) => ({ kind: 'event', event, ...common })),
      );
      await fanOutEvents([{ body: JSON.stringify({ v: 1, kind: 'events', tenant: 'acme', pack, items }) }]);
      await rig.drain();
      rig.sent.length = 0;
    },
    start: async (filter: ReplayFilter, id = 'r1'): Promise<ReplayJob> => {
      const counts = { expected: 0, sent: 0, skipped: 0 };
      const times = { createdAt: clock.now(), changedAt: clock.now() };
      const job = {
        tenant: 'acme',
        id,
        filter,
        state: 'running',
        cursor: '',
        lines: {},
        ...counts,
        ...times,
      } as const;
      expect(await jobs.create(job, ttl())).toEqual({ kind: 'written' });
      return job;
    },
    run: (more: Partial<ReplayDeps> = {}) => runReplays({ ...deps, ...more }),
    deps,
    /** The timers' other work: what is due is sent. */
    timers: async (): Promise<void> => {
      await rig.runTimers();
      await rig.drain();
    },
    /** What a minute brings: a run, then fan-out and deliver, as messages become visible. */
    minute: async (more: Partial<ReplayDeps> = {}): Promise<void> => {
      const until = clock.now() + MINUTE;
      await runReplays({ ...deps, ...more });
      const visible = packs.splice(0).toSorted((a, b) => a.visibleAt - b.visibleAt);
      for (const { message, visibleAt } of visible) {
        clock.ms = Math.max(clock.ms, visibleAt);
        await fanOutEvents([message]);
        await rig.drain(clock.now());
      }
      await rig.drain(until - 1);
      clock.ms = Math.max(clock.ms, until);
    },
    job: async (id = 'r1') => (await jobs.find('acme', id))!,
  };
}

const dead = (more: object = {}): ReplayFilter => ({ state: 'dead', to: iso(NOW), ...more });
const counted = (sent: readonly { readonly event: string }[]) => {
  const times = new Map<string, number>();
  for (const { event } of sent) times.set(event, (times.get(event) ?? 0) + 1);
  return times;
};

describe('a replay of dead deliveries', () => {
  test('gives each another round, at a quarter of the destination’s limit', async () => {
    const { rig, bury, start, minute, job } = await openReplays();
    rig.catalog = catalogOf(destination('ops', { rate: { limit: 1, perMs: 1_000 } }));
    await bury(names(20));
    await start(dead());
    await minute();
    expect(await job()).toMatchObject({ state: 'running', sent: 15 });
    await minute();
    expect(await job()).toMatchObject({ state: 'done', sent: 20, skipped: 0 });
    expect(counted(rig.sent)).toEqual(new Map(names(20).map((id) => [id, 1])));
    expect(await Promise.all(names(20).map((id) => rig.state(id)))).toEqual(names(20).map(() => 'delivered'));
    const gaps = rig.sent.slice(1).map(({ atMs }, i) => atMs - rig.sent[i]!.atMs);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(3_000);
  });

  test('leaves alone what another destination, reason or time has', async () => {
    const { rig, bury, start, minute, job } = await openReplays();
    await bury(['a'], 'ops');
    await bury(['b'], 'dev');
    await bury(['c'], 'ops', { reason: 'rejected' });
    await bury(names(3), 'ops');
    await start(dead({ destination: 'ops', reason: 'exhausted', from: iso(NOW - DAY + 1_000) }));
    await minute();
    expect(await job()).toMatchObject({ state: 'done', sent: 2 });
    expect(rig.sent.map(({ event }) => event).toSorted()).toEqual(['e1', 'e2']);
  });

  test('takes what failed for one cause, and forgets the cause with it', async () => {
    const { rig, start, minute, job } = await openReplays();
    rig.reply = ({ event }) => status(event === 'big' ? 413 : 400);
    await rig.run([record(['big', 'other'])]);
    const tooLarge = () => dead({ cause: 'tooLarge', to: iso(rig.clock.now()) });
    await start(tooLarge());
    rig.reply = () => status(400);
    await minute();
    expect(await job()).toMatchObject({ state: 'done', sent: 1 });
    expect(rig.sent.map(({ event }) => event)).toEqual(['big', 'other', 'big']);
    await start(tooLarge(), 'r2');
    await minute();
    expect(await job('r2')).toMatchObject({ state: 'done', sent: 0 });
  });

  test('does not come back to what dies again, and comes to an end', async () => {
    const { rig, bury, start, minute, job } = await openReplays();
    rig.reply = () => status(400);
    await bury(names(5));
    await start(dead());
    for (let i = 0; i < 3; i++) await minute();
    expect(await job()).toMatchObject({ state: 'done', sent: 5 });
    expect(rig.sent).toHaveLength(5);
    expect(await rig.state('e0')).toBe('dead');
  });

  test('leaves three quarters of a shared limit to others, whoever shares it', async () => {
    const { rig, bury, start, minute, job } = await openReplays();
    const rate = { limit: 1, perMs: 1_000 };
    rig.catalog = { ...rig.catalog, limits: [{ id: 'all', rate }] };
    await bury(names(12));
    await bury(names(12), 'dev');
    await start(dead());
    await minute();
    expect(rig.sent).toHaveLength(15);
    await minute();
    expect(await job()).toMatchObject({ state: 'done', sent: 24 });
  });

  test('keeps to the mode of its topic', async () => {
    const { rig, start, minute, job } = await openReplays();
    rig.reply = () => status(503);
    const { messageId, receiptHandle, body } = record(['e1']);
    const pack = JSON.parse(body) as { items: object[] };
    const once = JSON.stringify({ ...pack, items: [{ ...pack.items[0], mode: 'atMostOnce' }] });
    await rig.run([{ messageId, receiptHandle, body: once }]);
    rig.clock.ms += 1_000;
    await start(dead({ to: iso(rig.clock.now()) }));
    for (let i = 0; i < 3; i++) await minute();
    expect(await job()).toMatchObject({ state: 'done', sent: 1 });
    expect(rig.sent).toHaveLength(2);
    expect(await rig.state('e1')).toBe('dead');
  });

  test('passes over destinations that take nothing, and what is no longer dead', async () => {
    const { rig, bury, start, minute, job } = await openReplays();
    rig.catalog = catalogOf(destination('ops'), destination('off', { enabled: false }));
    await bury(['a'], 'off');
    await bury(['b'], 'gone');
    await bury(['c'], 'ops');
    await start(dead());
    await minute();
    expect(await job()).toMatchObject({ state: 'done', sent: 1, skipped: 2 });
    expect(await rig.state('a', 'off')).toBe('dead');
  });

  test('reaches people at their addresses and in their inboxes, by what they want now', async () => {
    const { rig, bury, start, minute, job } = await openReplays();
    rig.catalog = catalogOf(destination('ops'));
    const writer = createRecipientWriter(rig.store.catalog);
    const way = { through: 'ops', settings: { url: 'https://ada.example/' } };
    for (const [id, more] of [
      ['ada', {}],
      ['bob', { unsubscribed: ['a'] }],
    ] as const)
      await writer.put('acme', { id, destinations: [way], inbox: true, ...more }, undefined);
    const places = ['ada.ops', 'ada.inbox', 'bob.ops', 'bob.inbox', 'eve.ops', 'eve.inbox'];
    for (const to of places) await bury(['e1'], to);
    await start(dead());
    await minute();
    expect(await job()).toMatchObject({ state: 'done', sent: 2, skipped: 4 });
    expect(rig.sent.map(({ destination: to }) => to)).toEqual(['ada']);
    const states = await Promise.all(places.map((to) => rig.state('e1', to)));
    expect(states).toEqual(['delivered', 'delivered', 'dead', 'dead', 'dead', 'dead']);
    expect((await createInbox(rig.ledger, rig.clock).page('acme', 'ada', { limit: 5 })).items).toMatchObject([
      { event: 'e1', title: 'Title' },
    ]);
  });

  test('counts on inboxes that are filled, and comes again for those that may not be', async () => {
    const { rig, bury, start, run, job, deps } = await openReplays();
    const person = { id: 'ada', inbox: true };
    await createRecipientWriter(rig.store.catalog).put('acme', person, undefined);
    await bury(['e1'], 'ada.inbox');
    await start(dead());
    const isLost = async () => [{ kind: 'unknown', code: 'Throttled' } as const];
    await run({ inbox: { ...deps.inbox, revive: isLost } });
    expect(await job()).toMatchObject({ state: 'running', sent: 0 });
    await run();
    expect(await job()).toMatchObject({ state: 'done', sent: 1 });
    expect(await rig.state('e1', 'ada.inbox')).toBe('delivered');
  });

  test('rests while it is paused, and leaves the others dead when it is cancelled', async () => {
    const { rig, bury, start, minute, job, jobs } = await openReplays();
    rig.catalog = catalogOf(destination('ops', { rate: { limit: 1, perMs: 1_000 } }));
    await bury(names(40));
    await start(dead());
    await minute();
    expect(await jobs.turn(await job(), 'paused')).toEqual({ kind: 'written' });
    await minute();
    expect(rig.sent).toHaveLength(15);
    expect(await jobs.turn(await job(), 'running')).toEqual({ kind: 'written' });
    await minute();
    expect(rig.sent).toHaveLength(30);
    expect(await jobs.turn(await job(), 'cancelled')).toEqual({ kind: 'written' });
    await minute();
    expect(await job()).toMatchObject({ state: 'cancelled', sent: 30 });
    expect(rig.sent).toHaveLength(30);
    expect(await rig.state('e39')).toBe('dead');
  });

  test('a pause in the middle of a page is not overwritten', async () => {
    const { bury, start, run, job, jobs, deps } = await openReplays();
    await bury(names(3));
    await start(dead());
    await run({
      replays: {
        ...deps.replays,
        startAll: async (...args) => {
          await jobs.turn(await job(), 'paused');
          return await deps.replays.startAll(...args);
        },
      },
    });
    expect(await job()).toMatchObject({ state: 'paused' });
  });
});

const event = (id: string, at = NOW - DAY): Event => ({
  id,
  topic: 'orders.paid',
  time: iso(at),
  lane: 'normal',
  data: { title: id },
});
const past = (more: object = {}): ReplayFilter => ({
  topic: 'orders.paid',
  from: iso(NOW - 2 * DAY),
  to: iso(NOW),
  ...more,
});

describe('a replay of past events', () => {
  test('sends copies where the events went, whatever became of them the first time', async () => {
    const { rig, post, start, minute, job } = await openReplays();
    await post(
      names(3).map((id) => event(id)),
      ['ops', 'dev'],
    );
    await start(past());
    await minute();
    expect(await job()).toMatchObject({ state: 'done', sent: 6 });
    const counts = [...counted(rig.sent)];
    expect(counts).toHaveLength(3);
    for (const [id, times] of counts) {
      expect(id).toMatch(/^rpl_[A-Za-z0-9_-]{27}$/);
      expect(times).toBe(2);
    }
  });

  test('makes one copy of an event that two packs list, to wherever either went', async () => {
    const { rig, post, start, minute, job } = await openReplays();
    await post([event('a'), event('b')], ['ops']);
    await post([event('a')], ['ops', 'dev'], 'p2');
    await start(past());
    await minute();
    expect(await job()).toMatchObject({ state: 'done', sent: 3 });
    expect(rig.sent.map((one) => one.destination).toSorted()).toEqual(['dev', 'ops', 'ops']);
  });

  test('twice sends twice, and never a copy of a copy', async () => {
    const { rig, post, start, minute, job } = await openReplays();
    await post([event('a')], ['ops']);
    for (const id of ['r1', 'r2', 'r3']) {
      await start(past(), id);
      await minute();
      expect(await job(id)).toMatchObject({ state: 'done', sent: 1 });
    }
    expect(counted(rig.sent).size).toBe(3);
    expect(rig.sent).toHaveLength(3);
  });

  test('reaches destinations that are named, even if no route wanted the events', async () => {
    const { rig, post, start, minute, job } = await openReplays();
    await post([event('a')], []);
    await start(past());
    await minute();
    expect(await job()).toMatchObject({ state: 'done', sent: 0 });
    await start(past({ destinations: ['dev'] }), 'r2');
    await minute();
    expect(rig.sent).toMatchObject([{ destination: 'dev' }]);
  });

  test('takes the time asked for, over as many hours as there are', async () => {
    const { rig, post, start, minute, job } = await openReplays();
    const times = [-100, -50.5, -49.5, -2, -1].map((hours) => NOW + hours * 3_600_000);
    for (const [index, at] of times.entries()) await post([event(`e${index}`, at)], ['ops'], `p${index}`);
    await start(past({ from: iso(NOW - 50 * 3_600_000), to: iso(NOW - 3_600_000) }));
    for (let i = 0; i < 3; i++) await minute();
    expect(await job()).toMatchObject({ state: 'done', sent: 2 });
    expect(rig.sent).toHaveLength(2);
  });
});

/** A worker that dies at its n-th call, before or after it took effect. */
function dying<T extends object>(deps: T, at: number, effect: boolean): { deps: T; calls: () => number } {
  let calls = 0;
  const wrap = (value: unknown): unknown => {
    if (typeof value === 'function')
      return async (...args: unknown[]): Promise<unknown> => {
        if (++calls > at || (calls === at && !effect)) throw new Error('dead');
        const result: unknown = await (value as (...given: unknown[]) => unknown)(...args);
        if (calls === at) throw new Error('dead');
        return result;
      };
    return value instanceof Map || typeof value !== 'object' || value === null
      ? value
      : Object.fromEntries(Object.entries(value).map(([name, member]) => [name, wrap(member)]));
  };
  const { jobs, pages, replays, events, enqueue, ...rest } = deps as unknown as ReplayDeps;
  const wrapped = wrap({ jobs, pages, replays, events, enqueue }) as object;
  return { deps: { ...rest, ...wrapped } as unknown as T, calls: () => calls };
}

describe.each([false, true])('a worker that dies (after the call: %s)', (effect) => {
  test.each<[string, ReplayFilter]>([
    ['dead deliveries', dead()],
    ['past events', past()],
  ])(
    'during a replay of %s loses nothing and sends nothing twice',
    async (_, filter) => {
      for (let at = 1; ; at++) {
        const { rig, bury, post, start, minute, timers, job, deps } = await openReplays();
        if ('topic' in filter)
          await post(
            names(3).map((id) => event(id)),
            ['ops'],
          );
        else await bury(names(3));
        await start(filter);
        const worker = dying(deps, at, effect);
        await minute(worker.deps).catch(() => undefined);
        for (let i = 0; i < 2; i++) await minute();
        rig.clock.ms += 15 * MINUTE;
        await timers();
        expect(await job()).toMatchObject({ state: 'done' });
        expect([...counted(rig.sent).values()], `call ${at}`).toEqual([1, 1, 1]);
        if (worker.calls() < at) break;
      }
    },
    60_000,
  );
});
