import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Event } from '../../lib/core/event.ts';
import { createEvents } from '../../lib/stores/events.ts';
import { createSchedule } from '../../lib/stores/schedule.ts';
import { NOW, type Rig, startManage, verdict } from './manage-rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startManage();
});
afterAll(() => rig.close());

const HOUR = 3_600_000;
const scheduledAt = new Date(NOW + HOUR).toISOString();

async function post(tenant: string, id: string, isHeld = true): Promise<void> {
  const event: Event = {
    id,
    topic: 'disk.full',
    time: scheduledAt,
    lane: 'normal',
    data: {},
    ...(isHeld && { scheduledAt }),
  };
  const hold = isHeld ? ({ untilMs: NOW + HOUR, by: 'timers' } as const) : undefined;
  const write = {
    kind: 'event',
    event,
    hash: 'h',
    pack: 'p',
    at: NOW,
    isAlert: false,
    isContested: false,
  } as const;
  await createEvents(rig.ledger).write(tenant, [{ ...write, hold }]);
}

test('a scheduled event is cancelled by whoever may send, once and for all', async () => {
  await post('acme', 'e1');
  const key = await rig.newKey('acme', ['send']);
  expect((await rig.ask('DELETE /v1/events/e1', { key })).status).toBe(204);
  expect((await rig.ask('DELETE /v1/events/e1', { key })).status).toBe(204);
  expect(
    await createSchedule(rig.ledger, { now: () => NOW }).take([{ tenant: 'acme', event: 'e1' }]),
  ).toEqual(['cancelled']);
});

test('one that is on its way is not', async () => {
  await post('acme', 'e2');
  await createSchedule(rig.ledger, { now: () => NOW }).take([{ tenant: 'acme', event: 'e2' }]);
  await post('acme', 'e3', false);
  const key = await rig.newKey('acme', ['send']);
  expect(await verdict(rig.ask('DELETE /v1/events/e2', { key }))).toBe('409 conflict');
  expect(await verdict(rig.ask('DELETE /v1/events/e3', { key }))).toBe('409 conflict');
});

test('nobody cancels what is not theirs, or without the scope', async () => {
  await post('acme', 'e4');
  const [other, reader] = [await rig.newKey('bolt', ['send']), await rig.newKey('acme', ['read'])];
  expect(await verdict(rig.ask('DELETE /v1/events/e4', { key: other }))).toBe('404 not-found');
  expect(await verdict(rig.ask('DELETE /v1/events/none', { key: other }))).toBe('404 not-found');
  expect(await verdict(rig.ask('DELETE /v1/events/a.b', { key: other }))).toBe('404 not-found');
  expect(await verdict(rig.ask('DELETE /v1/events/e4', { key: reader }))).toBe('403 forbidden');
  expect(
    await createSchedule(rig.ledger, { now: () => NOW }).take([{ tenant: 'acme', event: 'e4' }]),
  ).toEqual(['taken']);
});

test('a scheduled event is explained at its time', async () => {
  const key = await rig.newKey('acme', ['read']);
  const event = { topic: 'disk.full', data: {}, scheduledAt };
  const at = async (body: object) => (await rig.ask('POST /v1/explain', { key, body })).body;
  expect(await at({ event })).toMatchObject({ at: scheduledAt });
  await post('acme', 'e5');
  expect(await at({ eventId: 'e5' })).toMatchObject({ at: scheduledAt });
  const now = new Date(NOW).toISOString();
  expect(await at({ event, at: now })).toMatchObject({ at: now });
});
