import { expect, test } from 'vitest';
import { type DeliveryRef, refText } from '../../lib/core/claim.ts';
import { createClaims } from '../../lib/stores/claims.ts';
import { type Burial, createDead } from '../../lib/stores/dead.ts';
import { createOutcomes } from '../../lib/stores/outcomes.ts';
import { NOW, describeOnEngines } from './engines.ts';

const TTL = NOW / 1000 + 1_000;
let count = 0;

describeOnEngines('burials', (store) => {
  const newRef = (): DeliveryRef => ({ tenant: 'acme', event: `b${count++}`, destination: 'ops' });
  const claims = () => createClaims(store().ledger);
  const claimOf = async (ref: DeliveryRef) => (await claims().read([ref])).get(refText(ref))?.claim;
  const bury = async (ref: DeliveryRef, seen?: Burial['seen']) => {
    const burial = { ref, reason: 'exhausted', attempt: 2, channel: 'chat', since: NOW, seen } as const;
    return (await createDead(store().ledger, store())([burial], () => TTL))[0]?.kind;
  };
  const claimed = async (): Promise<DeliveryRef> => {
    const ref = newRef();
    const own = { owner: 'me', k: 0, i: 0, attempt: 1, leaseUntil: NOW, ttl: TTL };
    await claims().claim([{ kind: 'insert', ref, own }]);
    return ref;
  };

  test('give up what nobody has claimed, and list it', async () => {
    const ref = newRef();
    expect(await bury(ref)).toBe('written');
    expect(await claimOf(ref)).toMatchObject({
      state: 'dead',
      attempt: 2,
      open: expect.stringMatching(/^T#acme#U#/),
    });
    expect(await bury(ref)).toBe('conflict');
  });

  test('give up a lapsed claim as it was seen', async () => {
    const ref = await claimed();
    const seen = await claimOf(ref);
    expect(await bury(ref, seen)).toBe('written');
    expect((await claimOf(ref))?.state).toBe('dead');
  });

  test('leave alone what has changed since it was read', async () => {
    const ref = await claimed();
    const seen = (await claimOf(ref))!;
    const own = { owner: 'next', k: 0, i: 0, attempt: 1, leaseUntil: NOW + 1, ttl: TTL };
    await claims().claim([{ kind: 'takeOver', ref, own, seen }]);
    expect(await bury(ref, seen)).toBe('conflict');
    expect(await bury(ref)).toBe('conflict');
    expect(await claimOf(ref)).toMatchObject({ state: 'sending', owner: 'next' });
  });

  test('take a waiting retry out of the timers’ hands', async () => {
    const ref = await claimed();
    const write = { ref, owner: 'me', state: 'retrying', attempt: 1, channel: 'chat', since: NOW } as const;
    await createOutcomes(store().ledger, store()).write(
      [{ ...write, nextAtMs: NOW + 1, due: true }],
      () => TTL,
    );
    expect(await bury(ref, await claimOf(ref))).toBe('written');
    const item = (await store().items(store().ledger)).find(
      ({ pk, sk }) => pk.endsWith(ref.event) && sk.startsWith('delivery'),
    );
    expect(item).not.toHaveProperty('dueAt');
  });
});
