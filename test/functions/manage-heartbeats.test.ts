import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { stepOf } from '../../lib/core/heartbeat-step.ts';
import { minuteOf } from '../../lib/core/keys.ts';
import { createDue } from '../../lib/stores/due.ts';
import { createHeartbeats } from '../../lib/stores/heartbeats.ts';
import { createPulses } from '../../lib/stores/pulses.ts';
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
  tenant = `beat${count++}`;
  key = await rig.newKey(tenant);
});

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const iso = (ms: number) => new Date(ms).toISOString();
const ask = (line: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) =>
  rig.ask(line, { key, headers, ...(body !== undefined && { body }) });
const put = (body: unknown, headers = {}) => ask('PUT /v1/heartbeats/backup', body, headers);
const pulses = (nowMs = NOW) => {
  const time = { now: () => nowMs };
  return { ...createHeartbeats(rig.ledger, time), ...createPulses(rig.ledger, time) };
};
const hourly = { everyMs: HOUR, severity: 'critical', labels: { team: 'data' }, title: 'No backup' };
const dueAt = async (ms: number) => {
  const due = createDue(rig.ledger, { now: () => ms });
  const found = [];
  for await (const entries of due.entries(minuteOf(ms)))
    found.push(...entries.filter((entry) => entry.tenant === tenant));
  return await pulses().due(found);
};

test('a heartbeat is made, armed, shown as it stands, changed and removed', async () => {
  const made = await put(hourly);
  expect(made).toMatchObject({ status: 201, body: { id: 'backup', ...hourly } });
  expect(await dueAt(NOW + 30_000)).toMatchObject([{ id: 'backup', pulse: { state: 'ok', lastMs: NOW } }]);
  const lateAt = iso(NOW + HOUR + MINUTE);
  const view = { id: 'backup', ...hourly, state: 'ok', lateAt };
  expect(await ask('GET /v1/heartbeats')).toMatchObject({ status: 200, body: { items: [view] } });
  const shown = await ask('GET /v1/heartbeats/backup');
  expect(shown).toMatchObject({ status: 200, headers: { etag: made.headers!['etag']! } });
  expect(shown.body).toEqual(view);

  await pulses(NOW + MINUTE).beat(tenant, 'backup');
  expect((await ask('GET /v1/heartbeats/backup')).body).toMatchObject({
    lastBeatAt: iso(NOW + MINUTE),
    lateAt: iso(NOW + HOUR + 2 * MINUTE),
  });
  const ifMatch = { 'if-match': shown.headers!['etag']! };
  const patched = await ask('PATCH /v1/heartbeats/backup', { everyMs: MINUTE, graceMs: 0 }, ifMatch);
  expect(patched).toMatchObject({ status: 200, body: { everyMs: MINUTE, graceMs: 0 } });
  expect(await verdict(ask('DELETE /v1/heartbeats/backup'))).toBe('204');
  expect(await verdict(ask('GET /v1/heartbeats/backup'))).toBe('404 not-found');
  expect((await ask('GET /v1/heartbeats')).body).toEqual({ items: [] });
});

test('one that is late says since when', async () => {
  await put({ everyMs: MINUTE, graceMs: 0 });
  const [due] = await dueAt(NOW + 30_000);
  const heartbeat = { id: 'backup', everyMs: MINUTE, graceMs: 0 };
  await pulses().note(due!, stepOf(due!.pulse, heartbeat, due!.dueMs, NOW + MINUTE));
  const { body } = await ask('GET /v1/heartbeats/backup');
  expect(body).toMatchObject({ state: 'late', lateSince: iso(NOW + MINUTE) });
  expect(body).not.toHaveProperty('lateAt');
});

test('what the API shows may come back as it is', async () => {
  const { headers } = await put(hourly);
  await pulses().beat(tenant, 'backup');
  const { body } = await ask('GET /v1/heartbeats/backup');
  const again = await put(body, { 'if-match': headers!['etag']! });
  expect(again).toMatchObject({ status: 200, headers: { etag: headers!['etag'] } });
});

test('a whole catalog arms those that are new or changed, and has those that it leaves out looked at', async () => {
  const catalog = (heartbeats: readonly object[], match = '*') =>
    verdict(ask('PUT /v1/catalog', { heartbeats }, { 'if-match': match }));
  expect(await verdict(ask('PUT /v1/catalog', { heartbeats: [{ id: 'backup', ...hourly }] }))).toBe('200');
  const [due] = await dueAt(NOW + 30_000);
  await pulses().note(due!, stepOf(due!.pulse, { ...hourly, id: 'backup' } as never, due!.dueMs, NOW));
  expect(await dueAt(NOW + 30_000)).toEqual([]);
  expect(await catalog([{ id: 'backup', ...hourly }])).toBe('200');
  expect(await dueAt(NOW + 30_000)).toEqual([]);
  expect(await catalog([{ id: 'backup', ...hourly, everyMs: MINUTE }])).toBe('200');
  expect(await dueAt(NOW + 30_000)).toHaveLength(1);
  const [again] = await dueAt(NOW + 30_000);
  await pulses().note(again!, stepOf(again!.pulse, { ...hourly, id: 'backup' } as never, again!.dueMs, NOW));
  expect(await catalog([])).toBe('200');
  expect(await dueAt(NOW + 30_000)).toHaveLength(1);
});

test.each<[string, unknown, string]>([
  ['no time', { severity: 'error' }, '/everyMs'],
  ['beats that come too soon', { everyMs: 9_999 }, '/everyMs'],
  ['years', { everyMs: 367 * 24 * HOUR }, '/everyMs'],
  ['a part of a millisecond', { everyMs: 10_000.5 }, '/everyMs'],
  ['a grace below zero', { ...hourly, graceMs: -1 }, '/graceMs'],
  ['a grace of weeks', { ...hourly, graceMs: 8 * 24 * HOUR }, '/graceMs'],
  ['a word that is no severity', { ...hourly, severity: 'bad' }, '/severity'],
  ['a label that is not its own to say', { ...hourly, labels: { heartbeat: 'x' } }, '/labels/heartbeat'],
  ['a label that is no text', { ...hourly, labels: { n: 1 } }, '/labels/n'],
  ['a member that does not exist', { ...hourly, every: 1 }, '/every'],
  ['an empty title', { ...hourly, title: '' }, '/title'],
])('%s is refused, by name', async (_, body, pointer) => {
  expect(await put(body)).toMatchObject({ status: 422, body: { errors: [{ pointer }] } });
  expect(await dueAt(NOW + 30_000)).toEqual([]);
});
