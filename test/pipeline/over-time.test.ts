import { describe, expect, test } from 'vitest';
import { keptUntil } from '../../lib/core/retention.ts';
import { WEBHOOK_RETRY_MS } from '../../lib/core/retry-schedule.ts';
import type { DeliverDeps } from '../../lib/pipeline/deliver.ts';
import { createDue } from '../../lib/stores/due.ts';
import { createReads } from '../../lib/stores/reads.ts';
import { createReplays } from '../../lib/stores/replay.ts';
import {
  NOW,
  type Rig,
  catalogOf,
  chatChannel,
  destination,
  ok,
  packOf,
  record,
  status,
  useRigs,
} from './rig.ts';

/* Faults whose course takes hours or days, in virtual time. Numbers are those of docs/faults.md. */

const newRig = useRigs();

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Longer than all of it, as in a deployed stack. */
const TTL = NOW / 1_000 + 30 * 86_400;
const ttl = (): number => TTL;

const claim = async (rig: Rig, event: string) =>
  (await rig.store.items(rig.store.ledger)).find(
    ({ pk, sk }) => pk === `T#acme#E#${event}` && sk.startsWith('delivery#'),
  );

/** Queues and timers work until nothing waits for them any more. */
async function pass(rig: Rig, event: string, deps: Partial<DeliverDeps> = {}): Promise<void> {
  for (;;) {
    await rig.drain(Infinity, { ttl, ...deps });
    const dueAt = (await claim(rig, event))?.['dueAt'];
    if (typeof dueAt !== 'string') return;
    // It begins with the time; timers run at the next full minute, and have run every minute till then.
    const minute = Math.ceil(Number.parseInt(dueAt, 10) / MINUTE);
    rig.clock.ms = Math.max(rig.clock.ms, minute * MINUTE);
    await createDue(rig.ledger, rig.clock).swept(minute - 1);
    await rig.runTimers();
  }
}

test('F23: a receiver that always fails is asked ten times in 76 h, then its delivery is dead, once, and can be replayed', async () => {
  const rig = await newRig(chatChannel({ retryMs: WEBHOOK_RETRY_MS }));
  rig.reply = () => status(500);
  await rig.run([record(['e1'])], { ttl });
  await pass(rig, 'e1');
  expect(rig.clock.now() - NOW).toBeLessThan(76 * HOUR);

  expect(rig.sent).toHaveLength(10);
  const waits = rig.sent.slice(1).map(({ atMs }, n) => atMs - rig.sent[n]!.atMs);
  waits.forEach((waitMs, n) => {
    // Timers look once a minute; the last attempt is drawn forward to fit into the age cap.
    expect(waitMs).toBeGreaterThanOrEqual(Math.min(WEBHOOK_RETRY_MS[n]!, 23 * HOUR) - MINUTE);
    expect(waitMs).toBeLessThanOrEqual(WEBHOOK_RETRY_MS[n]! + 2 * MINUTE);
  });
  expect(await claim(rig, 'e1')).toMatchObject({ state: 'dead', reason: 'exhausted' });
  expect(rig.metrics.get('Dead')).toBe(1);

  const ref = { tenant: 'acme', event: 'e1', destination: 'ops' };
  const replays = createReplays(rig.ledger, rig.clock);
  const { changedAt } = (await replays.find(ref))!;
  expect(await replays.start({ ref, seen: changedAt, channel: 'chat' }, () => TTL)).toEqual({
    kind: 'written',
  });
  rig.reply = () => ok;
  await pass(rig, 'e1');
  expect(await rig.state('e1')).toBe('delivered');
  expect(rig.sent).toHaveLength(11);
});

test.each([
  ['[]: one attempt', [], 1],
  ['[2000, 60000]', [2_000, 60_000], 3],
  ['longer than those of its channel', [1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000], 10],
])('a destination has waits of its own, whatever its channel has: %s', async (_, retryMs, attempts) => {
  const rig = await newRig(chatChannel({ retryMs: [5_000] }));
  rig.catalog = catalogOf(destination('ops', { retryMs }));
  rig.reply = () => status(503);
  await rig.run([record(['e1'])], { ttl });
  await pass(rig, 'e1');
  expect(rig.sent).toHaveLength(attempts);
  expect(await claim(rig, 'e1')).toMatchObject({ state: 'dead', reason: 'exhausted', attempt: attempts });
  rig.sent.slice(1).forEach(({ atMs }, n) => {
    const waitedMs = atMs - rig.sent[n]!.atMs;
    expect(waitedMs).toBeGreaterThanOrEqual(0.8 * retryMs[n]!);
    expect(waitedMs).toBeLessThanOrEqual(1.2 * retryMs[n]! + 1_000);
  });
});

test('settings that do not open are looked at for ten hours, however short the schedule of their channel is', async () => {
  const rig = await newRig();
  const broken: Partial<DeliverDeps> = { ttl, open: async () => ({ ok: false, detail: 'secret missing' }) };
  await rig.run([record(['e1'])], broken);
  await pass(rig, 'e1', broken);
  expect(await claim(rig, 'e1')).toMatchObject({ state: 'dead', reason: 'exhausted', cause: 'settings' });
  expect((await rig.attempts('e1')).map(({ n }) => n)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(rig.clock.now() - NOW).toBeGreaterThan(10 * HOUR);
});

test.each([3, 21])(
  'F39: after %i days, what is delivered or dead is not sent again by a message that is redriven',
  async (days) => {
    const rig = await newRig();
    const messages = [record(['good']), record(['bad'], { destination: 'dev' })];
    rig.reply = ({ destination: to }) => (to === 'dev' ? status(400) : ok);
    await rig.run(messages, { ttl });
    const [before, sent] = [[await claim(rig, 'good'), await claim(rig, 'bad')], rig.sent.length];
    rig.clock.ms = NOW + days * DAY;
    rig.reply = () => ok;
    expect(await rig.run(messages, { ttl })).toEqual([]);
    expect(rig.sent).toHaveLength(sent);
    expect([await claim(rig, 'good'), await claim(rig, 'bad')]).toEqual(before);
  },
);

test('F38: what its queues have forgotten after three weeks is on record as not delivered', async () => {
  const rig = await newRig();
  rig.reply = () => status(503);
  await rig.run([record(['e1'])], { ttl: (days) => keptUntil(rig.clock.now(), days) });
  // Seven days in a queue and 14 among its dead letters, while nobody works on either.
  rig.queue.length = 0;
  rig.clock.ms = NOW + 21 * DAY;
  const reads = createReads(rig.ledger, { readFanOuts: async () => [] });
  const { items } = await reads.listOpen('acme', { state: 'undelivered', limit: 10 });
  expect(items).toMatchObject([{ id: 'e1:ops', state: 'retrying', attempt: 1 }]);
  expect((await claim(rig, 'e1'))?.['ttl']).toBeGreaterThan(rig.clock.now() / 1_000);
});

describe('F47: a destination that changes between two attempts', () => {
  test('is sent to where it is now', async () => {
    const rig = await newRig();
    rig.catalog = catalogOf(destination('ops', { settings: { url: 'https://old.example/' } }));
    rig.reply = () => status(500);
    await rig.run([record(['e1'])]);
    rig.catalog = catalogOf(destination('ops', { settings: { url: 'https://new.example/' } }));
    rig.reply = () => ok;
    await rig.drain();
    expect(rig.sent.map((one) => one.destination)).toEqual(['old', 'new']);
    expect(await rig.state('e1')).toBe('delivered');
  });

  test('goes to the queue of the channel it has now, and is sent from there', async () => {
    const [rig, mail] = [await newRig(), { ...chatChannel(), name: 'mail' }];
    const channelOf = (name: string) => (name === 'mail' ? mail : chatChannel());
    const queues = { chat: 'own', mail: 'mails', http: 'own', urgent: 'all' };
    rig.reply = () => status(500);
    await rig.run([record(['e1']), record(['e2'], { notBefore: NOW + 20 * MINUTE })], { channelOf, queues });
    rig.catalog = catalogOf(destination('ops', { channel: 'mail' }));
    rig.reply = () => ok;
    rig.clock.ms += 15 * MINUTE;
    expect(await rig.run(rig.receive(), { channelOf, queues })).toEqual([]);
    // An appointment is kept, and no attempt is used up.
    const moved = rig.queue.map((one) => ({ ...one, n: packOf(one).items[0]!.n }));
    expect(moved.toSorted((a, b) => a.n - b.n)).toMatchObject([
      { queue: 'mails', n: 1 },
      { queue: 'mails', n: 2 },
    ]);
    expect(moved.find(({ n }) => n === 1)?.visibleAt).toBeGreaterThanOrEqual(NOW + 20 * MINUTE);
    expect(rig.sent).toHaveLength(1);
    await rig.drain(Infinity, { channelOf, queues, ownQueue: 'mails' });
    expect([await rig.state('e1'), await rig.state('e2')]).toEqual(['delivered', 'delivered']);
    expect(rig.sent).toHaveLength(3);
  });

  test('waits where it is while the queue of its new channel takes nothing', async () => {
    const rig = await newRig();
    rig.catalog = catalogOf(destination('ops', { channel: 'mail' }));
    const message = record(['e1']);
    const failed = await rig.run([message], {
      channelOf: () => ({ ...chatChannel(), name: 'mail' }),
      queues: { mail: 'mails', http: 'own', urgent: 'all' },
      enqueue: async (_, messages) => ({ failed: [...messages.keys()] }),
    });
    expect([failed, await rig.state('e1'), rig.sent]).toEqual([[message.messageId], 'none', []]);
  });

  test.each([
    ['deleted', catalogOf(), 'destinationDeleted'],
    ['disabled', catalogOf(destination('ops', { enabled: false })), 'disabled'],
  ])('is left alone when it was %s, and the delivery says so', async (_, catalog, reason) => {
    const rig = await newRig();
    rig.reply = () => status(500);
    await rig.run([record(['e1'])]);
    rig.catalog = catalog;
    await rig.drain();
    expect(rig.sent).toHaveLength(1);
    expect(await claim(rig, 'e1')).toMatchObject({ state: 'discarded', reason, attempt: 2 });
  });
});
