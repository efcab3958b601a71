import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Event } from '../../lib/core/event.ts';
import { createEvents } from '../../lib/stores/events.ts';
import { createTallies } from '../../lib/stores/tallies.ts';
import { NOW, type Rig, startManage, verdict } from './manage-rig.ts';

let rig: Rig;
let key: string;
let tenant: string;
let count = 0;

beforeAll(async () => {
  rig = await startManage();
});
afterAll(() => rig.close());
beforeEach(async () => {
  tenant = `tenant${count++}`;
  key = await rig.newKey(tenant);
  await put('destinations/ops', { channel: 'webhook', settings: { url: 'https://example.com/x' } });
  await put('routes/disks', { topics: ['disk.*'], when: 'severity >= "error"', destinations: ['ops'] });
});

const put = (path: string, body: object) => rig.ask(`PUT /v1/${path}`, { key, body });
const event = { topic: 'disk.full', severity: 'critical', data: { title: 'Disk full', host: 'db1' } };
const explain = async (body: object) => (await rig.ask('POST /v1/explain', { key, body })).body;
const iso = (ms: number) => new Date(ms).toISOString();

test('an event that would be sent, and how', async () => {
  expect(await explain({ event })).toMatchObject({
    at: iso(NOW),
    topic: 'disk.full',
    priority: 'urgent',
    lane: 'urgent',
    routes: [{ route: 'disks', verdict: 'matched' }],
    deliveries: [
      {
        destination: 'ops',
        channel: 'webhook',
        state: 'pending',
        route: 'disks',
        mode: 'atLeastOnce',
        notification: { title: 'Disk full', topic: 'disk.full' },
      },
    ],
  });
});

describe('why did nobody get this?', () => {
  test.each<[string, () => Promise<unknown>, object, object]>([
    [
      'no route wants it',
      async () => {},
      { event: { ...event, severity: 'info' } },
      {
        noRoute: true,
        routes: [
          { route: 'disks', verdict: 'notMatched', words: expect.stringContaining('severity is "info"') },
        ],
        deliveries: [],
      },
    ],
    [
      'its destination is switched off',
      () =>
        put('destinations/off', {
          channel: 'webhook',
          settings: { url: 'https://example.com/y' },
          enabled: false,
        }).then(() => put('routes/all', { order: 1, destinations: ['off'] })),
      { event },
      { deliveries: [{ destination: 'off', state: 'discarded', reason: 'disabled' }] },
    ],
    [
      'its destination is paused',
      () => rig.ask('POST /v1/pauses', { key, body: { channel: 'webhook' } }),
      { event },
      { deliveries: [{ destination: 'ops', state: 'held', reason: 'paused' }] },
    ],
    [
      'a silence keeps it back',
      () =>
        rig.ask('POST /v1/silences', {
          key,
          body: { id: 'works', topics: ['disk.*'], endsAt: iso(NOW + 60_000), reason: 'new disks' },
        }),
      { event },
      { deliveries: [{ destination: 'ops', state: 'discarded', reason: 'silenced', by: ['works'] }] },
    ],
    [
      'its route is mute at that time',
      () => put('routes/all', { order: 1, destinations: ['ops'], mute: [{ days: ['sun'], zone: 'UTC' }] }),
      { event, at: '2026-11-29T12:00:00Z' },
      { deliveries: [{ destination: 'ops', state: 'discarded', reason: 'silenced', by: ['route:all'] }] },
    ],
    [
      'its destination has heard enough',
      async () => {
        await put('destinations/few', {
          channel: 'webhook',
          settings: { url: 'https://example.com/z' },
          cap: { max: 1, perMs: 60_000 },
        });
        await put('routes/all', { order: 1, destinations: ['few'] });
        const tally = new Map([['', [{ event: 'before', at: NOW }]]]);
        await createTallies(rig.ledger).write([{ tenant, name: 'cap#few', seen: 0, tally, ttl: 2e9 }]);
      },
      { event: { ...event, severity: 'error' } },
      { deliveries: [{ destination: 'few', state: 'discarded', reason: 'capped', by: ['destination:few'] }] },
    ],
    [
      'it would have expired by then',
      async () => {},
      { event: { ...event, expiresAt: iso(NOW + 1_000) }, at: iso(NOW + 2_000) },
      { deliveries: [{ destination: 'ops', state: 'discarded', reason: 'expired' }] },
    ],
  ])('because %s', async (_, prepare, body, expected) => {
    await prepare();
    expect(await explain(body)).toMatchObject(expected);
  });
});

test('whom a route would tell next stands beside', async () => {
  const steps = [{ afterMs: 60_000, destinations: ['ops'] }];
  await put('routes/paging', {
    order: 1,
    topics: ['page'],
    destinations: ['ops'],
    escalate: { steps, repeat: 1 },
  });
  const page = { topic: 'page', data: {} };
  expect(await explain({ event: page })).toMatchObject({
    escalation: [
      { route: 'paging', at: iso(NOW + 60_000), destinations: ['ops'] },
      { route: 'paging', at: iso(NOW + 120_000), destinations: ['ops'] },
    ],
  });
  expect(await explain({ event: { ...page, data: { status: 'resolved' } } })).not.toHaveProperty(
    'escalation',
  );
});

test('at another time other silences hold', async () => {
  const body = { id: 'works', topics: ['disk.*'], endsAt: iso(NOW + 60_000), reason: 'new disks' };
  await rig.ask('POST /v1/silences', { key, body });
  expect(await explain({ event, at: iso(NOW + 60_000) })).toMatchObject({
    deliveries: [{ state: 'pending' }],
  });
});

test('an event of the past is explained by its id, and only to its tenant', async () => {
  const past: Event = {
    id: 'e1',
    topic: 'disk.full',
    time: iso(NOW),
    lane: 'urgent',
    severity: 'critical',
    data: { title: 'Disk full' },
  };
  await createEvents(rig.ledger).write(tenant, [
    { kind: 'event', event: past, hash: 'h', pack: 'p', at: NOW, isAlert: false, isContested: false },
  ]);
  expect(await explain({ eventId: 'e1' })).toMatchObject({ deliveries: [{ destination: 'ops' }] });
  const other = await rig.newKey(`${tenant}-other`);
  expect(await verdict(rig.ask('POST /v1/explain', { key: other, body: { eventId: 'e1' } }))).toBe(
    '404 not-found',
  );
});

test.each<[string, object, string]>([
  ['neither an event nor an id', {}, '422 validation'],
  ['both', { event, eventId: 'e1' }, '422 validation'],
  ['a bad event', { event: { topic: 'no spaces please' } }, '422 validation'],
  ['a bad time', { event, at: 'tomorrow' }, '422 validation'],
])('%s is refused', async (_, body, expected) => {
  expect(await verdict(rig.ask('POST /v1/explain', { key, body }))).toBe(expected);
});

test('lane and priority are those that its topic says', async () => {
  await put('topics/disks', { topics: ['disk.*'], lane: 'urgent' });
  await put('topics/all', { topics: ['*'], priorities: { warning: 'high', critical: 'medium' } });
  const mild = { ...event, severity: 'warning' };
  expect(await explain({ event: mild })).toMatchObject({ lane: 'urgent', priority: 'urgent' });
  expect(await explain({ event: { ...mild, lane: 'normal' } })).toMatchObject({
    lane: 'normal',
    priority: 'high',
  });
  expect(await explain({ event: { ...event, topic: 'net.down' } })).toMatchObject({
    lane: 'normal',
    priority: 'medium',
  });
});

test('tells until when it is kept, by its topic or as it was taken', async () => {
  const DAY = 86_400_000;
  await put('topics/disks', { topics: ['disk.*'], retentionDays: 90 });
  const keptUntil = new Date(NOW + 90 * DAY).toISOString();
  expect(await explain({ event })).toMatchObject({ keptUntil });
  const past = new Date(NOW + 30 * DAY).toISOString();
  expect(await explain({ event: { ...event, topic: 'net.down' } })).toMatchObject({ keptUntil: past });
  const taken = {
    id: 'kept',
    topic: 'disk.full',
    time: new Date(NOW - DAY).toISOString(),
    lane: 'normal',
    data: {},
    retentionDays: 400,
  } as const;
  const write = {
    kind: 'event',
    hash: 'h',
    pack: 'p',
    at: NOW - DAY,
    isAlert: false,
    isContested: false,
  } as const;
  await createEvents(rig.ledger).write(tenant, [{ ...write, event: taken }]);
  expect(await explain({ eventId: 'kept' })).toMatchObject({
    keptUntil: new Date(NOW + 399 * DAY).toISOString(),
  });
});

test('a template that is not saved yet is shown in the place of that of the route', async () => {
  const template = {
    title: '{{data.host}} is full',
    channels: { webhook: { text: 'Make room on {{data.host}}.' } },
  };
  expect(await explain({ event, template })).toMatchObject({
    deliveries: [{ notification: { title: 'db1 is full', text: 'Make room on db1.' } }],
  });
  const ask = (body: object) => rig.ask('POST /v1/explain', { key, body });
  expect(await ask({ event, template: { title: '{{nothing}}' } })).toMatchObject({
    status: 422,
    body: { errors: [{ pointer: '/template/title' }] },
  });
  expect(await ask({ event, template: { channels: { fax: { title: 'x' } } } })).toMatchObject({
    status: 422,
    body: { errors: [{ pointer: '/template/channels/fax' }] },
  });
});

test('what is counted is told, and not counted', async () => {
  await put('topics/disks', { topics: ['disk.*'], dedupeMs: 60_000, dedupeBy: 'data.host' });
  const body = { event };
  const counted = { rule: 'topic:disks', max: 1, perMs: 60_000, passed: 0 };
  expect(await explain(body)).toMatchObject({ deliveries: [{ state: 'pending', counts: [counted] }] });
  expect(await explain(body)).toMatchObject({ deliveries: [{ state: 'pending', counts: [counted] }] });
});
