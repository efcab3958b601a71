import { beforeEach, expect, test } from 'vitest';
import type { DueEntry } from '../../lib/core/due-entry.ts';
import { minuteOf } from '../../lib/core/keys.ts';
import { stepOf } from '../../lib/core/heartbeat-step.ts';
import { createDue } from '../../lib/stores/due.ts';
import { createHeartbeats } from '../../lib/stores/heartbeats.ts';
import { createPulses } from '../../lib/stores/pulses.ts';
import { NOW, type Store, describeOnEngines } from './engines.ts';

const MINUTE = 60_000;
const told = { atMs: NOW + 10 * MINUTE, repeat: 0 };
const heartbeat = { id: 'backup', everyMs: 10 * MINUTE, graceMs: 0 };

describeOnEngines('heartbeats', (store: () => Store) => {
  let tenant = '';
  let tenants = 0;
  let pulses: ReturnType<typeof createHeartbeats> & ReturnType<typeof createPulses>;
  beforeEach(() => {
    tenant = `h${tenants++}`;
    store().clock.ms = NOW;
    pulses = { ...createHeartbeats(store().ledger, store()), ...createPulses(store().ledger, store()) };
  });

  const pulse = async () => (await pulses.read(tenant, ['backup'])).get('backup');
  const at = (ms: number) => void (store().clock.ms = ms);
  /** What the due index lists of a time, of this tenant. */
  const listed = async (ms: number): Promise<DueEntry[]> => {
    const found: DueEntry[] = [];
    for await (const page of createDue(store().ledger, store()).entries(minuteOf(ms))) found.push(...page);
    return found.filter((entry) => entry.tenant === tenant);
  };
  const due = async (ms: number) => {
    at(ms);
    return await pulses.due(await listed(ms));
  };
  /** One step of the timers, as it is due at a time. */
  const look = async (ms: number) => {
    const [found] = await due(ms);
    const step = stepOf(found!.pulse, heartbeat, found!.dueMs, ms);
    return (await pulses.note(found!, step)).kind;
  };
  const stopped = async (): Promise<number> => {
    await pulses.arm(tenant, 'backup', true);
    await look(NOW + 30_000);
    expect(await look(NOW + 10 * MINUTE)).toBe('written');
    expect(await look(NOW + 10 * MINUTE)).toBe('written');
    return NOW + 15 * MINUTE;
  };

  test('there is none before it is made, and one that is made beats as it is made', async () => {
    expect(await pulses.beat(tenant, 'backup')).toBe('missing');
    await pulses.arm(tenant, 'backup', true);
    expect(await pulse()).toEqual({ state: 'ok', lastMs: NOW, hasBeaten: false });
    expect(await due(NOW + 30_000 - 1)).toEqual([]);
    expect(await due(NOW + 30_000)).toMatchObject([{ id: 'backup', dueMs: NOW + 30_000 }]);
    expect(await createHeartbeats(store().ledger, store()).beat('other', 'backup')).toBe('missing');
  });

  test('a beat is one write, which moves no entry of the due index', async () => {
    await pulses.arm(tenant, 'backup', true);
    at(NOW + 30_000);
    const before = await listed(NOW + 30_000);
    expect(before).toHaveLength(1);
    at(NOW + 1_000);
    store().sent.length = 0;
    expect(await pulses.beat(tenant, 'backup')).toBe('beaten');
    expect(store().sent).toEqual(['BatchExecuteStatementCommand']);
    expect(await pulse()).toEqual({ state: 'ok', lastMs: NOW + 1_000, hasBeaten: true });
    at(NOW + 30_000);
    expect(await listed(NOW + 30_000)).toEqual(before);
  });

  test('a beat that was held up undoes no later one', async () => {
    await pulses.arm(tenant, 'backup', true);
    at(NOW + 2_000);
    await pulses.beat(tenant, 'backup');
    at(NOW + 1_000);
    expect(await pulses.beat(tenant, 'backup')).toBe('beaten');
    expect((await pulse())?.lastMs).toBe(NOW + 2_000);
  });

  test('the first beat of one that is late ends that, lists it at once, and only the first does', async () => {
    await stopped();
    expect(await pulse()).toMatchObject({
      state: 'late',
      stop: { sinceMs: NOW + 10 * MINUTE, lastMs: NOW, heartbeat, told },
    });
    at(NOW + 12 * MINUTE);
    expect(await pulses.beat(tenant, 'backup')).toBe('beaten');
    at(NOW + 12 * MINUTE + 1_000);
    expect(await pulses.beat(tenant, 'backup')).toBe('beaten');
    expect(await pulse()).toMatchObject({
      state: 'back',
      lastMs: NOW + 12 * MINUTE + 1_000,
      stop: { endedMs: NOW + 12 * MINUTE, told },
    });
    expect(await due(NOW + 12 * MINUTE + 2_000)).toMatchObject([{ dueMs: NOW + 12 * MINUTE }]);
    expect(await listed(NOW + 15 * MINUTE)).toEqual([]);
  });

  test('what a stop has left behind is not that of the next', async () => {
    await stopped();
    at(NOW + 12 * MINUTE);
    await pulses.beat(tenant, 'backup');
    expect(await look(NOW + 12 * MINUTE + 5)).toBe('written');
    const endedMs = NOW + 12 * MINUTE;
    expect(await pulse()).toEqual({ state: 'ok', lastMs: endedMs, hasBeaten: true, endedMs });
    expect(await look(NOW + 22 * MINUTE)).toBe('written');
    expect(await pulse()).toEqual({
      state: 'late',
      lastMs: NOW + 12 * MINUTE,
      hasBeaten: true,
      endedMs,
      stop: { sinceMs: NOW + 22 * MINUTE, lastMs: NOW + 12 * MINUTE, heartbeat },
    });
  });

  test('a beat between a look and its note wins', async () => {
    await pulses.arm(tenant, 'backup', true);
    const [found] = await due(NOW + 30_000);
    await pulses.beat(tenant, 'backup');
    const step = stepOf({ ...found!.pulse, lastMs: NOW }, heartbeat, NOW, NOW + 11 * MINUTE);
    expect((await pulses.note(found!, step)).kind).toBe('conflict');
    expect((await pulse())?.state).toBe('ok');
    expect((await pulses.postpone(found!, MINUTE)).kind).toBe('written');
    expect((await pulses.postpone(found!, MINUTE)).kind).toBe('conflict');
    expect(await due(NOW + 90_000)).toHaveLength(1);
  });

  test('to change or remove one has it looked at soon, and leaves how it stands', async () => {
    await stopped();
    const before = await pulse();
    at(NOW + 12 * MINUTE);
    await pulses.arm(tenant, 'backup', false);
    expect(await pulse()).toEqual(before);
    expect(await due(NOW + 12 * MINUTE + 30_000)).toHaveLength(1);
    expect(await listed(NOW + 15 * MINUTE)).toEqual([]);
  });

  test('one that is made again while it is late is back; one that is gone begins anew', async () => {
    await stopped();
    at(NOW + 12 * MINUTE);
    await pulses.arm(tenant, 'backup', true);
    expect(await pulse()).toMatchObject({ state: 'back', stop: { endedMs: NOW + 12 * MINUTE } });

    const [found] = await due(NOW + 12 * MINUTE + 30_000);
    const gone = stepOf(found!.pulse, undefined, found!.dueMs, store().clock.ms);
    expect((await pulses.note(found!, gone)).kind).toBe('written');
    expect(await listed(NOW + 12 * MINUTE + 30_000)).toEqual([]);
    expect(await pulses.beat(tenant, 'backup')).toBe('missing');

    await pulses.arm(tenant, 'backup', true);
    expect(await pulse()).toMatchObject({ state: 'ok', lastMs: store().clock.ms, hasBeaten: false });
    expect(await pulses.beat(tenant, 'backup')).toBe('beaten');
  });

  test('one that is made again before the timers saw it go has not beaten yet', async () => {
    await pulses.arm(tenant, 'backup', true);
    await pulses.beat(tenant, 'backup');
    at(NOW + MINUTE);
    await pulses.arm(tenant, 'backup', true);
    expect(await pulse()).toEqual({ state: 'ok', lastMs: NOW + MINUTE, hasBeaten: false });
  });

  test('entries of others are none of its business', async () => {
    expect(
      await pulses.due([
        { tenant, id: 'event:ops', dueAt: 'x' },
        { tenant, id: '!No', dueAt: 'x' },
      ]),
    ).toEqual([]);
  });
});
