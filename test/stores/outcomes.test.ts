import { expect, test } from 'vitest';
import { type DeliveryRef, refText } from '../../lib/core/claim.ts';
import type { OutcomeWrite } from '../../lib/core/outcome-write.ts';
import { createClaims } from '../../lib/stores/claims.ts';
import { createOutcomes } from '../../lib/stores/outcomes.ts';
import { NOW, describeOnEngines } from './engines.ts';

const TTL = NOW / 1000 + 1_000;
const notification = { id: 'e', topic: 'a', time: '', title: 'Title', text: 'é' };
let count = 0;

describeOnEngines('outcomes', (store) => {
  const claimed = async (owner = 'me'): Promise<DeliveryRef> => {
    const ref = { tenant: 'acme', event: `o${count++}`, destination: 'ops' };
    const own = { owner, k: 0, i: 0, attempt: 1, leaseUntil: NOW, ttl: TTL };
    await createClaims(store().ledger).claim([{ kind: 'insert', ref, own }]);
    return ref;
  };
  const write = async (ref: DeliveryRef, more: Partial<OutcomeWrite>) => {
    const outcome = {
      ref,
      owner: 'me',
      state: 'retrying',
      attempt: 1,
      channel: 'chat',
      since: NOW,
      ...more,
    } as const;
    return (await createOutcomes(store().ledger, store()).write([outcome], () => TTL))[0]?.kind;
  };
  const item = async (ref: DeliveryRef) =>
    (await store().items(store().ledger)).find(
      ({ pk, sk }) => pk.endsWith(ref.event) && sk.startsWith('delivery#'),
    );

  test('are written by the claim’s owner, once', async () => {
    const ref = await claimed();
    expect(await write(ref, { owner: 'zombie', state: 'dead' })).toBe('conflict');
    expect(await write(ref, { nextAtMs: NOW + 5, reason: 'timeout' })).toBe('written');
    expect(await write(ref, { state: 'dead' })).toBe('conflict');
    const recorded = await createClaims(store().ledger).read([ref]);
    expect(recorded.get(refText(ref))?.claim).toMatchObject({ state: 'retrying', attempt: 1, takeovers: 0 });
  });

  test('list what is not delivered, and take it off the list when it is', async () => {
    const ref = await claimed();
    await write(ref, { nextAtMs: NOW + 5 });
    expect(await item(ref)).toMatchObject({ open: expect.stringMatching(/^T#acme#U#\d$/), nextAt: NOW + 5 });
    const own = { owner: 'next', k: 0, i: 0, attempt: 2, leaseUntil: NOW, ttl: TTL };
    await createClaims(store().ledger).claim([{ kind: 'advance', ref, own }]);
    expect(await write(ref, { owner: 'next', state: 'delivered', attempt: 2 })).toBe('written');
    const delivered = await item(ref);
    expect(delivered).toMatchObject({ state: 'delivered', attempt: 2 });
    expect(delivered).not.toHaveProperty('open');
  });

  test('keep the content of what is dead or waits for a timer', async () => {
    const ref = await claimed();
    await write(ref, { nextAtMs: NOW + 3_600_000, due: true, content: notification });
    const due = await item(ref);
    expect(due).toMatchObject({
      due: expect.stringMatching(/^DUE#\d+#\d+$/),
      content: JSON.stringify(notification),
    });
  });

  test('an attempt is recorded once per owner, its detail cut to 4 KiB on a whole character', async () => {
    const { ledger } = store();
    const outcomes = createOutcomes(ledger, store());
    const attempt = {
      ref: await claimed(),
      n: 1,
      owner: 'me',
      atMs: NOW,
      outcome: 'maybe',
      status: 500,
    } as const;
    await outcomes.log([{ ...attempt, detail: `a${'é'.repeat(5_000)}` }], () => TTL);
    const [again] = await outcomes.log([{ ...attempt, status: 200 }], () => TTL);
    const [other] = await outcomes.log([{ ...attempt, owner: 'other' }], () => TTL);
    expect([again?.kind, other?.kind]).toEqual(['conflict', 'written']);
    const stored = (await store().items(ledger)).filter(
      ({ pk, sk }) => pk.endsWith(attempt.ref.event) && sk.startsWith('attempt#'),
    );
    expect(stored).toHaveLength(2);
    const detail = stored.find(({ sk }) => sk.endsWith('#me'))?.['detail'];
    expect(detail).toBe(`a${'é'.repeat(2_047)}`);
  });
});
