import { describe, expect, test } from 'vitest';
import { createClaims } from '../../lib/stores/claims.ts';
import { createOutcomes } from '../../lib/stores/outcomes.ts';
import { NOW, chatChannel, packOf, record, toRecord, useRigs } from './rig.ts';

const newRig = useRigs();
const oneASecond = { rate: { limit: 1, perMs: 1_000 } };
/** Comes back in vain for the eighth time. */
const missedOften = { appointed: true, hops: 8 } as const;

describe('a delivery that waits for its slot and was sent on twice', () => {
  test('takes no slot any more once it is over and its turn was missed often', async () => {
    const rig = await newRig(chatChannel(oneASecond));
    await rig.run([record(['e1'])]);
    rig.clock.ms = NOW + 5_000;
    rig.sent.length = 0;
    const messages = [record(['e1'], missedOften), record(['e2'], { appointed: true })];
    expect(await rig.run(messages)).toEqual([]);
    expect(rig.sent.map(({ event }) => event)).toEqual(['e2']);
    expect(rig.queue).toEqual([]);
  });

  test('goes on as ever while nobody has sent it', async () => {
    const rig = await newRig(chatChannel(oneASecond));
    expect(await rig.run([record(['e1'], missedOften)])).toEqual([]);
    expect(rig.sent.map(({ event }) => event)).toEqual(['e1']);
  });

  test('is not looked at as long as its turn comes', async () => {
    const rig = await newRig(chatChannel(oneASecond));
    let looks = 0;
    const stored = createClaims(rig.ledger);
    const read: typeof stored.read = (refs) => {
      looks++;
      return stored.read(refs);
    };
    const run = (hops: number) =>
      rig.run([record([`e${hops}`], { appointed: true, hops })], { claims: { ...stored, read } });
    await run(7);
    expect(looks).toBe(0);
    await run(8);
    expect(looks).toBe(1);
  });

  test('is given up to the claim when the look fails', async () => {
    const rig = await newRig(chatChannel(oneASecond));
    await rig.run([record(['e1'])]);
    rig.clock.ms = NOW + 5_000;
    rig.sent.length = 0;
    let looks = 0;
    const stored = createClaims(rig.ledger);
    const read: typeof stored.read = (refs) =>
      looks++ === 0 ? Promise.reject(new Error('no table')) : stored.read(refs);
    const claims = { ...stored, read };
    expect(await rig.run([record(['e1'], missedOften)], { claims })).toEqual([]);
    expect([looks, rig.sent, rig.queue]).toEqual([2, [], []]);
  });
});

test('a suspect without a slot stays in a message of its own', async () => {
  const rig = await newRig(chatChannel(oneASecond));
  const pack = JSON.parse(record(['e1'], { appointed: true }).body) as { items: object[] };
  const suspect = { ...pack, items: [{ ...pack.items[0], alone: true }] };
  const first = record(['first', 'second', 'third'], { appointed: true });
  await rig.run([first, toRecord(JSON.stringify(suspect))]);
  const packs = rig.queue.map(packOf).filter(({ items }) => items.some((item) => item.alone));
  expect(packs.map(({ items }) => items.map(({ notification }) => notification.id))).toEqual([['e1']]);
});

test('of two copies in a batch the one with a claim is carried to its end', async () => {
  const rig = await newRig();
  const copyIn = (mode: string) => {
    const pack = JSON.parse(record(['e1']).body) as { items: object[] };
    return toRecord(JSON.stringify({ ...pack, items: [{ ...pack.items[0], mode }] }));
  };
  // It had no slot when it was claimed, and goes on with its claim.
  const own = { owner: 'gone', k: 0, i: 0, attempt: 0, leaseUntil: NOW, ttl: NOW / 1_000 + 1_000 };
  await createClaims(rig.ledger).claim([
    { kind: 'insert', ref: { tenant: 'acme', event: 'e1', destination: 'ops' }, own },
  ]);
  const released = { owner: 'gone', attempt: 0, channel: 'chat', since: NOW, state: 'retrying' } as const;
  await createOutcomes(rig.ledger, { now: () => NOW }).write(
    [{ ref: { tenant: 'acme', event: 'e1', destination: 'ops' }, ...released }],
    () => NOW / 1_000 + 1_000,
  );
  expect(await rig.state('e1')).toBe('retrying');
  expect(await rig.run([copyIn('claimsOff'), copyIn('atLeastOnce')])).toEqual([]);
  expect([rig.sent.length, await rig.state('e1')]).toEqual([1, 'delivered']);
});
