import { expect, test } from 'vitest';
import type { DeliveryRef } from '../../lib/core/claim.ts';
import { minuteOf } from '../../lib/core/keys.ts';
import { claimKey, createClaims } from '../../lib/stores/claims.ts';
import { type Due, createDue } from '../../lib/stores/due.ts';
import { createOutcomes, dueAttributes } from '../../lib/stores/outcomes.ts';
import { execute, insert } from '../../lib/stores/table.ts';
import { NOW, describeOnEngines } from './engines.ts';

const TTL = NOW / 1000 + 1_000;
const HOUR = 3_600_000;
const content = { id: 'e', topic: 'a', time: '', title: 'Title', text: '' };
let count = 0;

async function pagesOf<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const page of pages) found.push(page);
  return found;
}

describeOnEngines('the due index', (store) => {
  const due = () => createDue(store().ledger, store());
  const waitingUntil = async (atMs: number): Promise<DeliveryRef> => {
    const { ledger } = store();
    const ref = { tenant: 'acme', event: `d${count++}`, destination: 'ops' };
    const own = { owner: 'me', k: 0, i: 0, attempt: 1, leaseUntil: NOW, ttl: TTL };
    await createClaims(ledger).claim([{ kind: 'insert', ref, own }]);
    const write = { ref, owner: 'me', state: 'retrying', attempt: 1, channel: 'chat', since: NOW } as const;
    await createOutcomes(ledger, store()).write(
      [{ ...write, nextAtMs: atMs, due: true, content }],
      () => TTL,
    );
    return ref;
  };
  const found = async (atMs: number): Promise<Due[]> =>
    due().waiting((await pagesOf(due().entries(minuteOf(atMs)))).flat());
  const events = (dues: readonly Due[]) => dues.map(({ ref }) => ref.event).toSorted();

  test('gives what is due, with all a retry needs, and nothing earlier', async () => {
    const at = NOW + HOUR + 30_000;
    const ref = await waitingUntil(at);
    store().clock.ms = at - 1;
    expect(await found(at)).toEqual([]);
    store().clock.ms = at;
    expect(await found(at)).toEqual([
      {
        ref,
        attempt: 1,
        channel: 'chat',
        since: NOW,
        content,
        dueAt: expect.stringContaining(`acme#${ref.event}:ops`),
      },
    ]);
  });

  test('gives many a page at a time, each once', async () => {
    const at = NOW + 2 * HOUR;
    const refs = Array.from({ length: 5_000 }, (_, n) => ({
      tenant: 'acme',
      event: `m${n}`,
      destination: 'ops',
    }));
    // All in one shard, so that it takes more than a page.
    const together = refs.filter((ref) => dueAttributes(ref, at).due.startsWith('DUE#3#')).slice(0, 220);
    const { ledger } = store();
    const retry = {
      state: 'retrying',
      attempt: 1,
      channel: 'chat',
      since: NOW,
      content: JSON.stringify(content),
    };
    await execute(
      ledger,
      together.map((ref) => insert(ledger, { ...claimKey(ref), ...retry, ...dueAttributes(ref, at) })),
    );
    store().clock.ms = at;
    const pages = await pagesOf(due().entries(minuteOf(at)));
    expect(pages.map(({ length }) => length)).toEqual([100, 100, 20]);
    expect(events(await due().waiting(pages.flat()))).toEqual(together.map(({ event }) => event).toSorted());
  });

  test('what is postponed comes up 15 minutes later', async () => {
    const at = NOW + 3 * HOUR;
    const ref = await waitingUntil(at);
    store().clock.ms = at;
    const entry = await found(at);
    expect((await due().postpone(entry, 900_000)).map(({ kind }) => kind)).toEqual(['written']);
    expect(await found(at)).toEqual([]);
    store().clock.ms = at + 900_000;
    expect(events(await found(at + 900_000))).toEqual([ref.event]);
  });

  test('what was claimed meanwhile is neither found nor moved', async () => {
    const at = NOW + 4 * HOUR;
    const ref = await waitingUntil(at);
    store().clock.ms = at;
    const entry = await found(at);
    const own = { owner: 'next', k: 0, i: 0, attempt: 2, leaseUntil: at, ttl: TTL };
    const { ledger } = store();
    await createClaims(ledger).claim([{ kind: 'advance', ref, own }]);
    const again = { ref, owner: 'next', state: 'retrying', attempt: 2, channel: 'chat', since: NOW } as const;
    await createOutcomes(ledger, store()).write([{ ...again, nextAtMs: at + 60_000 }], () => TTL);
    expect((await due().postpone(entry, 900_000)).map(({ kind }) => kind)).toEqual(['conflict']);
    expect(await found(at)).toEqual([]);
    expect(await found(at + 900_000)).toEqual([]);
  });

  test('sweeps begin an hour back, then two minutes before the last one', async () => {
    const current = minuteOf((store().clock.ms = NOW + 10 * HOUR));
    expect(await due().minutes()).toEqual(Array.from({ length: 61 }, (_, n) => current - 60 + n));
    await due().swept(current);
    expect(await due().minutes()).toEqual([current - 2, current - 1, current]);
    store().clock.ms += 120_000;
    expect(await due().minutes()).toHaveLength(5);
  });
});
