import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { groupIncident, incidentOf } from '../../lib/core/escalation.ts';
import type { Event } from '../../lib/core/event.ts';
import type { HoldKind } from '../../lib/core/group-window.ts';
import { createEvents } from '../../lib/stores/events.ts';
import { createEscalations } from '../../lib/stores/escalations.ts';
import { createMembers } from '../../lib/stores/members.ts';
import { createWindows } from '../../lib/stores/windows.ts';
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
  tenant = `ack${count++}`;
  key = await rig.newKey(tenant, ['send']);
});

const escalations = () => createEscalations(rig.ledger, { now: () => NOW });
const time = new Date(NOW).toISOString();
const event: Event = { id: 'e1', topic: 'a', time, lane: 'normal', dedupeKey: 'disk', data: {} };
const incident = incidentOf(event);
const keep = (one: Event) =>
  createEvents(rig.ledger).write(tenant, [
    { kind: 'event', event: one, hash: 'h', pack: 'p', at: NOW, isAlert: false, isContested: false },
  ]);
const open = () =>
  escalations().move(tenant, [
    { incident, move: { kind: 'open', replaces: undefined }, event: 'e1', atMs: NOW, raisedMs: NOW },
  ]);
const ask = (id: string, body?: object, by = key) =>
  rig.ask(`POST /v1/events/${id}/acknowledge`, { key: by, body });

test('acknowledges an incident by any of its events, once', async () => {
  await keep(event);
  const escalates = { opener: 'e1', incident, route: 'r', step: 0, round: 0 };
  await keep({ ...event, id: 'es_1', escalates });
  await open();
  const body = { incident, state: 'acknowledged', by: 'ada', at: time };
  expect(await ask('es_1', { by: 'ada' })).toMatchObject({ status: 200, body });
  expect(await ask('e1')).toMatchObject({ status: 200, body });
  expect((await escalations().read(tenant, [incident])).get(incident)).toMatchObject({
    state: 'acknowledged',
  });
});

describe('a member of a group', () => {
  const TTL = NOW / 1_000 + 86_400;
  const values = { 'data.cluster': 'eu' };
  const group = groupIncident('alerts', values);
  const ref = (destination: string) => ({ tenant, event: 'e1', destination });

  /** The event waits at a destination, in a window of a group of this kind. */
  async function hold(destination: string, kind: HoldKind, rule = 'alerts'): Promise<void> {
    const window = { tenant, group: `g-${destination}`, kind, destination, rule, values };
    const common = { reason: 'digest', channel: 'chat', since: NOW } as const;
    await createWindows(rig.ledger, { now: () => NOW }).open([{ ...window, n: 1, dueAtMs: NOW }], TTL);
    const pointer = { ...common, ref: ref(destination), group: window.group, n: 1 };
    await createMembers(rig.ledger, { now: () => NOW }).point([pointer], () => TTL);
  }

  /** The group was told, which opened its incident. */
  const tell = (rule = 'alerts') =>
    escalations().move(tenant, [
      {
        incident: groupIncident(rule, values),
        move: { kind: 'open', replaces: undefined },
        event: `digest_${rule}`,
        atMs: NOW,
        raisedMs: NOW,
      },
    ]);

  test('acknowledges the incident of the group by its own id', async () => {
    await keep(event);
    await hold('ops', 'group');
    await hold('dev', 'group');
    expect((await ask('e1')).body).toMatchObject({ status: 409, detail: 'No route escalates this event.' });
    await tell();
    const body = { incident: group, state: 'acknowledged', by: 'ada' };
    expect(await ask('e1', { by: 'ada' })).toMatchObject({ status: 200, body });
    expect(await ask('e1', { by: 'bob' })).toMatchObject({ status: 200, body });
  });

  test('does so while the event is being moved on to the next window of the group', async () => {
    await keep(event);
    await hold('ops', 'group');
    await tell();
    const windows = createWindows(rig.ledger, { now: () => NOW });
    const next = {
      tenant,
      group: 'g-ops',
      kind: 'group',
      destination: 'ops',
      rule: 'alerts',
      values,
    } as const;
    await windows.open([{ ...next, n: 2, dueAtMs: NOW }], TTL);
    const from = { ref: ref('ops'), group: 'g-ops', n: 1 };
    const move = createMembers(rig.ledger, { now: () => NOW }).move([{ from, n: 2 }]);
    const [acknowledged] = await Promise.all([ask('e1', { by: 'ada' }), move]);
    expect(acknowledged).toMatchObject({ status: 200, body: { incident: group } });
    expect(await ask('e1')).toMatchObject({ status: 200, body: { incident: group, by: 'ada' } });
  });

  test('acknowledges all that it is told with, the own incident and those of several routes', async () => {
    await keep(event);
    await hold('ops', 'group');
    await hold('dev', 'group', 'other');
    await open();
    for (const rule of ['alerts', 'other']) await tell(rule);
    expect((await ask('e1', { by: 'ada' })).status).toBe(200);
    const all = [incident, group, groupIncident('other', values)];
    const known = await escalations().read(tenant, all);
    expect(all.map((one) => known.get(one)?.by)).toEqual(['ada', 'ada', 'ada']);
  });

  test('is none in what a route merely gathers, or a destination rests from', async () => {
    await keep(event);
    await hold('ops', 'digest');
    await hold('dev', 'quietHours');
    await tell();
    expect(await verdict(ask('e1'))).toBe('409 conflict');
  });
});

test('says why there is nothing to acknowledge', async () => {
  expect(await verdict(ask('e1'))).toBe('404 not-found');
  expect(await verdict(ask('no.id'))).toBe('404 not-found');
  await keep(event);
  expect((await ask('e1')).body).toMatchObject({ status: 409, detail: 'No route escalates this event.' });
  await open();
  const seen = (await escalations().read(tenant, [incident])).get(incident);
  await escalations().move(tenant, [
    { incident, move: { kind: 'end', replaces: seen }, event: 'e2', atMs: NOW, raisedMs: NOW },
  ]);
  expect((await ask('e1')).body).toMatchObject({ status: 409, detail: 'This incident is over.' });
  // What begins anew is taken care of by its own events.
  const over = (await escalations().read(tenant, [incident])).get(incident);
  const atMs = NOW + 1;
  await escalations().move(tenant, [
    { incident, move: { kind: 'open', replaces: over }, event: 'e3', atMs, raisedMs: atMs },
  ]);
  await keep({ ...event, id: 'e3', time: new Date(atMs).toISOString() });
  expect((await ask('e1')).body).toMatchObject({ status: 409, detail: 'This incident is over.' });
  expect(await ask('e3', { by: 'ada' })).toMatchObject({ status: 200, body: { by: 'ada' } });
});

test.each([
  [{ by: 1 }, '422 validation'],
  [{ by: '' }, '422 validation'],
  [{ who: 'ada' }, '422 validation'],
])('refuses %j', async (body, expected) => {
  expect(await verdict(ask('e1', body))).toBe(expected);
});

test('a step that leads nowhere is refused, and what a step leads to cannot be removed', async () => {
  const manager = await rig.newKey(tenant);
  const put = (path: string, body: object) => rig.ask(`PUT /v1/${path}`, { key: manager, body });
  const settings = { url: 'https://example.com/x' };
  for (const id of ['ops', 'boss']) await put(`destinations/${id}`, { channel: 'webhook', settings });
  const paging = (destination: string) => ({
    destinations: ['ops'],
    escalate: { steps: [{ afterMs: 60_000, destinations: [destination] }] },
  });
  expect((await put('routes/r', paging('nobody'))).body).toMatchObject({
    errors: [{ pointer: '/escalate/steps/0/destinations/0', code: 'unknown' }],
  });
  await put('routes/r', paging('boss'));
  expect(await verdict(rig.ask('DELETE /v1/destinations/boss', { key: manager }))).toBe('409 conflict');
});

test('is nothing for readers, nor for other tenants', async () => {
  await keep(event);
  await open();
  expect(await verdict(ask('e1', {}, await rig.newKey(tenant, ['read'])))).toBe('403 forbidden');
  expect(await verdict(ask('e1', {}, await rig.newKey(`${tenant}-other`)))).toBe('404 not-found');
});
