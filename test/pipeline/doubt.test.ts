import { describe, expect, test } from 'vitest';
import type { Destination } from '../../lib/core/catalog.ts';
import type { DeliveryMode } from '../../lib/core/mode.ts';
import { createClaims } from '../../lib/stores/claims.ts';
import {
  LEASE_MS,
  NOW,
  type Rig,
  catalogOf,
  chatChannel,
  destination,
  record,
  status,
  toRecord,
  useRigs,
} from './rig.ts';

const newRig = useRigs();
const HOUR = 3_600_000;
const keyed = (knownMs: number) => chatChannel({ providerKey: { header: 'x-key', knownMs } });

async function rigWith(more: Partial<Destination>, channel = chatChannel()): Promise<Rig> {
  const rig = await newRig(channel);
  rig.catalog = catalogOf(destination('ops', more));
  return rig;
}

async function item(rig: Rig, event = 'e1') {
  const items = await rig.store.items(rig.store.ledger);
  return items.find(({ pk, sk }) => pk === `T#acme#E#${event}` && sk === 'delivery#ops');
}

/** A worker claims the delivery and is never heard of again. */
async function silence(rig: Rig, event: string): Promise<void> {
  const ref = { tenant: 'acme', event, destination: 'ops' };
  const own = { owner: 'gone', k: 0, i: 0, attempt: 1, leaseUntil: NOW + LEASE_MS, ttl: 2e9 };
  await createClaims(rig.ledger).claim([{ kind: 'insert', ref, own }]);
  rig.clock.ms = NOW + LEASE_MS;
}

function messageIn(mode: DeliveryMode, receives = 1) {
  const pack = JSON.parse(record(['e1']).body) as { items: object[] };
  const body = JSON.stringify({ ...pack, items: [{ ...pack.items[0], mode }] });
  return { ...toRecord(body), attributes: { ApproximateReceiveCount: String(receives) } };
}

describe('an attempt that may have been accepted', () => {
  test('is held where the destination wants it, and dead when nobody found out in time', async () => {
    const rig = await rigWith({ maybe: 'hold', holdMs: HOUR });
    rig.reply = () => status(503);
    expect(await rig.run([record(['e1'])])).toEqual([]);
    expect(rig.queue).toEqual([]);
    expect(await item(rig)).toMatchObject({
      state: 'held',
      reason: 'ambiguous',
      attempt: 1,
      open: expect.any(String),
    });

    rig.clock.ms = NOW + HOUR - 60_000;
    await rig.runTimers();
    expect(await rig.state('e1')).toBe('held');
    rig.clock.ms = NOW + HOUR;
    await rig.runTimers();
    expect(await item(rig)).toMatchObject({
      state: 'dead',
      reason: 'ambiguous',
      content: expect.any(String),
    });
    expect(await item(rig)).not.toHaveProperty('dueAt');
    expect(rig.metrics.get('Dead')).toBe(1);
    expect(rig.sent).toHaveLength(1);
  });

  test('is held for a day where nothing else is said, and no message carries it on', async () => {
    const rig = await rigWith({ maybe: 'hold' });
    rig.reply = () => status(503);
    await rig.run([record(['e1'])]);
    expect((await item(rig))?.['nextAt']).toBe(NOW + 24 * HOUR);
    expect(await rig.run([record(['e1'])])).toEqual([]);
    expect(rig.sent).toHaveLength(1);
  });

  test('is held, too, when the worker fell silent', async () => {
    const rig = await rigWith({ maybe: 'hold' });
    await silence(rig, 'e1');
    expect(await rig.run([record(['e1'])])).toEqual([]);
    expect(rig.sent).toEqual([]);
    expect(await item(rig)).toMatchObject({ state: 'held', reason: 'ambiguous' });
    expect(await rig.attempts('e1')).toMatchObject([{ outcome: 'maybe', reason: 'crashed' }]);
  });

  test('is held, too, when its destination cannot be opened meanwhile', async () => {
    const rig = await rigWith({ maybe: 'hold' });
    await silence(rig, 'e1');
    const open = async () => ({ ok: false as const, detail: 'no such secret' });
    expect(await rig.run([record(['e1'])], { open })).toEqual([]);
    expect(rig.queue).toEqual([]);
    expect(await item(rig)).toMatchObject({ state: 'held', reason: 'ambiguous' });
  });

  test('is no reason to hold what was surely not accepted', async () => {
    const rig = await rigWith({ maybe: 'hold' });
    rig.reply = () => (rig.sent.length === 1 ? status(429) : status(200));
    await rig.run([record(['e1'])]);
    await rig.drain();
    expect(await rig.state('e1')).toBe('delivered');
  });

  test('is sent again under the provider’s key while the provider knows it', async () => {
    const rig = await rigWith({}, keyed(120_000));
    rig.reply = () => status(503);
    await rig.run([record(['e1'])]);
    await rig.drain(NOW + 12 * HOUR);
    // Attempts at 0, 10 and 70 s; that one is still known, and the next would not be.
    expect(rig.sent).toHaveLength(3);
    rig.clock.ms = NOW + 2 * HOUR;
    await rig.runTimers();
    await rig.drain();
    expect(await item(rig)).toMatchObject({ state: 'dead', reason: 'ambiguous', attempt: 4 });
    expect(rig.sent).toHaveLength(3);
  });

  test('is sent again without a bound where the destination says so', async () => {
    const rig = await rigWith({ maybe: 'resend' }, keyed(1));
    rig.reply = () => (rig.sent.length === 1 ? status(503) : status(200));
    await rig.run([record(['e1'])]);
    await rig.drain();
    expect(await rig.state('e1')).toBe('delivered');
  });
});

describe('at most once', () => {
  test('a delivery whose worker fell silent is dead, and the attempt is on record', async () => {
    const rig = await rigWith({});
    await silence(rig, 'e1');
    expect(await rig.run([messageIn('atMostOnce')])).toEqual([]);
    expect(rig.sent).toEqual([]);
    expect(await item(rig)).toMatchObject({ state: 'dead', reason: 'ambiguous' });
    expect(await rig.attempts('e1')).toMatchObject([{ reason: 'crashed' }]);
  });

  test('a delivery that was put back for want of a slot or time has not been tried', async () => {
    const rig = await rigWith({});
    await rig.run([messageIn('atMostOnce')], { remainingMs: () => 7_000 });
    expect(rig.sent).toEqual([]);
    await rig.drain();
    expect([await rig.state('e1'), rig.sent.length]).toEqual(['delivered', 1]);
  });
});

describe('with claims off', () => {
  test('a success writes nothing, a failure everything that a retry and people need', async () => {
    const rig = await rigWith({});
    rig.reply = () => (rig.sent.length === 1 ? status(200) : status(503));
    await rig.run([messageIn('claimsOff')]);
    expect(await rig.store.items(rig.store.ledger)).toEqual([]);
    await rig.run([messageIn('claimsOff')]);
    expect(await item(rig)).toMatchObject({
      state: 'retrying',
      attempt: 1,
      channel: 'chat',
      open: expect.any(String),
    });
    expect(await item(rig)).not.toHaveProperty('mode');
  });

  test('what waits in the due index is claimed when it is due', async () => {
    const rig = await rigWith({});
    rig.reply = () => (rig.sent.length < 4 ? status(503) : status(200));
    await rig.run([messageIn('claimsOff')]);
    await rig.drain(NOW + HOUR);
    expect(await item(rig)).toMatchObject({ state: 'retrying', attempt: 3, due: expect.any(String) });
    rig.clock.ms = NOW + 2 * HOUR;
    await rig.runTimers();
    await rig.drain();
    expect([await rig.state('e1'), rig.sent.length]).toEqual(['delivered', 4]);
    expect(await item(rig)).not.toHaveProperty('dueAt');
  });

  test('a refusal for rate, however long, only sends the message on', async () => {
    const rig = await rigWith({});
    rig.reply = () => (rig.sent.length === 1 ? status(429, { 'retry-after': '7200' }) : status(200));
    await rig.run([messageIn('claimsOff')]);
    expect(await rig.store.items(rig.store.ledger)).toEqual([]);
    await rig.drain();
    expect(rig.sent.map(({ atMs }) => atMs >= NOW + 2 * HOUR)).toEqual([false, true]);
  });

  test('a message that comes for the third time is claimed, so that poison is found', async () => {
    const rig = await rigWith({});
    await rig.run([messageIn('claimsOff', 2)]);
    expect(rig.calls).not.toContain('claim');
    await rig.run([messageIn('claimsOff', 3)]);
    expect(rig.calls).toContain('claim');
  });

  test('what was claimed stays claimed when it has to come again', async () => {
    const rig = await rigWith({});
    rig.reply = () => (rig.sent.length === 1 ? status(429) : status(200));
    await rig.run([messageIn('claimsOff', 3)]);
    expect(await item(rig)).toMatchObject({ state: 'retrying', attempt: 0 });
    await rig.drain();
    expect([await rig.state('e1'), rig.sent.length]).toEqual(['delivered', 2]);
  });
});

describe('an event that expires', () => {
  const until = (expiresAtMs: number, n = 1) => {
    const pack = JSON.parse(record(['e1'], { n }).body) as { items: object[] };
    return toRecord(JSON.stringify({ ...pack, items: [{ ...pack.items[0], expiresAtMs }] }));
  };

  test.each([
    ['is discarded when its turn comes too late', 1, 'discarded', 'expired'],
    ['is dead when it was tried before', 2, 'dead', 'expiredInRetry'],
  ])('%s', async (_, n, state, reason) => {
    const rig = await rigWith({});
    await rig.run([until(NOW - 1, n)]);
    expect(rig.sent).toEqual([]);
    expect(await item(rig)).toMatchObject({ state, reason });
  });

  test('is sent in its last moment', async () => {
    const rig = await rigWith({});
    await rig.run([until(NOW)]);
    expect(await rig.state('e1')).toBe('delivered');
  });

  test('is given up when the next attempt would come too late', async () => {
    const rig = await rigWith({});
    rig.reply = () => status(503);
    await rig.run([until(NOW + 60_000)]);
    await rig.drain();
    expect(rig.sent).toHaveLength(2);
    expect(await item(rig)).toMatchObject({ state: 'dead', reason: 'expiredInRetry', attempt: 2 });
  });

  test('keeps its end on the way through the due index', async () => {
    const rig = await rigWith({});
    rig.reply = () => status(503, { 'retry-after': '3600' });
    await rig.run([until(NOW + HOUR + 30_000)]);
    rig.clock.ms = NOW + HOUR + 60_000;
    await rig.runTimers();
    await rig.drain();
    expect(await item(rig)).toMatchObject({ state: 'dead', reason: 'expiredInRetry', attempt: 2 });
    expect(rig.sent).toHaveLength(1);
  });
});
