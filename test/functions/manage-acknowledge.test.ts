import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { incidentOf } from '../../lib/core/escalation.ts';
import type { Event } from '../../lib/core/event.ts';
import { createEvents } from '../../lib/stores/events.ts';
import { createEscalations } from '../../lib/stores/escalations.ts';
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
    { incident, move: { kind: 'open', replaces: undefined }, event: 'e1', atMs: NOW },
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

test('says why there is nothing to acknowledge', async () => {
  expect(await verdict(ask('e1'))).toBe('404 not-found');
  expect(await verdict(ask('no.id'))).toBe('404 not-found');
  await keep(event);
  expect((await ask('e1')).body).toMatchObject({ status: 409, detail: 'No route escalates this event.' });
  await open();
  const seen = (await escalations().read(tenant, [incident])).get(incident);
  await escalations().move(tenant, [
    { incident, move: { kind: 'end', replaces: seen }, event: 'e2', atMs: NOW },
  ]);
  expect((await ask('e1')).body).toMatchObject({ status: 409, detail: 'This incident is over.' });
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
