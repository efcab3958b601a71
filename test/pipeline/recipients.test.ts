import { expect, test } from 'vitest';
import type { Event } from '../../lib/core/event.ts';
import { parseDeliveryPack } from '../../lib/core/message.ts';
import type { Person, Recipient } from '../../lib/core/recipient.ts';
import { fanOut } from '../../lib/pipeline/fan-out.ts';
import { createEventBodies } from '../../lib/stores/event-bodies.ts';
import { createEvents } from '../../lib/stores/events.ts';
import { createFanOuts } from '../../lib/stores/fan-outs.ts';
import { createInbox } from '../../lib/stores/inbox.ts';
import { createPoison } from '../../lib/stores/poison.ts';
import { createReads } from '../../lib/stores/reads.ts';
import { createStandIns } from '../../lib/stores/stand-ins.ts';
import { createTallies } from '../../lib/stores/tallies.ts';
import { createEscalations } from '../../lib/stores/escalations.ts';
import { createFailovers } from '../../lib/stores/failovers.ts';
import { createSchedule } from '../../lib/stores/schedule.ts';
import { createRecipientWriter, createRecipients } from '../../lib/stores/recipients.ts';
import { NOW, type Rig, catalogOf, destination, status, toRecord, useRigs } from './rig.ts';

const newRig = useRigs();

const event = (more: Partial<Event> = {}): Event => ({
  id: 'e1',
  topic: 'orders.paid',
  time: '2026-11-21T10:00:00.000Z',
  lane: 'normal',
  data: { title: 'Paid' },
  ...more,
});

const via = (name: string) => ({ through: 'chat', settings: { url: `https://${name}.example/` } });
const alice: Person = { id: 'alice', destinations: ['ops', via('alice')], inbox: true };

async function openPeople(...recipients: Recipient[]) {
  const rig = await newRig();
  rig.catalog = catalogOf(destination('ops'), destination('chat'));
  const writer = createRecipientWriter(rig.store.catalog);
  for (const one of recipients) await writer.put('acme', one, undefined);
  const fanOuts = createFanOuts(rig.ledger, rig.clock);
  const inbox = createInbox(rig.ledger, rig.clock);
  const post = (...events: Event[]) => {
    const pack = { v: 1, kind: 'events', tenant: 'acme', pack: `p-${events[0]?.id}`, items: events };
    return fanOut([toRecord(JSON.stringify(pack))], depsOf(rig, { fanOuts, inbox }));
  };
  const reads = createReads(rig.ledger, { readFanOuts: fanOuts.read });
  return {
    rig,
    writer,
    inbox,
    fanOuts,
    post,
    /** `destination state reason` of each delivery of an event. */
    states: async (id: string) => {
      const view = await reads.findEvent('acme', id);
      return (view?.deliveries ?? []).map(({ destination: to, state, reason, by = [] }) =>
        [to, state, reason, ...by].filter((word) => word !== undefined).join(' '),
      );
    },
  };
}

interface Stores {
  readonly fanOuts: ReturnType<typeof createFanOuts>;
  readonly inbox: ReturnType<typeof createInbox>;
}

function depsOf(rig: Rig, { fanOuts, inbox }: Stores): Parameters<typeof fanOut>[1] {
  return {
    catalog: async () => rig.catalog,
    firing: async () => [],
    watches: { kept: async () => true },
    hold: async () => new Set(),
    recipients: createRecipients(rig.store.catalog, rig.clock),
    inbox,
    events: createEvents(rig.ledger),
    limits: rig.newLimits(),
    maxAgeMs: 900_000,
    record: fanOuts.record,
    open: fanOuts.open,
    tallies: createTallies(rig.ledger),
    schedule: createSchedule(rig.ledger, rig.clock),
    escalations: createEscalations(rig.ledger, rig.clock),
    failovers: createFailovers(rig.ledger, rig.clock),
    standIns: createStandIns(rig.ledger, rig.clock),
    bodies: createEventBodies(rig.ledger),
    async enqueue(queue, messages) {
      for (const message of messages) rig.queue.push({ queue, message, visibleAt: rig.clock.now() });
      return { failed: [] };
    },
    queues: { http: 'own', urgent: 'own' },
    ownQueue: 'q-events',
    payloadOf: () => 'text',
    poison: createPoison(rig.ledger, rig.clock),
    telemetry: rig.telemetry,
    now: rig.clock.now,
    wait: () => Promise.resolve(),
  };
}

/** Posted events are on record once ingest has written them. */
async function recordEvent(rig: Rig, one: Event) {
  const common = {
    kind: 'event',
    hash: 'h',
    pack: `p-${one.id}`,
    at: NOW,
    isAlert: false,
    isContested: false,
  } as const;
  await createEvents(rig.ledger).write('acme', [{ ...common, event: one }]);
}

test('an event reaches a person at each of their places, at their own address through a shared destination', async () => {
  const { rig, post, states, inbox } = await openPeople(alice);
  const one = event({ recipients: ['alice'] });
  await recordEvent(rig, one);
  expect(await post(one)).toEqual([]);
  const packs = rig.queue.map(({ message: { body } }) => parseDeliveryPack(body));
  const places = packs.map((pack) => (pack.ok ? pack.message.destination : pack.why));
  expect(places.toSorted()).toEqual(['alice.chat', 'ops']);
  await rig.drain();
  expect(rig.sent.map((sent) => sent.destination).toSorted()).toEqual(['alice', 'ops']);
  expect((await states('e1')).toSorted()).toEqual([
    'alice.chat delivered',
    'alice.inbox delivered',
    'ops delivered',
  ]);
  const { items } = await inbox.page('acme', 'alice', { limit: 10 });
  expect(items).toEqual([expect.objectContaining({ event: 'e1', title: 'Paid', topic: 'orders.paid' })]);
});

test('a fan-out that comes again adds nothing, and leaves what was read', async () => {
  const { rig, post, inbox } = await openPeople(alice);
  const one = event({ recipients: ['alice'] });
  await post(one);
  await rig.drain();
  const [item] = (await inbox.page('acme', 'alice', { limit: 10 })).items;
  await inbox.markRead('acme', 'alice', [item!.id]);
  await post(one);
  await rig.drain();
  expect(rig.sent).toHaveLength(2);
  const { items } = await inbox.page('acme', 'alice', { limit: 10 });
  expect(items.map(({ readAt }) => readAt !== undefined)).toEqual([true]);
  expect((await inbox.unread('acme', 'alice')).count).toBe(0);
});

test('who hears it stays as it was decided, whatever a person changes before the fan-out comes again', async () => {
  const { rig, writer, post, states } = await openPeople(alice);
  const one = event({ recipients: ['alice'] });
  await recordEvent(rig, one);
  await post(one);
  rig.queue.length = 0;
  const seen = await writer.find('acme', 'alice');
  await writer.put('acme', { ...alice, unsubscribed: ['*'] }, seen!.etag);
  await post(one);
  await rig.drain();
  expect(rig.sent).toHaveLength(2);
  expect(await states('e1')).not.toContainEqual(expect.stringContaining('unsubscribed'));
});

test('what a person refuses is on record, and nothing is sent', async () => {
  const bob: Person = { id: 'bob', destinations: [via('bob')], inbox: true, unsubscribed: ['orders.*'] };
  const { rig, post, states, inbox } = await openPeople(bob);
  const one = event({ recipients: ['bob', 'ghost'] });
  await recordEvent(rig, one);
  await post(one);
  expect(rig.queue).toEqual([]);
  expect((await inbox.page('acme', 'bob', { limit: 10 })).items).toEqual([]);
  expect(await states('e1')).toEqual([
    'bob.chat discarded unsubscribed bob',
    'bob.inbox discarded unsubscribed bob',
    'ghost.inbox discarded destinationDeleted ghost',
  ]);
  expect(rig.metrics.get('NoRoute')).toBeUndefined();
});

test('an address of a person who is gone, or took it back, is discarded', async () => {
  const { rig, post, writer } = await openPeople(alice);
  await post(event({ recipients: ['alice'] }));
  await writer.put('acme', { ...alice, destinations: ['ops'] }, (await writer.find('acme', 'alice'))!.etag);
  await rig.drain();
  expect(await rig.state('e1', 'alice.chat')).toBe('discarded');
  expect(await rig.state('e1', 'ops')).toBe('delivered');
});

test('each address has a breaker and a rate of its own; a pause of the shared destination holds all', async () => {
  const bob: Person = { id: 'bob', destinations: [via('bob')] };
  const { rig, post } = await openPeople(alice, bob);
  rig.reply = ({ destination: to }) => status(to === 'alice' ? 429 : 200, { 'retry-after': '60' });
  await post(event({ recipients: ['alice', 'bob'] }));
  await rig.drain(NOW + 1_000);
  expect(await rig.state('e1', 'bob.chat')).toBe('delivered');
  expect(await rig.state('e1', 'alice.chat')).not.toBe('delivered');
  const pauses = [{ id: 'destination:chat', target: { destination: 'chat' }, at: NOW }];
  rig.catalog = { ...rig.catalog, pauses };
  await post(event({ id: 'e2', recipients: ['bob'] }));
  await rig.drain(NOW + 2_000);
  expect(await rig.state('e2', 'bob.chat')).toBe('held');
});

test('each reads the template in their language, and as it is for the channel', async () => {
  const anna: Person = { ...alice, locale: 'de-AT' };
  const { rig, post, inbox } = await openPeople(anna);
  const template = {
    id: 'paid',
    title: 'Paid: {{data.id}}',
    channels: { inbox: { text: 'short' } },
    locales: { de: { title: 'Bezahlt: {{data.id}}', channels: { chat: { text: 'kurz' } } } },
  };
  rig.catalog = {
    ...rig.catalog,
    templates: new Map([['paid', template]]),
    routes: [{ id: 'r', order: 1, recipients: ['alice'], template: 'paid' }],
  };
  await post(event({ data: { id: 7, text: 'plain' } }));
  const contents = rig.queue.map(({ message: { body } }) => {
    const pack = parseDeliveryPack(body);
    return (
      pack.ok && [
        pack.message.destination,
        pack.message.items[0]?.notification.title,
        pack.message.items[0]?.notification.text,
      ]
    );
  });
  expect(contents).toEqual([
    ['ops', 'Paid: 7', 'plain'],
    ['alice.chat', 'Bezahlt: 7', 'kurz'],
  ]);
  const { items } = await inbox.page('acme', 'alice', { limit: 1 });
  expect(items).toEqual([expect.objectContaining({ title: 'Bezahlt: 7', text: 'short' })]);
});

test('what has expired is in no inbox', async () => {
  const { rig, post, inbox } = await openPeople(alice);
  await post(event({ recipients: ['alice'], expiresAt: new Date(NOW - 1).toISOString() }));
  expect((await inbox.page('acme', 'alice', { limit: 10 })).items).toEqual([]);
  expect(await rig.state('e1', 'alice.inbox')).toBe('discarded');
});

test('an inbox that cannot be written brings the event again', async () => {
  const { rig, fanOuts, inbox } = await openPeople(alice);
  const pack = {
    v: 1,
    kind: 'events',
    tenant: 'acme',
    pack: 'p1',
    items: [event({ recipients: ['alice'] })],
  };
  const record = toRecord(JSON.stringify(pack));
  for (const name of ['put', 'end'] as const) {
    const lost = { ...inbox, [name]: async () => [{ kind: 'unknown', code: 'x' } as const] };
    expect(await fanOut([record], depsOf(rig, { fanOuts, inbox: lost }))).toEqual([record.messageId]);
  }
  expect(await fanOut([record], depsOf(rig, { fanOuts, inbox }))).toEqual([]);
  expect((await inbox.page('acme', 'alice', { limit: 10 })).items).toHaveLength(1);
});

test('people who cannot be read bring the event again', async () => {
  const { rig, fanOuts, inbox } = await openPeople(alice);
  const pack = {
    v: 1,
    kind: 'events',
    tenant: 'acme',
    pack: 'p1',
    items: [event({ recipients: ['alice'] })],
  };
  const record = toRecord(JSON.stringify(pack));
  const recipients = async () => await Promise.reject(new Error('throttled'));
  expect(await fanOut([record], { ...depsOf(rig, { fanOuts, inbox }), recipients })).toEqual([
    record.messageId,
  ]);
  expect(rig.queue).toEqual([]);
});
