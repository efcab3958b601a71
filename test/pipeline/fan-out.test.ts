import { describe, expect, test } from 'vitest';
import { type Catalog, EMPTY_CATALOG, type Route } from '../../lib/core/catalog.ts';
import type { Event } from '../../lib/core/event.ts';
import {
  type EventPack,
  type OutgoingMessage,
  PACK_MAX_DELIVERIES,
  parseDeliveryPack,
} from '../../lib/core/message.ts';
import type { MetricName } from '../../lib/core/metrics.ts';
import { type FanOutDeps, fanOut } from '../../lib/pipeline/fan-out.ts';
import { createEventBodies } from '../../lib/stores/event-bodies.ts';
import { createEvents } from '../../lib/stores/events.ts';
import { createEscalations } from '../../lib/stores/escalations.ts';
import { createFailovers } from '../../lib/stores/failovers.ts';
import { createSchedule } from '../../lib/stores/schedule.ts';
import { createStandIns } from '../../lib/stores/stand-ins.ts';
import { createTallies } from '../../lib/stores/tallies.ts';
import { createInbox } from '../../lib/stores/inbox.ts';
import { createRecipients } from '../../lib/stores/recipients.ts';
import { createFanOuts } from '../../lib/stores/fan-outs.ts';
import { createLimits } from '../../lib/stores/limits.ts';
import { createPoison } from '../../lib/stores/poison.ts';
import { NOW, destination, toRecord, useRigs } from './rig.ts';

const newRig = useRigs();
const queues = { chat: 'q-chat', http: 'q-http', urgent: 'q-urgent' };

const event = (id: string, more: Partial<Event> = {}): Event => ({
  id,
  topic: 'orders.paid',
  time: '2026-11-21T10:00:00.000Z',
  lane: 'normal',
  data: { title: `Title of ${id}` },
  ...more,
});

const message = (events: readonly Event[], more: Partial<EventPack> = {}) =>
  toRecord(JSON.stringify({ v: 1, kind: 'events', tenant: 'acme', pack: 'p1', items: events, ...more }));

const route = (destinations: readonly string[], more: Partial<Route> = {}): Route => ({
  id: 'r',
  order: 1,
  destinations,
  ...more,
});

const catalogOf = (routes: readonly Route[], ids: readonly string[]): Catalog => ({
  ...EMPTY_CATALOG,
  routes,
  destinations: new Map(
    ids.map((id) => [id, destination(id, id.startsWith('fax') ? { channel: 'fax' } : {})]),
  ),
});

/** The fan-out step on a real ledger, with the calls it makes in order. */
async function openFanOut(catalog: Catalog) {
  const { store } = await newRig();
  const now = () => NOW;
  const fanOuts = createFanOuts(store.ledger, { now });
  const events = createEvents(store.ledger);
  const calls: string[] = [];
  const out: { queue: string; message: OutgoingMessage }[] = [];
  const metrics = new Map<MetricName, number>();
  const step = {
    catalog,
    calls,
    out,
    metrics,
    events,
    fanOuts,
    store,
    run(records: Parameters<typeof fanOut>[0], deps: Partial<FanOutDeps> = {}) {
      return fanOut(records, {
        catalog: async () => step.catalog,
        recipients: createRecipients(store.catalog, { now }),
        inbox: createInbox(store.ledger, { now }),
        firing: async () => [],
        watches: { kept: async () => true },
        hold: async () => new Set(),
        events,
        schedule: createSchedule(store.ledger, { now }),
        tallies: createTallies(store.ledger),
        escalations: createEscalations(store.ledger, { now }),
        failovers: createFailovers(store.ledger, { now }),
        standIns: createStandIns(store.ledger, { now }),
        bodies: createEventBodies(store.ledger),
        limits: createLimits(store.limits, { now }),
        maxAgeMs: 900_000,
        open: fanOuts.open,
        record: async (planned, ttl) => {
          calls.push('record');
          return await fanOuts.record(planned, ttl);
        },
        enqueue: async (queue, messages) => {
          calls.push(`enqueue ${queue}`);
          out.push(...messages.map((one) => ({ queue, message: one })));
          return { failed: [] };
        },
        queues,
        ownQueue: 'q-events',
        payloadOf: (channel) => (channel === 'fax' ? 'event' : 'text'),
        poison: createPoison(store.ledger, { now }),
        telemetry: {
          add: (metric, value = 1) => void metrics.set(metric, (metrics.get(metric) ?? 0) + value),
          log: () => undefined,
        },
        now,
        wait: () => Promise.resolve(),
        ...deps,
      });
    },
    /** Deliveries enqueued so far: `event:destination`. */
    deliveries: () =>
      out.flatMap(({ message: { body } }) => {
        const parsed = parseDeliveryPack(body);
        return parsed.ok
          ? parsed.message.items.map(({ notification }) => `${notification.id}:${parsed.message.destination}`)
          : [];
      }),
  };
  return step;
}

describe('fan-out', () => {
  test('keeps silenced events back, says so on record, and counts them', async () => {
    const silences = [
      {
        id: 'maintenance',
        topics: ['orders.*'],
        destinations: ['dev'],
        startsAt: NOW - 1,
        endsAt: NOW + 1,
        reason: 'deploying',
        at: NOW,
      },
    ];
    const step = await openFanOut({ ...catalogOf([route(['ops', 'dev'])], ['ops', 'dev']), silences });
    expect(await step.run([message([event('e1'), event('e2', { to: ['dev'] })])])).toEqual([]);
    expect(step.deliveries().toSorted()).toEqual(['e1:ops', 'e2:dev']);
    const key = { tenant: 'acme', topic: 'orders.paid', hour: '2026-11-21T10', pack: 'p1' };
    const [record] = await step.fanOuts.read([key]);
    expect([...record!.suppressed!]).toEqual([
      ['e1', [{ destinations: ['dev'], by: ['silenced:maintenance'] }]],
    ]);
    expect([step.metrics.get('Discarded'), step.metrics.get('NoRoute')]).toEqual([1, undefined]);

    // Decided once: the same pack again goes to the same places, whatever holds by now.
    step.catalog = { ...step.catalog, silences: [] };
    step.out.length = 0;
    await step.run([message([event('e1'), event('e2', { to: ['dev'] })])]);
    expect(step.deliveries().toSorted()).toEqual(['e1:ops', 'e2:dev']);
  });

  test('keeps what a mute route wants back, but not the end of an alert', async () => {
    const mute = [{ zone: 'UTC' }];
    const step = await openFanOut(catalogOf([{ ...route(['ops']), mute }], ['ops']));
    const end = event('e2', { data: { status: 'resolved' } });
    expect(await step.run([message([event('e1'), end])])).toEqual([]);
    expect(step.deliveries()).toEqual(['e2:ops']);
    const key = { tenant: 'acme', topic: 'orders.paid', hour: '2026-11-21T10', pack: 'p1' };
    const [record] = await step.fanOuts.read([key]);
    const by = [`silenced:route:${route([]).id}`];
    expect([...record!.suppressed!]).toEqual([['e1', [{ destinations: ['ops'], by }]]]);
  });

  test('sends each event to the destinations of its routes, rendered', async () => {
    const step = await openFanOut(catalogOf([route(['ops', 'dev'])], ['ops', 'dev']));
    expect(await step.run([message([event('e1'), event('e2')])])).toEqual([]);
    expect(step.deliveries().toSorted()).toEqual(['e1:dev', 'e1:ops', 'e2:dev', 'e2:ops']);
    const { queue, message: sent } = step.out[0]!;
    expect([queue, sent.groupId]).toEqual(['q-chat', 'acme#ops']);
    expect(JSON.parse(sent.body)).toMatchObject({
      v: 1,
      kind: 'deliveries',
      lane: 'normal',
      items: [{ n: 1, since: NOW, notification: { id: 'e1', title: 'Title of e1' } }, {}],
    });
  });

  describe('of an event whose id its producer chose', () => {
    const packOf = (content: string, pack: string) =>
      message([event('e1', { data: { title: content } })], { pack, hashes: { e1: content } });
    const recorded = (content: string, at = NOW) => ({
      kind: 'event' as const,
      event: event('e1'),
      hash: content,
      pack: 'p0',
      at,
      isAlert: false,
      isContested: true,
    });
    const titles = (step: Awaited<ReturnType<typeof openFanOut>>) =>
      step.out.map(({ message: { body } }) => /"title":"(\w+)"/.exec(body)?.[1]);

    test('sends the content that was recorded, and drops any other', async () => {
      const step = await openFanOut(catalogOf([route(['ops'])], ['ops']));
      await step.events.write('acme', [recorded('right')]);
      expect(await step.run([packOf('wrong', 'p1'), packOf('right', 'p2')])).toEqual([]);
      expect(titles(step)).toEqual(['right']);
    });

    test('gives ingest a moment to record it, and then costs no write', async () => {
      const step = await openFanOut(catalogOf([route(['ops'])], ['ops']));
      const wait = () => step.events.write('acme', [recorded('right')]);
      const write = () => Promise.reject(new Error('written'));
      const packs = [packOf('wrong', 'p1'), packOf('right', 'p2')];
      expect(await step.run(packs, { wait, events: { ...step.events, write } })).toEqual([]);
      expect(titles(step)).toEqual(['right']);
    });

    test('gives it a little more where it is slow', async () => {
      const step = await openFanOut(catalogOf([route(['ops'])], ['ops']));
      const waits: number[] = [];
      const wait = async (ms: number) => {
        if (waits.push(ms) === 2) await step.events.write('acme', [recorded('right')]);
      };
      const write = () => Promise.reject(new Error('written'));
      expect(await step.run([packOf('right', 'p1')], { wait, events: { ...step.events, write } })).toEqual(
        [],
      );
      expect(titles(step)).toEqual(['right']);
      expect(waits).toEqual([50, 100]);
    });

    test('records the first it meets, when ingest has not done so yet', async () => {
      const step = await openFanOut(catalogOf([route(['ops'])], ['ops']));
      expect(await step.run([packOf('first', 'p1'), packOf('second', 'p2')])).toEqual([]);
      expect(titles(step)).toEqual(['first']);
      expect(await step.events.write('acme', [recorded('second')])).toEqual(['first']);
    });

    test('takes the place of a record that has expired', async () => {
      const step = await openFanOut(catalogOf([route(['ops'])], ['ops']));
      await step.events.write('acme', [recorded('old', NOW - 45 * 86_400_000)]);
      expect(await step.run([packOf('new', 'p1')])).toEqual([]);
      expect(titles(step)).toEqual(['new']);
      expect((await step.events.read('acme', ['e1'])).get('e1')).toMatchObject({ hash: 'new', at: NOW });
    });

    test('comes again while nobody can say whose the id is, and holds up no other', async () => {
      const step = await openFanOut(catalogOf([route(['ops'])], ['ops']));
      const open = packOf('open', 'p1');
      const down = {
        ...step.events,
        write: async (_: string, writes: readonly unknown[]) => writes.map(() => undefined),
      };
      expect(await step.run([open, message([event('e2')])], { events: down })).toEqual([open.messageId]);
      expect(step.deliveries()).toEqual(['e2:ops']);
      const unreadable = { ...step.events, read: () => Promise.reject(new Error('throttled')) };
      expect(await step.run([open], { events: unreadable })).toEqual([open.messageId]);
    });
  });

  test('writes down who hears what before anything is sent', async () => {
    const step = await openFanOut(catalogOf([route(['ops'])], ['ops']));
    await step.run([message([event('e1')])]);
    expect(step.calls).toEqual(['record', 'enqueue q-chat']);
  });

  test('sends what was written down first, though the catalog has changed since', async () => {
    const step = await openFanOut(catalogOf([route(['ops'])], ['ops', 'dev']));
    const lost = { enqueue: () => Promise.reject(new Error('no queue')) };
    const pack = message([event('e1')]);
    expect(await step.run([pack], lost)).toEqual([pack.messageId]);
    step.catalog = catalogOf([route(['dev'])], ['ops', 'dev']);
    expect(await step.run([pack])).toEqual([]);
    expect(step.deliveries()).toEqual(['e1:ops']);
  });

  test('counts nothing once more that is on record, though the catalog has changed since', async () => {
    const to = (ids: readonly string[]): Catalog => ({
      ...catalogOf([route(ids)], ['ops', 'dev']),
      topics: [{ id: 'all', topics: ['*'], dedupeMs: 60_000 }],
    });
    const step = await openFanOut(to(['ops']));
    const pack = message([event('e1', { dedupeKey: 'db1' })]);
    await step.run([pack]);
    step.catalog = to(['ops', 'dev']);
    await step.run([pack]);
    await step.run([message([event('e2', { dedupeKey: 'db1' })], { pack: 'p2' })]);
    expect(new Set(step.deliveries())).toEqual(new Set(['e1:ops', 'e2:dev']));
  });

  test('writes the mode of each topic down and into its deliveries, and keeps to it', async () => {
    const topics = [{ id: 't', topics: ['orders.*'], mode: 'exactlyOnceRecorded' as const }];
    const step = await openFanOut({ ...catalogOf([route(['ops'])], ['ops']), topics });
    const lost = { enqueue: () => Promise.reject(new Error('no queue')) };
    const pack = message([
      event('e1'),
      event('e2', { topic: 'other', expiresAt: '2026-11-22T00:00:00.000Z' }),
    ]);
    expect(await step.run([pack], lost)).toEqual([pack.messageId]);
    step.catalog = { ...step.catalog, topics: [] };
    expect(await step.run([pack])).toEqual([]);
    const { items } = JSON.parse(step.out[0]!.message.body) as { items: object[] };
    expect(items).toMatchObject([
      { notification: { id: 'e1' }, mode: 'exactlyOnceRecorded' },
      { notification: { id: 'e2' }, expiresAtMs: Date.UTC(2026, 10, 22) },
    ]);
    expect(items[0]).not.toHaveProperty('expiresAtMs');
    expect(items[1]).not.toHaveProperty('mode');
  });

  test('sends nothing that could not be written down', async () => {
    const step = await openFanOut(catalogOf([route(['ops'])], ['ops']));
    const pack = message([event('e1')]);
    expect(await step.run([pack], { record: async (planned) => planned.map(() => undefined) })).toEqual([
      pack.messageId,
    ]);
    expect(await step.run([pack], { record: () => Promise.reject(new Error('no table')) })).toEqual([
      pack.messageId,
    ]);
    expect(step.out).toEqual([]);
  });

  test('records an event that no route wants', async () => {
    const step = await openFanOut(catalogOf([route(['ops'], { topics: ['other'] })], ['ops']));
    expect(await step.run([message([event('e1')])])).toEqual([]);
    expect(step.out).toEqual([]);
    expect(step.metrics.get('NoRoute')).toBe(1);
    const key = { tenant: 'acme', topic: 'orders.paid', hour: '2026-11-21T10', pack: 'p1' };
    expect((await step.fanOuts.read([key]))[0]?.destinations).toEqual(new Map([['e1', []]]));
  });

  test('takes a message that was received twice once, and both copies share its fate', async () => {
    const step = await openFanOut(catalogOf([route(['ops'])], ['ops']));
    const one = message([event('e1')]);
    const copy = toRecord(one.body);
    expect(await step.run([one, copy])).toEqual([]);
    expect(step.deliveries()).toEqual(['e1:ops']);
    const lost = { enqueue: () => Promise.reject(new Error('no queue')) };
    expect(await step.run([one, copy], lost)).toEqual([one.messageId, copy.messageId]);
  });

  test('brings back only the messages whose deliveries were not enqueued', async () => {
    const step = await openFanOut(
      catalogOf([route(['ops'], { topics: ['a'] }), route(['dev'], { topics: ['b'] })], ['ops', 'dev']),
    );
    const [a, b] = [
      message([event('e1', { topic: 'a' })]),
      message([event('e2', { topic: 'b' })], { pack: 'p2' }),
    ];
    const enqueue: FanOutDeps['enqueue'] = async (_, list) => ({
      failed: list.flatMap(({ groupId }, index) => (groupId === 'acme#dev' ? [index] : [])),
    });
    expect(await step.run([a, b], { enqueue })).toEqual([b.messageId]);
  });

  test('one tenant’s unreadable catalog holds nobody up', async () => {
    const step = await openFanOut(catalogOf([route(['ops'])], ['ops']));
    const [mine, theirs] = [message([event('e1')]), message([event('e2')], { tenant: 'other', pack: 'p2' })];
    const catalog = async (tenant: string) => {
      if (tenant === 'other') throw new Error('no table');
      return step.catalog;
    };
    expect(await step.run([mine, theirs], { catalog })).toEqual([theirs.messageId]);
    expect(step.deliveries()).toEqual(['e1:ops']);
  });

  test('chooses the queue by lane, then channel, then the common one', async () => {
    const step = await openFanOut(catalogOf([route(['ops', 'fax1', 'gone'])], ['ops', 'fax1']));
    await step.run([message([event('e1'), event('e2', { lane: 'urgent' })])]);
    const queueOf = (id: string, to: string) =>
      step.out.find(
        ({ message: { body } }) => body.includes(`"${id}"`) && body.includes(`"destination":"${to}"`),
      )?.queue;
    expect([
      queueOf('e1', 'ops'),
      queueOf('e1', 'fax1'),
      queueOf('e1', 'gone'),
      queueOf('e2', 'fax1'),
    ]).toEqual(['q-chat', 'q-http', 'q-http', 'q-urgent']);
  });

  test('gives data only to channels that carry it', async () => {
    const step = await openFanOut(catalogOf([route(['ops', 'fax1'])], ['ops', 'fax1']));
    await step.run([message([event('e1', { data: { title: 'T', total: 5 } })])]);
    const notifications = step.out.map(
      ({ message: { body } }) =>
        (JSON.parse(body) as { items: [{ notification: object }] }).items[0].notification,
    );
    expect(notifications.map((one) => 'data' in one)).toEqual([false, true]);
  });

  test('sends an event named for destinations there, and asks no route', async () => {
    const step = await openFanOut(catalogOf([route(['ops'])], ['ops', 'dev']));
    await step.run([message([event('e1', { to: ['dev'] })])]);
    expect(step.deliveries()).toEqual(['e1:dev']);
  });
});

describe('large packs', () => {
  test('of one destination are cut to what one claim call takes', async () => {
    const step = await openFanOut(catalogOf([route(['ops'])], ['ops']));
    await step.run([message(Array.from({ length: 60 }, (_, n) => event(`e${n}`)))]);
    expect(step.out.map(({ message: { body } }) => (JSON.parse(body) as { items: [] }).items.length)).toEqual(
      [PACK_MAX_DELIVERIES, PACK_MAX_DELIVERIES, 10],
    );
  });

  test('beyond 2,000 deliveries go on in the next invocation, each delivery once', async () => {
    const ids = Array.from({ length: 90 }, (_, n) => `d${n}`);
    const step = await openFanOut(catalogOf([route(ids)], ids));
    const events = Array.from({ length: 50 }, (_, n) => event(`e${n}`));
    let next = [message(events)];
    const sizes: number[] = [];
    for (let round = 0; next.length > 0 && round < 10; round++) {
      const before = step.deliveries().length;
      expect(await step.run(next)).toEqual([]);
      sizes.push(step.deliveries().length - before);
      next = step.out
        .splice(0, Infinity, ...step.out.filter(({ queue }) => queue !== 'q-events'))
        .filter(({ queue }) => queue === 'q-events')
        .map(({ message: { body } }) => toRecord(body));
    }
    expect(sizes).toEqual([2_000, 2_000, 500]);
    expect(new Set(step.deliveries()).size).toBe(4_500);
  });

  test('whose rest cannot be put back come again as a whole', async () => {
    const ids = Array.from({ length: 3_000 }, (_, n) => `d${n}`);
    const step = await openFanOut(catalogOf([route(ids)], ids));
    const pack = message([event('e1')]);
    const enqueue: FanOutDeps['enqueue'] = async (queue, list) => ({
      failed: queue === 'q-events' ? [...list.keys()] : [],
    });
    expect(await step.run([pack], { enqueue })).toEqual([pack.messageId]);
  });

  test('that went round too often stay, and end with the dead letters', async () => {
    const ids = Array.from({ length: 3_000 }, (_, n) => `d${n}`);
    const step = await openFanOut(catalogOf([route(ids)], ids));
    const pack = message([event('e1')], { hops: 10_000 });
    expect(await step.run([pack])).toEqual([pack.messageId]);
  });
});

test.each([
  'not json',
  '{}',
  JSON.stringify({ v: 1, kind: 'events', tenant: 'acme', pack: 'p', items: [{ id: 'e', topic: 'a' }] }),
])('a message that cannot be read (%s) is recorded, and blocks nobody', async (body) => {
  const step = await openFanOut(catalogOf([route(['ops'])], ['ops']));
  const bad = toRecord(body);
  expect(await step.run([bad, message([event('e1')])])).toEqual([]);
  expect(step.deliveries()).toEqual(['e1:ops']);
  const items = await step.store.items(step.store.ledger);
  expect(items.some(({ pk }) => pk === `T#-#P#${bad.messageId}`)).toBe(true);
});
