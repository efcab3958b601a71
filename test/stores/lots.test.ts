import { expect, test } from 'vitest';
import { LOTS, keys } from '../../lib/core/keys.ts';
import type { Lot } from '../../lib/core/lot.ts';
import { createClaims } from '../../lib/stores/claims.ts';
import { createLotNotes } from '../../lib/stores/lot-notes.ts';
import { createLots } from '../../lib/stores/lots.ts';
import { createOutcomes } from '../../lib/stores/outcomes.ts';
import { execute, insert } from '../../lib/stores/table.ts';
import { NOW, type Store, describeOnEngines } from './engines.ts';

const TTL = NOW / 1000 + 1_000;
let count = 0;

describeOnEngines('lots', (store) => {
  const lotsOf = ({ ledger }: Store) => createLots(ledger, { now: () => NOW });
  const newLot = (): Lot => ({ tenant: `t${count++}`, destination: 'ops' });
  const park = async ({ tenant, destination }: Lot, event: string, atMs = NOW) => {
    const ref = { tenant, event, destination };
    const own = { owner: 'a', k: 0, i: 0, attempt: 1, leaseUntil: NOW, ttl: TTL };
    await createClaims(store().ledger).claim([{ kind: 'insert', ref, own }]);
    const content = { id: event, topic: 'a', time: '', title: 'Title', text: '' };
    const common = { ref, owner: 'a', attempt: 0, channel: 'chat', since: NOW - 5, content } as const;
    const write = { ...common, state: 'held', reason: 'paused', parked: true } as const;
    await createOutcomes(store().ledger, { now: () => atMs }).write([write], () => TTL);
  };
  const ids = async (lot: Lot, untilMs = NOW, after = '', limit = 100) => {
    const { parked, next } = await lotsOf(store()).page(lot, untilMs, after, limit);
    return { events: parked.map(({ ref }) => ref.event), next };
  };

  test('show what is parked in order, a page at a time', async () => {
    const lot = newLot();
    const events = ['e0', 'e1', 'e2', 'e3', 'e4', 'e5', 'e6'];
    for (const [index, event] of events.entries()) await park(lot, event, NOW + index);
    await park({ ...lot, destination: 'dev' }, 'e0');
    expect(await ids(lot, NOW + 9)).toEqual({ events, next: undefined });
    expect((await ids(lot, NOW + 2)).events).toEqual(events.slice(0, 3));
    const first = await ids(lot, NOW + 9, '', 3);
    expect(first.events).toEqual(events.slice(0, 3));
    expect((await ids(lot, NOW + 9, first.next, 3)).events).toEqual(events.slice(3, 6));
  });

  test('let go what is parked still, once', async () => {
    const lot = newLot();
    await park(lot, 'e1');
    await park(lot, 'e2');
    const { parked } = await lotsOf(store()).page(lot, NOW, '', 100);
    expect(parked[0]).toMatchObject({ attempt: 0, channel: 'chat', since: NOW - 5, parkedAt: NOW });
    const release = async () =>
      (await lotsOf(store()).release(parked, NOW, () => TTL)).map(({ kind }) => kind);
    expect(await release()).toEqual(['written', 'written']);
    expect(await release()).toEqual(['conflict', 'conflict']);
    expect((await ids(lot)).events).toEqual([]);
  });

  test('are listed when they are noted, until they are closed', async () => {
    const lot = newLot();
    const lots = lotsOf(store());
    const listed = async () => (await lots.list()).filter(({ tenant }) => tenant === lot.tenant);
    await createLotNotes(store().ledger, store())(lot.tenant, 'ops');
    expect(await listed()).toEqual([lot]);
    expect(await lots.notedAt(lot)).toBe(NOW);
    expect(await lots.close(lot, NOW - 1)).toMatchObject({ kind: 'conflict' });
    expect(await lots.close(lot, NOW)).toEqual({ kind: 'written' });
    expect(await listed()).toEqual([]);
    await createLotNotes(store().ledger, { now: () => NOW + 1 })(lot.tenant, 'ops');
    expect(await listed()).toEqual([lot]);
    expect(await lots.notedAt(lot)).toBe(NOW + 1);
  });

  test('are all listed, however many pages of the index they are', async () => {
    const { ledger } = store();
    const names = Array.from({ length: 2_001 }, (_, i) => `many${i}`);
    const notes = names.map((id) => ({
      ...keys.lot('many', id),
      due: LOTS,
      dueAt: `many#${id}`,
      notedAt: NOW,
    }));
    await execute(
      ledger,
      notes.map((note) => insert(ledger, note)),
    );
    const found = (await lotsOf(store()).list()).filter(({ tenant }) => tenant === 'many');
    expect(found.map(({ destination }) => destination).toSorted()).toEqual(names.toSorted());
  });
});
