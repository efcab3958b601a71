import { describe, expect, test } from 'vitest';
import { keys } from '../../lib/core/keys.ts';
import type { QueueRecord } from '../../lib/core/message.ts';
import type { DeliverDeps } from '../../lib/pipeline/deliver.ts';
import { createClaims } from '../../lib/stores/claims.ts';
import { createOutcomes } from '../../lib/stores/outcomes.ts';
import { execute, getItems, insert } from '../../lib/stores/table.ts';
import { CHAT_RETRY_MS, LEASE_MS, NOW, type Rig, ok, packOf, record, status, useRigs } from './rig.ts';

const newRig = useRigs();
const down = (): Promise<never> => Promise.reject(new Error('no table'));
const unknown = async (list: readonly unknown[]) => list.map(() => ({ kind: 'unknown', code: 'x' }) as const);

/** A run that dies at one of its writes, before or after it takes effect. Resolves when it is dead or done. */
async function runUntil(
  rig: Rig,
  at: number,
  effect: 'before' | 'after',
  message: QueueRecord,
): Promise<void> {
  let calls = 0;
  let die: () => void = () => undefined;
  const dead = new Promise<void>((resolve) => (die = resolve));
  const mortal =
    <A extends unknown[], R>(act: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (++calls !== at) return await act(...args);
      if (effect === 'after') await act(...args);
      die();
      return await new Promise(() => undefined);
    };
  const claims = createClaims(rig.ledger);
  const outcomes = createOutcomes(rig.ledger, rig.clock);
  const enqueue: DeliverDeps['enqueue'] = async (queue, list) => {
    const visibleAt = (delaySeconds = 0) => rig.clock.now() + delaySeconds * 1_000;
    rig.queue.push(...list.map((one) => ({ queue, message: one, visibleAt: visibleAt(one.delaySeconds) })));
    return { failed: [] };
  };
  const run = rig.run([message], {
    claims: { claim: mortal(claims.claim), read: claims.read },
    complete: mortal(claims.complete),
    enqueue: mortal(enqueue),
    outcomes: { write: mortal(outcomes.write), log: mortal(outcomes.log) },
    wait: () => new Promise(() => undefined),
  });
  await Promise.race([run, dead]);
}

describe('a retry', () => {
  test('goes on in this order: record the attempt, enqueue the next, write the outcome', async () => {
    const rig = await newRig();
    rig.reply = () => status(500);
    expect(await rig.run([record(['e1'])])).toEqual([]);
    expect(rig.calls).toEqual(['claim', 'post', 'log', 'enqueue', 'outcomes']);
  });

  test('is the next attempt, after the channel’s wait', async () => {
    const rig = await newRig();
    rig.reply = () => status(500);
    await rig.run([record(['e1'])]);
    expect(rig.queue.map((one) => [one.message.delaySeconds, packOf(one).items[0]?.n])).toEqual([
      [CHAT_RETRY_MS[0]! / 1_000, 2],
    ]);
    expect(packOf(rig.queue[0]!)).not.toHaveProperty('appointed');
    expect(await rig.attempts('e1')).toMatchObject([
      { n: 1, outcome: 'maybe', reason: 'serverError', status: 500, detail: 'says 500' },
    ]);
  });

  test('that succeeds leaves the list of what is not delivered', async () => {
    const rig = await newRig();
    rig.reply = ({ atMs }) => (atMs === NOW ? status(500) : ok);
    await rig.run([record(['e1'])]);
    await rig.drain();
    expect(await rig.state('e1')).toBe('delivered');
    expect(await open(rig)).toEqual([]);
  });

  test('beyond what a queue can delay waits in the due index, with all it needs', async () => {
    const rig = await newRig();
    rig.reply = () => status(500);
    await rig.run([record(['e1'])]);
    await rig.drain();
    expect(rig.sent).toHaveLength(3);
    const [item] = await open(rig);
    expect(item).toMatchObject({ state: 'retrying', attempt: 3, due: expect.stringMatching(/^DUE#/) });
    expect(JSON.parse(String(item?.['content']))).toMatchObject({ id: 'e1', title: 'Title' });
  });

  test('is decided once: time that passes on the way does not lose it between queue and index', async () => {
    const rig = await newRig();
    rig.reply = () => status(503, { 'retry-after': '901' });
    const outcomes = createOutcomes(rig.ledger, rig.clock);
    const log: typeof outcomes.log = async (...args) => {
      rig.clock.ms += 5_000;
      return await outcomes.log(...args);
    };
    expect(await rig.run([record(['e1'])], { outcomes: { ...outcomes, log } })).toEqual([]);
    expect((await open(rig))[0]).toMatchObject({ due: expect.any(String) });
  });

  test('after the last attempt is dead, with its content, and its event is marked', async () => {
    const rig = await newRig();
    await execute(rig.ledger, [insert(rig.ledger, { ...keys.event('acme', 'e1'), body: '{}' })]);
    rig.reply = () => status(500);
    await rig.run([record(['e1'], { n: 4 })]);
    expect(rig.queue).toEqual([]);
    expect((await open(rig))[0]).toMatchObject({
      state: 'dead',
      reason: 'exhausted',
      cause: 'serverError',
      attempt: 4,
      content: expect.any(String),
    });
    expect([...(await getItems(rig.ledger, [keys.event('acme', 'e1')])).values()]).toMatchObject([
      { hasDead: true },
    ]);
    expect(rig.metrics.get('Dead')).toBe(1);
    expect(rig.calls.indexOf('markDead')).toBeLessThan(rig.calls.indexOf('outcomes'));
  });
});

describe('a message comes again', () => {
  test('when its next one could not be enqueued', async () => {
    const rig = await newRig();
    rig.reply = () => status(500);
    const [mine, fine] = [record(['e1']), record(['e2'], { destination: 'dev' })];
    rig.catalog = { ...rig.catalog };
    const enqueue: DeliverDeps['enqueue'] = async (_, list) => ({
      failed: list.flatMap(({ body }, index) => (body.includes('"ops"') ? [index] : [])),
    });
    expect(await rig.run([mine, fine], { enqueue })).toEqual([mine.messageId]);
    expect([await rig.state('e1'), await rig.state('e2', 'dev')]).toEqual(['sending', 'retrying']);
  });

  test.each<[string, (rig: Rig) => Partial<DeliverDeps>]>([
    ['the queue does not answer', () => ({ enqueue: down })],
    [
      'the attempt cannot be recorded',
      (rig) => ({ outcomes: { ...createOutcomes(rig.ledger, rig.clock), log: unknown } }),
    ],
    [
      'the outcome cannot be written',
      (rig) => ({ outcomes: { ...createOutcomes(rig.ledger, rig.clock), write: unknown } }),
    ],
  ])('when %s; and the delivery ends well all the same', async (_, deps) => {
    const rig = await newRig();
    rig.reply = () => status(500);
    const message = record(['e1']);
    expect(await rig.run([message], deps(rig))).toEqual([message.messageId]);
    expect(await rig.state('e1')).toBe('sending');
    rig.reply = () => ok;
    rig.clock.ms += LEASE_MS;
    await rig.run([message]);
    await rig.drain();
    expect(await rig.state('e1')).toBe('delivered');
    expect((await rig.attempts('e1')).length).toBeGreaterThanOrEqual(1);
  });

  test('when an event could not be marked before its delivery dies', async () => {
    const rig = await newRig();
    rig.reply = () => status(400);
    const message = record(['e1']);
    expect(await rig.run([message], { markDead: unknown })).toEqual([message.messageId]);
    expect(await rig.state('e1')).toBe('sending');
  });
});

describe('wherever a worker dies', () => {
  const points = [1, 2, 3, 4].flatMap((at) =>
    (['before', 'after'] as const).map((effect) => [at, effect] as const),
  );

  /** SQS gives the message out again; its follower, if there is one, comes when it is due. */
  const goOn = async (rig: Rig, { body }: QueueRecord) => {
    rig.queue.push({ queue: 'own', message: { body }, visibleAt: NOW + LEASE_MS + 1 });
    await rig.drain();
  };

  test.each(points)(
    'at write %i, %s its effect, a failed attempt is not lost, and accepted once',
    async (at, effect) => {
      const rig = await newRig();
      rig.reply = () => status(500);
      const message = record(['e1']);
      await runUntil(rig, at, effect, message);
      let accepted = 0;
      rig.reply = () => {
        accepted++;
        return ok;
      };
      await goOn(rig, message);
      expect(await rig.state('e1')).toBe('delivered');
      expect(accepted).toBe(1);
      const onRecord = (await rig.attempts('e1')).length;
      expect(rig.sent.length).toBeLessThanOrEqual(1 + onRecord);
    },
  );

  test.each(points)(
    'at write %i, %s its effect, a success is repeated only with a reason on record',
    async (at, effect) => {
      const rig = await newRig();
      const message = record(['e1']);
      await runUntil(rig, at, effect, message);
      await goOn(rig, message);
      expect(await rig.state('e1')).toBe('delivered');
      const ambiguous = (await rig.attempts('e1')).filter(({ outcome }) => outcome === 'maybe').length;
      expect(rig.sent.length).toBeLessThanOrEqual(1 + ambiguous);
    },
  );
});

async function open(rig: Rig) {
  return (await rig.store.items(rig.store.ledger)).filter((item) => item['open'] !== undefined);
}
