import { describe, expect, test } from 'vitest';
import type { QueueRecord } from '../../lib/core/message.ts';
import { type Rig, LEASE_MS, ok, packOf, record, status, toRecord, useRigs } from './rig.ts';

const newRig = useRigs();

const forever = () => new Promise<never>(() => undefined);

/** Works on what is visible; a worker that posts `bad` dies, and what it held comes again when its lease is over. */
async function work(rig: Rig, records: readonly QueueRecord[]): Promise<void> {
  let dead = false;
  let die: () => void;
  const deadly = new Promise<void>((resolve) => (die = resolve));
  rig.reply = ({ event }) => {
    if (event !== 'bad') return ok;
    dead = true;
    die();
    return forever();
  };
  const run = rig.run(records, { wait: forever });
  await Promise.race([run, deadly.then(() => rig.clock.quiet())]);
  rig.clock.ms += LEASE_MS;
  if (!dead) return;
  rig.queue.push(
    ...records.map(({ body }) => ({ queue: 'own', message: { body }, visibleAt: rig.clock.ms })),
  );
}

async function reason(rig: Rig, event: string): Promise<unknown> {
  const items = await rig.store.items(rig.store.ledger);
  return items.find(({ pk, sk }) => pk === `T#acme#E#${event}` && sk === 'delivery#ops')?.['reason'];
}

describe('a delivery that kills its workers', () => {
  test('ends after three of them, and those beside it arrive', async () => {
    const rig = await newRig();
    await work(rig, [record(['e1', 'bad', 'e2'])]);
    for (let batches = 0; rig.queue.length > 0; batches++) {
      expect(batches).toBeLessThan(10);
      // One message at a time: what is sent on alone meets nobody in its batch either.
      const [first] = rig.queue.splice(0, 1);
      await work(rig, [toRecord(first!.message.body)]);
    }
    expect([await rig.state('bad'), await reason(rig, 'bad')]).toEqual(['dead', 'poison']);
    expect(rig.sent.filter(({ event }) => event === 'bad')).toHaveLength(3);
    expect([await rig.state('e1'), await rig.state('e2')]).toEqual(['delivered', 'delivered']);
    expect(await rig.attempts('bad')).toHaveLength(3);
  });

  test('is sent on in a message of its own, as are all that were beside it', async () => {
    const rig = await newRig();
    const message = record(['e1', 'bad', 'e2']);
    await work(rig, [message]);
    await work(rig, rig.receive());
    await work(rig, rig.receive());
    const alone = rig.queue.map(packOf);
    expect(alone.map(({ items }) => items.length)).toEqual([1, 1, 1]);
    expect(alone.flatMap(({ items }) => items)).toMatchObject([
      { alone: true },
      { alone: true },
      { alone: true },
    ]);
  });

  test('is not alone in a message of two, whatever that says', async () => {
    const rig = await newRig();
    const pack = JSON.parse(record(['bad', 'e1']).body) as { items: object[] };
    const items = pack.items.map((item) => Object.assign(item, { alone: true }));
    await work(rig, [toRecord(JSON.stringify({ ...pack, items }))]);
    await work(rig, rig.receive());
    const before = rig.sent.length;
    await work(rig, rig.receive());
    expect(rig.sent).toHaveLength(before);
    expect(rig.queue).toHaveLength(2);
  });

  test('is no longer suspected once an attempt has ended', async () => {
    const rig = await newRig();
    await work(rig, [record(['bad'])]);
    rig.reply = () => status(503);
    await rig.run(rig.receive());
    const items = await rig.store.items(rig.store.ledger);
    expect(items.find(({ sk }) => sk === 'delivery#ops')).toMatchObject({ state: 'retrying', takeovers: 0 });
    expect(await rig.attempts('bad')).toHaveLength(2);
  });
});
