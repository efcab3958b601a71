import { describe, expect, test } from 'vitest';
import type { DeliveryRef } from '../../lib/core/claim.ts';
import { type OutgoingMessage, parseDeliveryPack } from '../../lib/core/message.ts';
import { type TimerDeps, runTimers } from '../../lib/pipeline/timers.ts';
import { createClaims } from '../../lib/stores/claims.ts';
import { createDead } from '../../lib/stores/dead.ts';
import { createDue } from '../../lib/stores/due.ts';
import { createOutcomes } from '../../lib/stores/outcomes.ts';
import type { Store } from '../stores/engines.ts';
import { NOW, packOf, record, status, useRigs } from './rig.ts';

const newRig = useRigs();
const HOUR = 3_600_000;
const MINUTE = 60_000;

async function openTimers(on?: Store) {
  const store = on ?? (await newRig()).store;
  const { ledger, clock, now } = store;
  const due = createDue(ledger, { now });
  const out: { queue: string; message: OutgoingMessage }[] = [];
  return {
    clock,
    out,
    due,
    run: (deps: Partial<TimerDeps> = {}) =>
      runTimers({
        due,
        bury: createDead(ledger, { now }),
        markDead: createClaims(ledger).markDead,
        logAttempts: createOutcomes(ledger, { now }).log,
        ttl: () => 2e9,
        enqueue: async (queue, messages) => {
          out.push(...messages.map((message) => ({ queue, message })));
          return { failed: [] };
        },
        queues: { chat: 'q-chat', http: 'q-http', urgent: 'q-urgent' },
        telemetry: { add: () => undefined, log: () => undefined },
        remainingMs: () => 50_000,
        ...deps,
      }),
    /** A delivery whose second attempt is due then. */
    async retryAt(atMs: number, event: string, to = 'ops'): Promise<DeliveryRef> {
      const ref = { tenant: 'acme', event, destination: to };
      const own = { owner: 'me', k: 0, i: 0, attempt: 1, leaseUntil: NOW, ttl: 2e9 };
      await createClaims(ledger).claim([{ kind: 'insert', ref, own }]);
      const content = { id: event, topic: 'a', time: '2026-11-21T10:00:00.000Z', title: 'Title', text: '' };
      const write = { ref, owner: 'me', state: 'retrying', attempt: 1, channel: 'chat', since: NOW } as const;
      await createOutcomes(ledger, { now }).write(
        [{ ...write, nextAtMs: atMs, due: true, content }],
        () => 2e9,
      );
      return ref;
    },
    async claimNext(ref: DeliveryRef): Promise<void> {
      const own = { owner: 'next', k: 0, i: 0, attempt: 2, leaseUntil: NOW, ttl: 2e9 };
      await createClaims(ledger).claim([{ kind: 'advance', ref, own }]);
    },
    sent: () =>
      out.flatMap(({ message: { body } }) => {
        const parsed = parseDeliveryPack(body);
        return parsed.ok ? parsed.message.items.map(({ notification }) => notification.id) : [];
      }),
  };
}

describe('timers', () => {
  test('send what is urgent in its own lane, beside the others', async () => {
    const rig = await newRig();
    rig.reply = () => status(503);
    await rig.run([record(['e1'], { lane: 'urgent', n: 3 }), record(['e2'], { n: 3 })]);
    const timers = await openTimers(rig.store);
    timers.clock.ms = NOW + 2 * HOUR;
    await timers.run();
    const lanes = new Map(timers.out.map((one) => [one.queue, packOf(one).lane]));
    expect(Object.fromEntries(lanes)).toEqual({ 'q-chat': 'normal', 'q-urgent': 'urgent' });
  });

  test('send what is due, as its next attempt, to its channel’s queue', async () => {
    const timers = await openTimers();
    await timers.retryAt(NOW + HOUR, 'e1');
    timers.clock.ms = NOW + HOUR - 1;
    await timers.run();
    expect(timers.out).toEqual([]);
    timers.clock.ms = NOW + HOUR;
    await timers.run();
    expect(timers.out.map(({ queue, message }) => [queue, message.groupId])).toEqual([
      ['q-chat', 'acme#ops'],
    ]);
    expect(JSON.parse(timers.out[0]!.message.body)).toMatchObject({
      destination: 'ops',
      items: [{ n: 2, since: NOW, notification: { id: 'e1', title: 'Title' } }],
    });
  });

  test('pack what is due for one destination', async () => {
    const timers = await openTimers();
    const at = NOW + HOUR;
    const events = Array.from({ length: 200 }, (_, n) => `e${n}`);
    await Promise.all(events.map((event) => timers.retryAt(at, event)));
    timers.clock.ms = at;
    await timers.run();
    expect(timers.sent().toSorted()).toEqual(events.toSorted());
    expect(timers.out.length).toBeLessThanOrEqual(16);
  });

  test('send again after 15 minutes what nobody has claimed, and nothing that was', async () => {
    const timers = await openTimers();
    await timers.retryAt(NOW + HOUR, 'lost');
    const ref = await timers.retryAt(NOW + HOUR, 'claimed');
    timers.clock.ms = NOW + HOUR;
    await timers.run();
    await timers.run();
    expect(timers.sent().toSorted()).toEqual(['claimed', 'lost']);
    await timers.claimNext(ref);
    timers.clock.ms += 15 * MINUTE;
    await timers.run();
    expect(timers.sent().slice(2)).toEqual(['lost']);
  });

  test('move nothing on that is not safe in a queue', async () => {
    const timers = await openTimers();
    await timers.retryAt(NOW + HOUR, 'e1');
    timers.clock.ms = NOW + HOUR;
    await timers.run({ enqueue: () => Promise.reject(new Error('no queue')) });
    timers.clock.ms += MINUTE;
    await timers.run();
    expect(timers.sent()).toEqual(['e1']);
  });

  test('come back to a minute whose entries could not be moved on', async () => {
    const timers = await openTimers();
    await timers.retryAt(NOW + HOUR, 'e1');
    timers.clock.ms = NOW + HOUR;
    const postpone: TimerDeps['due']['postpone'] = async (dues) =>
      dues.map(() => ({ kind: 'unknown', code: 'x' }));
    await timers.run({ due: { ...timers.due, postpone } });
    timers.clock.ms += 10 * MINUTE;
    await timers.run();
    expect(timers.sent()).toEqual(['e1', 'e1']);
  });

  test('leave to the next run what they have no time for', async () => {
    const timers = await openTimers();
    await timers.retryAt(NOW + HOUR, 'e1');
    timers.clock.ms = NOW + HOUR;
    await timers.run({ remainingMs: () => 9_999 });
    expect(timers.sent()).toEqual([]);
    timers.clock.ms += 5 * MINUTE;
    await timers.run();
    expect(timers.sent()).toEqual(['e1']);
  });

  test('catch up after an outage', async () => {
    const timers = await openTimers();
    await timers.run();
    await timers.retryAt(NOW + HOUR, 'e1');
    await timers.retryAt(NOW + HOUR + 30 * MINUTE, 'e2');
    timers.clock.ms = NOW + 2 * HOUR;
    await timers.run();
    expect(timers.sent()).toEqual(['e1', 'e2']);
  });
});
