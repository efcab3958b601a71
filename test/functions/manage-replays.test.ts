import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createDead } from '../../lib/stores/dead.ts';
import { createFanOuts } from '../../lib/stores/fan-outs.ts';
import { createOutcomes } from '../../lib/stores/outcomes.ts';
import { createReplayJobs } from '../../lib/stores/replay-jobs.ts';
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
  const body = { channel: 'webhook', settings: { url: 'https://example.com/x' } };
  await ask('PUT /v1/destinations/ops', body);
  await ask('PUT /v1/destinations/slow', { ...body, rate: { limit: 1, perMs: 1_000 } });
  await ask('PUT /v1/destinations/off', { ...body, enabled: false });
});

const TTL = NOW / 1_000 + 86_400;
const ask = (line: string, body?: unknown, who = key) =>
  rig.ask(line, { key: who, ...(body !== undefined && { body }) });
const replay = (body: object) => ask('POST /v1/replays', body);

async function bury(event: string, destination: string): Promise<void> {
  const ref = { tenant, event, destination };
  const burial = { ref, reason: 'exhausted', attempt: 3, channel: 'webhook', since: NOW - 1_000 } as const;
  await createDead(rig.ledger, { now: () => NOW - 1_000 })([burial], () => TTL);
}

describe('a preview', () => {
  test('counts dead deliveries and those that may have arrived, and starts nothing', async () => {
    for (const event of ['a', 'b', 'c', 'd']) await bury(event, 'slow');
    for (const event of ['a', 'b']) await bury(event, 'ops');
    await bury('a', 'off');
    const attempt = { ref: { tenant, event: 'a', destination: 'ops' }, n: 1, owner: 'x', atMs: NOW };
    await createOutcomes(rig.ledger, { now: () => NOW }).log([{ ...attempt, outcome: 'maybe' }], () => TTL);
    expect(await replay({ state: 'dead', preview: true })).toMatchObject({
      status: 200,
      body: {
        count: 6,
        complete: true,
        byDestination: { slow: 4, ops: 2 },
        seconds: 16,
        likelyDuplicates: 1,
      },
    });
    expect((await ask('GET /v1/replays')).body).toEqual({ items: [] });
  });

  test('counts past events by where they would go', async () => {
    const hour = new Date(NOW - 3_600_000).toISOString().slice(0, 13);
    const destinations = new Map([
      ['a', ['ops', 'slow']],
      ['b', []],
    ]);
    const planned = { tenant, topic: 'orders', hour, pack: 'p', destinations };
    await createFanOuts(rig.ledger, { now: () => NOW }).record([planned], () => TTL);
    const range = {
      topic: 'orders',
      from: new Date(NOW - 86_400_000).toISOString(),
      to: new Date(NOW).toISOString(),
    };
    expect((await replay({ ...range, preview: true })).body).toMatchObject({ count: 2, likelyDuplicates: 2 });
    expect((await replay({ ...range, destinations: ['ops'], preview: true })).body).toMatchObject({
      count: 2,
      likelyDuplicates: 1,
    });
  });
});

describe('a replay', () => {
  test('is a job that can be looked at, paused, resumed and cancelled', async () => {
    await bury('a', 'ops');
    const started = await replay({ id: 'monday', state: 'dead' });
    expect(started).toMatchObject({
      status: 202,
      body: { id: 'monday', state: 'running', expected: 1, sent: 0, filter: { state: 'dead' } },
    });
    expect((await ask('GET /v1/replays/monday')).body).toEqual(started.body);
    expect((await ask('GET /v1/replays')).body).toEqual({ items: [started.body] });
    const running = async () =>
      (await createReplayJobs(rig.ledger, { now: () => NOW }).running()).map(({ id }) => id);
    expect(await running()).toContain('monday');
    for (const [verb, state] of [
      ['pause', 'paused'],
      ['pause', 'paused'],
      ['resume', 'running'],
      ['cancel', 'cancelled'],
      ['cancel', 'cancelled'],
    ]) {
      expect(await ask(`POST /v1/replays/monday/${verb}`)).toMatchObject({ status: 200, body: { state } });
      expect((await running()).includes('monday')).toBe(state === 'running');
    }
    expect(await verdict(ask('POST /v1/replays/monday/resume'))).toBe('409 conflict');
  });

  test('with a name is the same replay when it is asked for again', async () => {
    expect((await replay({ id: 'one', state: 'dead' })).status).toBe(202);
    expect((await replay({ id: 'one', state: 'dead' })).status).toBe(202);
    expect(await verdict(replay({ id: 'one', state: 'dead', destination: 'ops' }))).toBe('409 conflict');
    expect((await ask('GET /v1/replays')).body).toMatchObject({ items: [{ id: 'one' }] });
  });

  test('to a destination that takes nothing is refused', async () => {
    for (const destination of ['off', 'none'])
      expect(await verdict(replay({ state: 'dead', destination }))).toBe('422 validation');
    expect(await verdict(replay({ state: 'late' }))).toBe('422 validation');
  });

  test('belongs to its tenant, and to who may manage', async () => {
    await replay({ id: 'mine', state: 'dead' });
    const other = await rig.newKey('other');
    expect(await verdict(ask('GET /v1/replays/mine', undefined, other))).toBe('404 not-found');
    expect(await verdict(ask('POST /v1/replays/mine/cancel', undefined, other))).toBe('404 not-found');
    const reader = await rig.newKey(tenant, ['read']);
    expect((await ask('GET /v1/replays/mine', undefined, reader)).status).toBe(200);
    expect((await ask('POST /v1/replays', { state: 'dead' }, reader)).status).toBe(403);
    expect((await ask('POST /v1/replays/mine/pause', undefined, reader)).status).toBe(403);
  });

  test('is one of ten at most', async () => {
    for (let i = 0; i < 10; i++) expect((await replay({ state: 'dead' })).status).toBe(202);
    expect(await verdict(replay({ state: 'dead' }))).toBe('409 quota');
  });
});
