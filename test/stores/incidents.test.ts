import { expect, test } from 'vitest';
import type { TurnEnd } from '../../lib/core/incident.ts';
import { keys } from '../../lib/core/keys.ts';
import { createIncidents } from '../../lib/stores/incidents.ts';
import { NOW, type Store, describeOnEngines } from './engines.ts';

const TTL = NOW / 1000 + 1_000;
const LEASE_MS = 35_000;
const message = { providerId: 'm1', place: 'here' };
let count = 0;

describeOnEngines('incidents', (store) => {
  const incidentsAt = ({ ledger }: Store, atMs: number) => createIncidents(ledger, { now: () => atMs });

  /** One incident; every call is at a time, by somebody. */
  function newIncident() {
    const id = `i${count++}`;
    const ref = (seq: number) => ({ tenant: 'acme', destination: 'ops', incident: { id, seq } });
    return {
      take: (by: string, seq: number, atMs = NOW, ttl = TTL) =>
        incidentsAt(store(), atMs).take(ref(seq), { takenBy: by, seq, untilMs: atMs + LEASE_MS }, ttl),
      leave: (by: string, end: TurnEnd) => incidentsAt(store(), NOW).leave(ref(0), by, end, TTL),
      item: async () => {
        const { pk, sk } = keys.incident('acme', id, 'ops');
        return (await store().items(store().ledger)).find((item) => item.pk === pk && item.sk === sk);
      },
    };
  }

  const told = (seq: number, more: Partial<Extract<TurnEnd, { kind: 'told' }>> = {}): TurnEnd => ({
    kind: 'told',
    seq,
    message,
    ended: false,
    ...more,
  });

  test('give one turn at a time, and remember what was told by whom', async () => {
    const { take, leave, item } = newIncident();
    expect(await take('a', 10)).toEqual({ kind: 'free', told: {} });
    expect(await take('b', 11)).toEqual({ kind: 'busy', untilMs: NOW + LEASE_MS });
    await leave('b', told(11));
    await leave('a', told(10));
    expect(await take('b', 9)).toEqual({ kind: 'superseded' });
    expect(await take('b', 11)).toEqual({ kind: 'free', told: { lastSeq: 10, message } });
    await leave('b', told(11, { ended: true }));
    expect(await take('c', 11)).toEqual({ kind: 'free', told: { lastSeq: 11, message, ended: true } });
    await leave('c', told(11, { message: undefined }));
    expect(await item()).toEqual(expect.not.objectContaining({ message, inFlight: expect.anything() }));
  });

  test('keep what was told where a turn came to nothing, and forget a message that is gone', async () => {
    const { take, leave } = newIncident();
    await take('a', 10);
    await leave('a', told(10));
    await take('b', 12);
    await leave('b', { kind: 'untold' });
    expect(await take('c', 10)).toEqual({ kind: 'free', told: { lastSeq: 10, message } });
    await leave('c', { kind: 'lost' });
    expect(await take('d', 10)).toEqual({ kind: 'free', told: { lastSeq: 10 } });
  });

  test('give a turn that lapsed to the next, and nothing to whoever lost it', async () => {
    const { take, leave, item } = newIncident();
    await take('a', 10);
    const late = NOW + LEASE_MS;
    expect(await take('b', 9, late)).toEqual({ kind: 'superseded' });
    const both = await Promise.all([take('b', 11, late), take('c', 12, late)]);
    expect(both.map(({ kind }) => kind).toSorted()).toEqual(['busy', 'free']);
    await leave('a', told(99));
    expect(await item()).toMatchObject({ lastSeq: 10, inFlight: { untilMs: late + LEASE_MS } });
  });

  test('know their own turn again when the reply to a write was lost', async () => {
    const { take } = newIncident();
    await take('a', 10);
    expect(await take('a', 10)).toEqual({ kind: 'free', told: {} });
  });

  test('are as new once they have expired, whether they are deleted or not', async () => {
    const { take, leave } = newIncident();
    await take('a', 10, NOW, NOW / 1000 + 1);
    await incidentsAt(store(), NOW).leave(
      { tenant: 'acme', destination: 'ops', incident: { id: `i${count - 1}`, seq: 10 } },
      'a',
      told(10, { ended: true }),
      NOW / 1000 + 1,
    );
    const later = NOW + 5_000;
    expect(await take('b', 3, later)).toEqual({ kind: 'free', told: {} });
    await leave('b', { kind: 'untold' });
    expect(await take('c', 3, later)).toEqual({ kind: 'free', told: {} });
  });
});
