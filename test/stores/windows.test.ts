import { describe, expect, test } from 'vitest';
import { deliveryId } from '../../lib/core/delivery.ts';
import {
  type GroupWindow,
  type NewWindow,
  digestId,
  windowText,
  windowsDue,
} from '../../lib/core/group-window.ts';
import { minuteOf } from '../../lib/core/keys.ts';
import type { Member } from '../../lib/core/member.ts';
import { refText } from '../../lib/core/claim.ts';
import { createDue } from '../../lib/stores/due.ts';
import { createFanOuts } from '../../lib/stores/fan-outs.ts';
import { createMembers } from '../../lib/stores/members.ts';
import { createReads } from '../../lib/stores/reads.ts';
import { createWindows } from '../../lib/stores/windows.ts';
import { NOW, describeOnEngines } from './engines.ts';

const TTL = 2e9;
const MINUTE = 60_000;
let groups = 0;

function windowOf(more: Partial<NewWindow> = {}): NewWindow {
  return {
    tenant: 'acme',
    group: `g${String(groups++).padStart(21, '0')}`,
    n: 1,
    kind: 'group',
    destination: 'ops',
    rule: 'alerts',
    values: { 'data.cluster': 'eu' },
    repeatMs: 3_600_000,
    dueAtMs: NOW + MINUTE,
    ...more,
  };
}

const member = (event: string): Member => ({ event, atMs: NOW, title: `Title ${event}`, text: '' });

describeOnEngines('windows', (store) => {
  const windows = () => createWindows(store().ledger, store());
  const members = () => createMembers(store().ledger, store());
  const kinds = (written: readonly { kind: string }[]) => written.map(({ kind }) => kind);
  const openOne = async (more: Partial<NewWindow> = {}): Promise<GroupWindow> => {
    const window = windowOf(more);
    expect(kinds(await windows().open([window], TTL))).toEqual(['written']);
    return (await windows().read([window])).get(windowText(window))!;
  };
  const dueAt = async (atMs: number): Promise<readonly GroupWindow[]> => {
    store().clock.ms = atMs;
    const found: GroupWindow[] = [];
    for await (const page of createDue(store().ledger, store()).entries(minuteOf(atMs))) {
      const due = windowsDue(page);
      const read = await windows().read(due);
      found.push(
        ...due.flatMap((one) =>
          read.get(windowText(one))?.dueAt === one.dueAt ? read.get(windowText(one))! : [],
        ),
      );
    }
    return found;
  };

  test('are opened once, and read back as they were written', async () => {
    const window = windowOf({ afterMs: NOW - MINUTE });
    expect(kinds(await windows().open([window], TTL))).toEqual(['written']);
    expect(kinds(await windows().open([window], TTL))).toEqual(['conflict']);
    const [last, none] = await windows().last([window, windowOf()]);
    expect(last).toMatchObject({ ...window, phase: 'open' });
    expect(none).toBeUndefined();
  });

  test('of a group the last counts, whatever else lies beside them', async () => {
    const first = await openOne();
    for (const n of [2, 3, 12]) await windows().open([{ ...windowOf(), group: first.group, n }], TTL);
    await members().put([{ window: { ...first, n: 13 }, member: member('e1') }], () => TTL);
    expect((await windows().last([first]))[0]).toMatchObject({ n: 12 });
  });

  test('come up when they are due, and sooner when they are hastened', async () => {
    const at = NOW + 10 * MINUTE;
    const window = await openOne({ dueAtMs: at + 5 * MINUTE });
    expect(kinds([await windows().hasten(window, at)])).toEqual(['written']);
    expect(kinds([await windows().hasten(window, at - 1)])).toEqual(['conflict']);
    expect((await dueAt(at)).map(windowText)).toContain(windowText(window));
    expect((await dueAt(at + 5 * MINUTE)).map(windowText)).not.toContain(windowText(window));
  });

  test('have one owner while they are closed, whose lease may run out', async () => {
    store().clock.ms = NOW;
    const window = await openOne();
    const { begin, close, read } = windows();
    expect(
      kinds([await begin(window, 'a', NOW + MINUTE, TTL), await begin(window, 'b', NOW + MINUTE, TTL)]),
    ).toEqual(['written', 'conflict']);
    const held = (await read([window])).get(windowText(window))!;
    expect(held).toMatchObject({ phase: 'closing', owner: 'a', dueAtMs: NOW + MINUTE });
    expect(kinds([await begin(held, 'c', NOW + 2 * MINUTE, TTL)])).toEqual(['written']);
    expect(kinds([await close(window, 'a', {}, 0, TTL), await close(window, 'c', {}, 0, TTL)])).toEqual([
      'conflict',
      'written',
    ]);
    const closed = (await read([window])).get(windowText(window))!;
    expect(closed).toMatchObject({ phase: 'closed', owner: 'c', closedAt: NOW, outcome: {} });
    expect(kinds([await windows().hasten(closed, NOW)])).toEqual(['conflict']);
  });

  test('leave the due index only when all is done', async () => {
    const at = NOW + 20 * MINUTE;
    const window = await openOne({ dueAtMs: at });
    const { begin, close, finish } = windows();
    await begin(window, 'a', at + MINUTE, TTL);
    await close(window, 'a', {}, 0, TTL);
    const [closed] = await dueAt(at + MINUTE);
    expect(closed).toMatchObject({ phase: 'closed' });
    expect(kinds([await finish(window), await finish(closed!)])).toEqual(['conflict', 'written']);
    expect(await dueAt(at + MINUTE)).toEqual([]);
  });

  test('are listed as what is held until they close', async () => {
    store().clock.ms = NOW;
    const reads = createReads(store().ledger, {
      readFanOuts: createFanOuts(store().ledger, store()).read,
    });
    const window = await openOne({ tenant: 'list' });
    await openOne({ tenant: 'list', isEmpty: true });
    const listed = (await reads.listOpen('list', { state: 'held', limit: 10 })).items;
    expect(listed).toMatchObject([
      {
        id: deliveryId(digestId(window), 'ops'),
        state: 'held',
        reason: 'digest',
        nextAt: '2026-11-21T10:01:00.000Z',
      },
    ]);
    await windows().begin(window, 'a', NOW + MINUTE, TTL);
    await windows().close(window, 'a', {}, 0, TTL);
    expect((await reads.listOpen('list', { limit: 10 })).items).toEqual([]);
  });

  describe('members', () => {
    const refOf = (event: string) => ({ tenant: 'acme', event, destination: 'ops' });
    const pointTo = (window: GroupWindow, event: string, replaces?: number) => ({
      ref: refOf(event),
      group: window.group,
      n: window.n,
      reason: 'digest' as const,
      channel: 'chat',
      since: NOW,
      replaces,
    });

    test('have a pointer that is written once, and moves from window to window', async () => {
      store().clock.ms = NOW;
      const window = await openOne();
      const event = `p${window.group}`;
      const { point, follow, move } = members();
      expect(kinds(await point([pointTo(window, event)], () => TTL))).toEqual(['written']);
      expect(kinds(await point([pointTo({ ...window, n: 7 }, event)], () => TTL))).toEqual(['conflict']);
      const from = { ref: refOf(event), group: window.group, n: 1 };
      expect(kinds(await move([{ from, n: 2 }]))).toEqual(['written']);
      expect(kinds(await move([{ from, n: 3 }]))).toEqual(['conflict']);
      expect((await follow([refOf(event)])).get(refText(refOf(event)))).toEqual({
        kind: 'pointer',
        group: window.group,
        n: 2,
      });
    });

    test('take the place of what has expired, and of nothing else', async () => {
      store().clock.ms = NOW;
      const window = await openOne();
      const event = `x${window.group}`;
      const { point, follow } = members();
      await point([pointTo(window, event)], () => NOW / 1000 - 1);
      const found = (await follow([refOf(event)])).get(refText(refOf(event)));
      expect(found).toEqual({ kind: 'expired', ttl: NOW / 1000 - 1 });
      expect(kinds(await point([pointTo(window, event, NOW / 1000 - 2)], () => TTL))).toEqual(['conflict']);
      expect(kinds(await point([pointTo(window, event, NOW / 1000 - 1)], () => TTL))).toEqual(['written']);
    });

    test('are those of their window, without what they were to say', async () => {
      const window = await openOne();
      const content = {
        id: 'e1',
        topic: 'a',
        time: '2026-11-21T10:00:00.000Z',
        title: 'T',
        text: 'x'.repeat(5_000),
      };
      const { put, list } = members();
      await put(
        [
          { window, member: member('e1'), content },
          { window, member: member('e2') },
          { window: { ...window, n: 11 }, member: member('e3') },
        ],
        () => TTL,
      );
      expect(await list(window)).toEqual([member('e1'), member('e2')]);
      expect(await list(window, 1)).toHaveLength(1);
      expect(await members().content(window, 'e1')).toEqual(content);
      expect(await members().content(window, 'e2')).toBeUndefined();
    });

    test('are told by the snapshot of the owner who closed their window', async () => {
      const window = await openOne();
      const ids = Array.from({ length: 1_201 }, (_, index) => `e${index}`);
      const { snapshot, taken } = members();
      expect(await snapshot(window, 'a', ['late'], TTL)).toBe(1);
      expect(await snapshot(window, 'b', ids, TTL)).toBe(3);
      expect(await taken({ ...window, phase: 'closed', owner: 'b', pages: 3 })).toEqual(new Set(ids));
    });
  });
});
