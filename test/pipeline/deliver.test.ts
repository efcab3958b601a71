import { describe, expect, test } from 'vitest';
import { refText } from '../../lib/core/claim.ts';
import { createClaims } from '../../lib/stores/claims.ts';
import {
  LEASE_MS,
  NOW,
  catalogOf,
  chatChannel,
  destination,
  ok,
  packOf,
  record,
  status,
  toRecord,
  useRigs,
} from './rig.ts';

const newRig = useRigs();

const until = (condition: () => boolean) =>
  new Promise<void>((resolve) => {
    const look = () => (condition() ? resolve() : setImmediate(look));
    look();
  });

describe('a batch of deliveries', () => {
  test('is sent, recorded and acknowledged', async () => {
    const rig = await newRig();
    expect(await rig.run([record(['e1', 'e2']), record(['e3'], { destination: 'dev' })])).toEqual([]);
    expect(rig.sent.map(({ event, destination: to }) => [event, to])).toEqual([
      ['e1', 'ops'],
      ['e2', 'ops'],
      ['e3', 'dev'],
    ]);
    expect([await rig.state('e1'), await rig.state('e2'), await rig.state('e3', 'dev')]).toEqual([
      'delivered',
      'delivered',
      'delivered',
    ]);
    expect(rig.queue).toEqual([]);
    expect(Object.fromEntries(rig.metrics)).toEqual({
      SendDurationMs: 0,
      Delivered: 3,
      DeliveryLatencyMs: 0,
    });
  });

  test('costs one claim per delivery, one completion per ten, and no other call', async () => {
    const rig = await newRig();
    const events = Array.from({ length: 25 }, (_, n) => `e${n}`);
    await rig.run([record(events)], { limits: await warm(rig) });
    rig.store.sent.length = 0;
    await rig.run([record(events.map((id) => `f${id}`)), record(['last'])], { limits: await warm(rig) });
    const calls = rig.store.sent.filter((name) => name !== 'BatchGetItemCommand');
    expect(calls.filter((name) => name === 'BatchExecuteStatementCommand')).toHaveLength(26);
    expect(calls.filter((name) => name === 'PutItemCommand')).toHaveLength(3);
    expect(calls).toHaveLength(29);
  });

  test('holds a delivery once, however often and in how many messages it comes', async () => {
    const rig = await newRig();
    const failed = await rig.run([record(['e1', 'e1']), record(['e1']), record(['e2', 'e1'])]);
    expect(failed).toEqual([]);
    expect(rig.sent.map(({ event }) => event)).toEqual(['e1', 'e2']);
  });

  test('keeps the highest attempt of a delivery, and every message shares its result', async () => {
    const rig = await newRig();
    rig.reply = () => status(503);
    await rig.run([record(['e1'])]);
    rig.reply = () => ok;
    expect(await rig.run([record(['e1']), record(['e1'], { n: 2 })])).toEqual([]);
    expect(await rig.state('e1')).toBe('delivered');
    expect(rig.sent).toHaveLength(2);
  });

  test('a higher attempt that leads nowhere takes no message with it that has to go on', async () => {
    const rig = await newRig();
    rig.reply = () => status(429);
    await rig.run([record(['e1'])]);
    rig.reply = () => ok;
    rig.clock.ms += 600_000;
    const due = record(['e1']);
    // That of a worker which fell silent: the ledger knows of no first attempt that is over.
    expect(await rig.run([due, record(['e1'], { n: 2 })])).toEqual([due.messageId]);
    expect(rig.sent).toHaveLength(1);
    expect(await rig.run([due])).toEqual([]);
    expect(await rig.state('e1')).toBe('delivered');
  });

  test('what was delivered is acknowledged when it comes again, and not sent', async () => {
    const rig = await newRig();
    await rig.run([record(['e1'])]);
    expect(await rig.run([record(['e1']), record(['e1'], { n: 2 })])).toEqual([]);
    expect(rig.sent).toHaveLength(1);
  });

  test('books before it claims, claims before it sends', async () => {
    const rig = await newRig(chatChannel({ rate: { limit: 100, perMs: 1_000 } }));
    const limits = rig.newLimits();
    const book: typeof limits.book = (...args) => {
      rig.calls.push('book');
      return limits.book(...args);
    };
    await rig.run([record(['e1'])], { limits: { ...limits, book } });
    expect(rig.calls).toEqual(['book', 'claim', 'post', 'complete', 'outcomes']);
  });

  test('of 20 workers with the same message, one sends', async () => {
    const rig = await newRig();
    const message = record(['e1']);
    const results = await Promise.all(Array.from({ length: 20 }, () => rig.run([message])));
    expect(rig.sent).toHaveLength(1);
    expect(await rig.state('e1')).toBe('delivered');
    // The others wait for the outcome, or have seen it.
    expect(results.filter((failed) => failed.length === 0).length).toBeGreaterThanOrEqual(1);
  });

  test('a delivery in other hands comes again in 2 to 20 s', async () => {
    const rig = await newRig();
    await claimed(rig, 'e1');
    const message = record(['e1', 'e2']);
    expect(await rig.run([message])).toEqual([message.messageId]);
    expect(rig.extended).toEqual([{ receiptHandle: message.receiptHandle, seconds: 11 }]);
    expect(await rig.state('e2')).toBe('delivered');
  });
});

describe('rules', () => {
  test.each([
    ['is unknown', catalogOf(), 'discarded', 'destinationDeleted'],
    ['is disabled', catalogOf(destination('ops', { enabled: false })), 'discarded', 'disabled'],
    [
      'has gone',
      catalogOf(destination('ops', { enabled: false, disabledReason: 'gone' })),
      'discarded',
      'gone',
    ],
    [
      'is of an unknown channel',
      catalogOf(destination('ops', { channel: 'fax' })),
      'discarded',
      'destinationDeleted',
    ],
  ])('end a delivery whose destination %s', async (_, catalog, state, reason) => {
    const rig = await newRig();
    rig.catalog = catalog;
    expect(await rig.run([record(['e1'])])).toEqual([]);
    expect(rig.sent).toEqual([]);
    expect(await claimItem(rig, 'e1')).toMatchObject({ state, reason });
  });

  test.each([
    ['beyond the last attempt', { n: 8 }, 'exhausted'],
    ['far beyond the last attempt', { n: 1_000_000 }, 'exhausted'],
    ['too old', { since: NOW - 76 * 3_600_000 }, 'expiredInRetry'],
    ['that went round too often', { hops: 10_001 }, 'poison'],
  ])('give up a delivery %s', async (_, more, reason) => {
    const rig = await newRig();
    expect(await rig.run([record(['e1'], more), record(['e2'])])).toEqual([]);
    expect(await claimItem(rig, 'e1')).toMatchObject({ state: 'dead', reason, content: expect.any(String) });
    expect(rig.sent.map(({ event }) => event)).toEqual(['e2']);
  });

  test('switch off a destination that its provider calls gone', async () => {
    const rig = await newRig();
    rig.reply = () => status(410);
    await rig.run([record(['e1', 'e2'])]);
    expect(rig.disabled).toEqual(['ops']);
    expect(await claimItem(rig, 'e1')).toMatchObject({ state: 'discarded', reason: 'gone' });
  });

  test('a message that cannot be built is dead, and takes nobody with it', async () => {
    const rig = await newRig();
    expect(await rig.run([record(['e1'], { text: 'unbuildable' }), record(['e2'])])).toEqual([]);
    expect(await claimItem(rig, 'e1')).toMatchObject({ state: 'dead', reason: 'rejected' });
    expect(await rig.attempts('e1')).toMatchObject([{ outcome: 'reject', reason: 'render' }]);
    expect(await rig.state('e2')).toBe('delivered');
  });

  test('settings that do not open are tried again later', async () => {
    const rig = await newRig();
    await rig.run([record(['e1'])], { open: async () => ({ ok: false, detail: 'secrets missing' }) });
    expect(await rig.attempts('e1')).toMatchObject([{ reason: 'settings', detail: 'secrets missing' }]);
    expect(rig.queue).toMatchObject([{ message: { delaySeconds: 60 } }]);
  });
});

describe('messages that nobody can read', () => {
  test.each([
    ['no JSON', 'not json'],
    ['an unknown version', JSON.stringify({ v: 0, kind: 'deliveries', tenant: 'acme' })],
    ['no tenant', record(['e1']).body.replace('"acme"', '""')],
    ['1 MiB of nothing', ' '.repeat(1024 * 1024)],
    ['a foreign message', JSON.stringify({ Type: 'Notification', Message: 'hello' })],
    ['an event pack', JSON.stringify({ v: 1, kind: 'events', tenant: 'acme', pack: 'p', items: [] })],
  ])('%s is recorded, acknowledged, and blocks nobody', async (_, body) => {
    const rig = await newRig();
    const bad = toRecord(body);
    expect(await rig.run([bad, record(['e1'])])).toEqual([]);
    expect(await rig.state('e1')).toBe('delivered');
    expect(rig.metrics.get('Malformed')).toBe(1);
    const items = await rig.store.items(rig.store.ledger);
    expect(items).toContainEqual(
      expect.objectContaining({ pk: `T#-#P#${bad.messageId}`, state: 'dead', reason: 'poison' }),
    );
  });

  test('stay where they are when a later release wrote them, and block nobody', async () => {
    const rig = await newRig();
    const later = toRecord(JSON.stringify({ v: 2, kind: 'deliveries', parcels: [] }));
    expect(await rig.run([later, record(['e1'])])).toEqual([later.messageId]);
    expect(await rig.state('e1')).toBe('delivered');
    expect(rig.calls).not.toContain('poison');
    expect(rig.lines).toContainEqual(
      expect.objectContaining({
        level: 'error',
        fields: expect.objectContaining({ detail: expect.stringContaining('v 2') }),
      }),
    );
  });

  test('stay where they are when even the note fails', async () => {
    const rig = await newRig();
    const bad = toRecord('{}');
    const poison = () => Promise.reject(new Error('no table'));
    expect(await rig.run([bad, record(['e1'])], { poison })).toEqual([bad.messageId]);
    expect(await rig.state('e1')).toBe('delivered');
  });
});

describe('a worker that falls silent', () => {
  test('is followed by another when its lease is over, and the gap is on record', async () => {
    const rig = await newRig();
    await claimed(rig, 'e1');
    rig.clock.ms += LEASE_MS;
    expect(await rig.run([record(['e1'])])).toEqual([]);
    expect(await rig.state('e1')).toBe('delivered');
    expect(await rig.attempts('e1')).toMatchObject([{ n: 1, outcome: 'maybe', reason: 'crashed' }]);
  });

  test('changes nothing when it wakes up', async () => {
    const rig = await newRig();
    const gates: (() => void)[] = [];
    rig.reply = () => new Promise((resolve) => gates.push(() => resolve(status(500))));
    const frozen = { wait: () => new Promise<void>(() => undefined) };
    const zombie = rig.run([record(['e1'])], frozen);
    await until(() => gates.length === 1);
    rig.clock.ms += LEASE_MS;
    rig.reply = () => ok;
    await rig.run([record(['e1'])]);
    const before = await claimItem(rig, 'e1');
    gates[0]?.();
    await zombie;
    expect(await claimItem(rig, 'e1')).toEqual(before);
    expect(await rig.state('e1')).toBe('delivered');
  });

  test('does not undo its follower with a late completion', async () => {
    const rig = await newRig();
    await claimed(rig, 'e1');
    rig.clock.ms += LEASE_MS;
    rig.reply = () => status(500);
    await rig.run([record(['e1'])]);
    const completion = { n: 1, notDelivered: [] };
    await createClaims(rig.ledger).complete({ tenant: 'acme', owner: 'gone', k: 0, completion, ttl: 2e9 });
    expect(await rig.state('e1')).toBe('retrying');
  });

  test('a second time sends the delivery on alone, a third time ends it', async () => {
    const rig = await newRig();
    const message = record(['e1', 'e2']);
    await claimed(rig, 'e1');
    await takenOver(rig, 'e1', 1);
    rig.clock.ms += LEASE_MS;
    expect(await rig.run([message])).toEqual([]);
    expect(rig.sent.map(({ event }) => event)).toEqual(['e2']);
    expect(rig.queue.map(packOf)).toMatchObject([
      { items: [{ n: 1, alone: true, notification: { id: 'e1' } }] },
    ]);

    await takenOver(rig, 'e1', 2);
    rig.clock.ms += LEASE_MS;
    expect(await rig.run(rig.receive())).toEqual([]);
    expect(await claimItem(rig, 'e1')).toMatchObject({ state: 'dead', reason: 'poison' });
    expect(rig.sent.map(({ event }) => event)).toEqual(['e2']);
  });

  test('once is forgiven: the delivery alone in its message is sent', async () => {
    const rig = await newRig();
    await claimed(rig, 'e1');
    await takenOver(rig, 'e1', 1);
    rig.clock.ms += LEASE_MS;
    const alone = JSON.parse(record(['e1']).body) as { items: object[] };
    const body = JSON.stringify({ ...alone, items: [{ ...alone.items[0], alone: true }] });
    expect(await rig.run([toRecord(body)])).toEqual([]);
    expect(await rig.state('e1')).toBe('delivered');
    expect(await rig.attempts('e1')).toHaveLength(1);
  });
});

describe('when the infrastructure fails', () => {
  test('a claim whose reply was lost is ours', async () => {
    const rig = await newRig();
    const claims = createClaims(rig.ledger);
    const claim: typeof claims.claim = async (writes) => {
      await claims.claim(writes);
      return await claims.claim(writes);
    };
    expect(await rig.run([record(['e1'])], { claims: { ...claims, claim } })).toEqual([]);
    expect(await rig.state('e1')).toBe('delivered');
  });

  test('a take-over whose reply was lost is ours, too', async () => {
    const rig = await newRig();
    await claimed(rig, 'e1');
    rig.clock.ms += LEASE_MS;
    const claims = createClaims(rig.ledger);
    const claim: typeof claims.claim = async (writes) => {
      const first = await claims.claim(writes);
      return writes[0]?.kind === 'takeOver' ? await claims.claim(writes) : first;
    };
    expect(await rig.run([record(['e1'])], { claims: { ...claims, claim } })).toEqual([]);
    expect(rig.sent).toHaveLength(1);
  });

  test('nothing is sent and the message comes again while a claim’s fate is not known', async () => {
    const rig = await newRig();
    const message = record(['e1']);
    const claim = async () => [{ kind: 'unknown', code: 'x' } as const];
    const claims = { claim, read: async () => new Map() };
    expect(await rig.run([message], { claims })).toEqual([message.messageId]);
    expect(rig.sent).toEqual([]);
  });

  test('no claim is sent twice because conflicts could not be read', async () => {
    const rig = await newRig();
    await rig.run([record(['e1'])]);
    const claims = createClaims(rig.ledger);
    const again = record(['e1']);
    const read = () => Promise.reject(new Error('no table'));
    const failed = await rig.run([again, record(['e2'])], { claims: { ...claims, read } });
    expect(failed).toEqual([again.messageId]);
    expect(rig.sent.map(({ event }) => event)).toEqual(['e1', 'e2']);
  });

  test('a completion that cannot be written brings the message again', async () => {
    const rig = await newRig();
    const message = record(['e1']);
    const complete = () => Promise.reject(new Error('no table'));
    expect(await rig.run([message], { complete })).toEqual([message.messageId]);
    expect(await rig.state('e1')).toBe('sending');
    rig.clock.ms += LEASE_MS;
    await rig.run([message]);
    expect(await rig.state('e1')).toBe('delivered');
    // Sent twice, and the ledger says why.
    expect(rig.sent).toHaveLength(2);
    expect(await rig.attempts('e1')).toMatchObject([{ reason: 'crashed' }]);
  });

  test('visibility that cannot be set loses nothing', async () => {
    const rig = await newRig();
    await claimed(rig, 'e1');
    const message = record(['e1']);
    const extend = () => Promise.reject(new Error('no queue'));
    expect(await rig.run([message], { extend })).toEqual([message.messageId]);
  });
});

type Rig = Awaited<ReturnType<typeof newRig>>;

async function warm(rig: Rig) {
  const limits = rig.newLimits();
  await limits.peek([{ tenant: 'acme', id: 'destination:ops' }], 0);
  return limits;
}

/** A worker has claimed the delivery and is never heard of again. */
async function claimed(rig: Rig, event: string): Promise<void> {
  const own = { owner: 'gone', k: 0, i: 0, attempt: 1, leaseUntil: rig.clock.now() + LEASE_MS, ttl: 2e9 };
  await createClaims(rig.ledger).claim([{ kind: 'insert', ref: refOf(event), own }]);
}

async function takenOver(rig: Rig, event: string, times: number): Promise<void> {
  const claims = createClaims(rig.ledger);
  for (;;) {
    const { claim: seen } = (await claims.read([refOf(event)])).get(refText(refOf(event)))!;
    if (seen.takeovers >= times) return;
    const own = { ...seen, owner: `gone${seen.takeovers}`, leaseUntil: rig.clock.now() + LEASE_MS };
    const { owner, k, i, attempt, leaseUntil, ttl } = own;
    await claims.claim([
      { kind: 'takeOver', ref: refOf(event), own: { owner, k, i, attempt, leaseUntil, ttl }, seen },
    ]);
  }
}

function refOf(event: string) {
  return { tenant: 'acme', event, destination: 'ops' };
}

async function claimItem(rig: Rig, event: string) {
  const items = await rig.store.items(rig.store.ledger);
  return items.find(({ pk, sk }) => pk === `T#acme#E#${event}` && sk === 'delivery#ops');
}
