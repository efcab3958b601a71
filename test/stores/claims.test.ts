import { describe, expect, test } from 'vitest';
import type { ClaimWrite, CompletionWrite, DeliveryRef, Ownership } from '../../lib/core/claim.ts';
import { judge, refText } from '../../lib/core/claim.ts';
import { keys } from '../../lib/core/keys.ts';
import { claimKey, createClaims } from '../../lib/stores/claims.ts';
import { createOutcomes } from '../../lib/stores/outcomes.ts';
import { execute, getItems, insert, keyText } from '../../lib/stores/table.ts';
import { NOW, type Store, describeOnEngines } from './engines.ts';

const TTL = NOW / 1000 + 1_000;
const LEASE = NOW + 35_000;
let count = 0;

const newRef = (): DeliveryRef => ({ tenant: 'acme', event: `c${count++}`, destination: 'ops' });

const own = (owner: string, more: Partial<Ownership> = {}): Ownership => ({
  owner,
  k: 0,
  i: 0,
  attempt: 1,
  leaseUntil: LEASE,
  ttl: TTL,
  ...more,
});

const completion = (owner: string, n: number, notDelivered: number[]): CompletionWrite => ({
  tenant: 'acme',
  owner,
  k: 0,
  completion: { n, notDelivered, at: NOW, ms: [12, null], providerIds: { 0: 'p-1' } },
  ttl: TTL,
});

describeOnEngines('claims', (store) => {
  const claimsOf = ({ ledger }: Store) => createClaims(ledger);
  const one = async (ref: DeliveryRef) => (await claimsOf(store()).read([ref])).get(refText(ref));
  const tryOne = async (write: ClaimWrite) => (await claimsOf(store()).claim([write]))[0]?.kind;
  const retrying = async (ref: DeliveryRef, owner: string, attempt: number, due?: true) => {
    const write = {
      ref,
      owner,
      state: 'retrying',
      attempt,
      channel: 'chat',
      since: NOW,
      nextAtMs: NOW + 1,
    } as const;
    await createOutcomes(store().ledger, store()).write([{ ...write, ...(due && { due }) }], () => TTL);
  };

  test('of 100 contenders for one delivery, one wins', async () => {
    const ref = newRef();
    const owners = Array.from({ length: 100 }, (_, index) => `w${index}`);
    const results = await Promise.all(
      owners.map((owner) => tryOne({ kind: 'insert', ref, own: own(owner) })),
    );
    expect(results.filter((kind) => kind === 'written')).toHaveLength(1);
    expect(results.filter((kind) => kind === 'conflict')).toHaveLength(99);
    const winner = owners[results.indexOf('written')];
    expect((await one(ref))?.claim).toMatchObject({
      owner: winner,
      state: 'sending',
      attempt: 1,
      takeovers: 0,
    });
  });

  test('of 50 contenders for a lapsed claim, one takes it over', async () => {
    const ref = newRef();
    await tryOne({ kind: 'insert', ref, own: own('dead') });
    const seen = (await one(ref))!.claim;
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        tryOne({ kind: 'takeOver', ref, own: own(`w${index}`, { leaseUntil: LEASE + 1 }), seen }),
      ),
    );
    expect(results.filter((kind) => kind === 'written')).toHaveLength(1);
    expect((await one(ref))?.claim.takeovers).toBe(1);
  });

  describe('a later attempt', () => {
    test('is claimed once, and only after the one before it is over', async () => {
      const ref = newRef();
      await tryOne({ kind: 'insert', ref, own: own('a') });
      const next: ClaimWrite = { kind: 'advance', ref, own: own('b', { attempt: 2 }) };
      expect(await tryOne(next)).toBe('conflict');
      await retrying(ref, 'a', 1);
      expect(await tryOne({ kind: 'advance', ref, own: own('b', { attempt: 3 }) })).toBe('conflict');
      expect(await tryOne(next)).toBe('written');
      expect(await tryOne(next)).toBe('conflict');
      expect((await one(ref))?.claim).toMatchObject({ owner: 'b', attempt: 2, state: 'sending' });
    });

    test('never creates a delivery that is not there', async () => {
      const ref = newRef();
      expect(await tryOne({ kind: 'advance', ref, own: own('b', { attempt: 2 }) })).toBe('conflict');
      expect(await one(ref)).toBeUndefined();
    });

    test('takes the delivery out of the timers’ hands, beyond their reach', async () => {
      const ref = newRef();
      await tryOne({ kind: 'insert', ref, own: own('a') });
      await retrying(ref, 'a', 1, true);
      const item = async () => (await getItems(store().ledger, [claimKey(ref)])).get(keyText(claimKey(ref)));
      expect(await item()).toHaveProperty('dueAt');
      await tryOne({ kind: 'advance', ref, own: own('b', { attempt: 2 }) });
      expect(await item()).not.toHaveProperty('dueAt');
    });
  });

  test('a claim past its time to live is replaced, by one', async () => {
    const ref = newRef();
    await tryOne({ kind: 'insert', ref, own: own('old', { ttl: NOW / 1000 - 1 }) });
    const seen = (await one(ref))!.claim;
    expect(judge({ n: 1, alone: false, owner: 'x' }, seen, undefined, NOW).kind).toBe('replace');
    const results = await Promise.all(
      ['b', 'c', 'd'].map((owner) => tryOne({ kind: 'replace', ref, own: own(owner), seen })),
    );
    expect(results.filter((kind) => kind === 'written')).toHaveLength(1);
  });

  describe('completions', () => {
    test('an older flush that lands late does not undo a newer one', async () => {
      const ref = newRef();
      const claims = claimsOf(store());
      await claims.claim([{ kind: 'insert', ref, own: own('flush') }]);
      await claims.complete(completion('flush', 2, [2]));
      await claims.complete(completion('flush', 1, [0, 2]));
      await claims.complete(completion('flush', 2, [0, 1, 2]));
      expect((await one(ref))?.completion).toMatchObject({ n: 2, notDelivered: [2] });
    });

    test('are found by the claim’s current owner only', async () => {
      const ref = newRef();
      const claims = claimsOf(store());
      await claims.claim([{ kind: 'insert', ref, own: own('first') }]);
      const { claim: seen } = (await one(ref))!;
      await claims.claim([{ kind: 'takeOver', ref, own: own('second'), seen }]);
      await claims.complete(completion('first', 1, []));
      expect((await one(ref))?.completion).toBeUndefined();
      await claims.complete(completion('second', 1, []));
      expect((await one(ref))?.completion).toEqual({
        n: 1,
        notDelivered: [],
        at: NOW,
        ms: [12, null],
        providerIds: { 0: 'p-1' },
      });
    });

    test('a full one costs one write unit', async () => {
      const { ledger } = store();
      const providerIds = Object.fromEntries(
        Array.from({ length: 10 }, (_, i) => [String(i), 'x'.repeat(60)]),
      );
      const ms = Array.from({ length: 10 }, () => 12_345);
      const owner = 'o'.repeat(22);
      const write = {
        tenant: 'acme',
        owner,
        k: 1,
        completion: { n: 10, notDelivered: [], at: NOW, ms, providerIds },
        ttl: TTL,
      };
      await claimsOf(store()).complete(write);
      const key = keys.completion('acme', owner, 1);
      const item = (await getItems(ledger, [key])).get(keyText(key));
      expect(JSON.stringify(item).length).toBeLessThan(1_024);
    });
  });

  test('reads any number of deliveries, named twice or absent', async () => {
    const refs = Array.from({ length: 60 }, newRef);
    const claims = claimsOf(store());
    await claims.claim(
      refs.slice(0, 50).map((ref, i) => ({ kind: 'insert', ref, own: own('many', { i: i % 10 }) })),
    );
    const found = await claims.read([...refs, ...refs]);
    expect([...found.keys()]).toEqual(refs.slice(0, 50).map(refText));
  });

  test('marks events that are there, and makes none up', async () => {
    const { ledger } = store();
    await execute(ledger, [insert(ledger, { ...keys.event('acme', 'marked'), body: '{}' })]);
    const events = ['marked', 'unheard-of'].map((event) => ({ tenant: 'acme', event }));
    const written = await claimsOf(store()).markDead(events, () => NOW / 1000);
    expect(written.map(({ kind }) => kind)).toEqual(['written', 'conflict']);
    const items = await getItems(ledger, [keys.event('acme', 'marked'), keys.event('acme', 'unheard-of')]);
    expect([...items.values()]).toEqual([expect.objectContaining({ hasDead: true })]);
  });
});
