import { describe, expect, test } from 'vitest';
import type { Topic } from '../../lib/core/catalog.ts';
import { createReplays } from '../../lib/stores/replay.ts';
import { fifoOn } from './fifo.ts';
import { CHAT_RETRY_MS, NOW, type Rig, chatChannel, ok, status, useRigs } from './rig.ts';

const newRig = useRigs();
const refused = { kind: 'failure', reason: 'network', started: false, detail: '' } as const;
const HOUR = 3_600_000;

async function open(topic: Partial<Topic> = {}, channel = chatChannel()) {
  const rig = await newRig(channel);
  rig.catalog = { ...rig.catalog, topics: [{ id: 'orders', topics: ['a'], ordered: true, ...topic }] };
  return { rig, fifo: fifoOn(rig) };
}

/** The requests that got through, by key. */
function arrived({ sent }: Rig, accepted: readonly string[] = sent.map(({ event }) => event)): string[] {
  return accepted.filter((event, at) => at === accepted.lastIndexOf(event));
}

const of = (key: string, count: number): string[] => Array.from({ length: count }, (_, at) => `${key}-${at}`);

describe('ordered deliveries', () => {
  test('200 over ten keys arrive in the order of their key, each once, whatever fails on the way', async () => {
    const { rig, fifo } = await open();
    const keys = of('k', 10);
    const events = keys.map((key) => of(key, 20));
    for (let at = 0; at < 20; at++) keys.forEach((key, index) => fifo.add([events[index]![at]!], key));
    const got: string[] = [];
    let asked = 0;
    rig.reply = ({ event }) => {
      if (++asked % 5 === 0) return refused;
      got.push(event);
      return ok;
    };

    await fifo.drain();

    expect(fifo.size).toBe(0);
    expect(asked).toBeGreaterThan(200);
    for (const [index, key] of keys.entries())
      expect(got.filter((event) => event.startsWith(`${key}-`))).toEqual(events[index]);
    expect(got).toHaveLength(200);
  });

  test('a head that fails holds its group out of sight until its next attempt, and no other group', async () => {
    const { rig, fifo } = await open();
    fifo.add(of('a', 3), 'a');
    fifo.add(of('b', 3), 'b');
    rig.reply = ({ event }) => (event === 'a-0' ? refused : ok);

    const records = fifo.receive();
    const failed = await rig.runOrdered(records);

    expect(rig.sent.map(({ event }) => event).toSorted()).toEqual(['a-0', 'b-0', 'b-1', 'b-2']);
    expect(failed).toEqual(records.slice(0, 3).map(({ messageId }) => messageId));
    const seconds = CHAT_RETRY_MS[0]! / 1_000;
    expect(rig.extended).toEqual(
      records.slice(0, 3).map(({ receiptHandle }) => ({ receiptHandle, seconds })),
    );
    expect(rig.queue).toEqual([]);
    expect(await rig.state('a-0')).toBe('retrying');
    expect(await rig.state('a-1')).toBe('none');
  });

  test('attempts are counted in the ledger, and a message that comes early waits for its time', async () => {
    const { rig, fifo } = await open();
    fifo.add(['e'], 'a');
    rig.reply = () => refused;
    await fifo.turn();
    rig.clock.ms += 1_000;
    // Its visibility was not set: it shows long before its next attempt.
    await rig.runOrdered([{ ...fifo.peek(), receiptHandle: 'again' }]);

    expect(rig.sent).toHaveLength(1);
    expect(rig.extended).toEqual([{ receiptHandle: 'again', seconds: 9 }]);
  });

  test('one that is dead lets the next one go', async () => {
    const { rig, fifo } = await open();
    fifo.add(['a-0', 'a-1'], 'a');
    rig.reply = ({ event }) => (event === 'a-0' ? refused : ok);

    await fifo.drain();

    expect(rig.sent.map(({ event }) => event)).toEqual(['a-0', 'a-0', 'a-0', 'a-0', 'a-1']);
    expect([await rig.state('a-0'), await rig.state('a-1')]).toEqual(['dead', 'delivered']);
    const attempts = await rig.attempts('a-0');
    expect(attempts.map(({ n }) => Number(n))).toEqual([1, 2, 3, 4]);
    expect(rig.queue).toEqual([]);
  });

  test('429 waits as long as the provider says and uses up no attempt', async () => {
    const { rig, fifo } = await open();
    fifo.add(['a-0', 'a-1'], 'a');
    let asked = 0;
    rig.reply = () => (++asked <= 6 ? status(429, { 'retry-after': '30' }) : ok);

    await fifo.drain();

    expect(rig.sent.map(({ event }) => event)).toEqual([...Array(7).fill('a-0'), 'a-1']);
    expect(await rig.attempts('a-0')).toEqual([]);
    expect(rig.sent[6]!.atMs).toBeGreaterThanOrEqual(NOW + 180_000);
  });

  test('a message that has come very often stays away, so that it outlives its delivery', async () => {
    const { rig, fifo } = await open();
    fifo.add(['a-0'], 'a');
    rig.reply = () => status(429);
    const come = async (receives: number) => {
      const attributes = { ApproximateReceiveCount: String(receives) };
      await rig.runOrdered([{ ...fifo.peek(), attributes }]);
      rig.clock.ms += 60_000;
      return rig.extended.pop()!.seconds;
    };

    const [early, late] = [await come(500), await come(501)];

    expect(early).toBeLessThan(10);
    expect(late).toBe(600);
    // 500 receives at this pace are more than the 75 h 35 min of its longest life.
    expect(500 * late).toBeGreaterThan(272_100);
  });

  test('groups that share a limit keep to it, and to their order', async () => {
    const { rig, fifo } = await open({}, chatChannel({ rate: { limit: 1, perMs: 1_000 } }));
    for (const key of ['a', 'b', 'c']) fifo.add(of(key, 4), key);

    const limits = rig.newLimits();
    await fifo.drain(Infinity, { limits });

    expect(arrived(rig)).toHaveLength(12);
    for (const key of ['a', 'b', 'c'])
      expect(rig.sent.map(({ event }) => event).filter((event) => event.startsWith(key))).toEqual(of(key, 4));
    const gaps = rig.sent.slice(1).map(({ atMs }, at) => atMs - rig.sent[at]!.atMs);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1_000);
  });

  test('a worker that dies between send and record leaves its attempt in doubt, and the order', async () => {
    const { rig, fifo } = await open();
    fifo.add(['a-0', 'a-1'], 'a');
    const records = fifo.receive();
    const died = new Error('died');
    await expect(
      rig.runOrdered(records, { complete: () => Promise.reject(died), extend: () => Promise.reject(died) }),
    ).resolves.toHaveLength(2);
    fifo.settle(records.map(({ messageId }) => messageId));

    await fifo.drain();

    expect(rig.sent.map(({ event }) => event)).toEqual(['a-0', 'a-0', 'a-1']);
    expect(await rig.attempts('a-0')).toMatchObject([{ outcome: 'maybe', reason: 'crashed' }]);
  });

  test('a worker that dies in its second turn has not delivered what it was about to send', async () => {
    const { rig, fifo } = await open();
    fifo.add(['a-0', 'a-1'], 'a');
    const records = fifo.receive();
    rig.reply = ({ event }) => (event === 'a-1' ? Promise.reject(new Error('died')) : ok);
    await expect(rig.runOrdered(records)).rejects.toThrow('died');
    fifo.settle(records.map(({ messageId }) => messageId));
    rig.reply = () => ok;

    await fifo.drain();

    expect(rig.sent.map(({ event }) => event)).toEqual(['a-0', 'a-1', 'a-1']);
    expect(await rig.state('a-1')).toBe('delivered');
  });

  test('one that has killed two workers goes last and by itself', async () => {
    const { rig, fifo } = await open();
    const dying = { complete: () => Promise.reject(new Error('died')) };
    for (let life = 0; life < 2; life++) {
      await rig.runOrdered(single(fifo, 'bad', 'bad'), dying);
      rig.clock.ms += 60_000;
    }
    rig.sent.length = 0;
    rig.calls.length = 0;
    fifo.add(['bad'], 'bad');
    fifo.add(['a-0', 'a-1'], 'a');

    await fifo.turn();

    expect(rig.sent.map(({ event }) => event)).toEqual(['a-0', 'a-1', 'bad']);
    expect(rig.calls.filter((call) => call === 'complete')).toHaveLength(3);
  });

  test('a message of a later release is waited for by those behind it', async () => {
    const { rig, fifo } = await open();
    fifo.add(['a-0'], 'a');
    fifo.addRaw(JSON.stringify({ v: 2, kind: 'deliveries' }), 'a');
    fifo.add(['a-1'], 'a');
    fifo.add(['b-0'], 'b');

    await fifo.turn();

    expect(rig.sent.map(({ event }) => event).toSorted()).toEqual(['a-0', 'b-0']);
    expect(fifo.size).toBe(2);
  });

  test('one that nobody can read is noted, and holds up nobody', async () => {
    const { rig, fifo } = await open();
    fifo.addRaw('{', 'a');
    fifo.add(['a-0'], 'a');

    await fifo.turn();

    expect([fifo.size, await rig.state('a-0')]).toEqual([0, 'delivered']);
  });

  test('while the ledger cannot be read nothing is sent', async () => {
    const { rig, fifo } = await open();
    fifo.add(['a-0'], 'a');
    const claims = {
      claim: () => Promise.reject(new Error('no')),
      read: () => Promise.reject(new Error('no')),
    };

    await fifo.turn({ claims });

    expect([rig.sent.length, fifo.size]).toEqual([0, 1]);
  });

  test('a paused destination keeps its groups where they are', async () => {
    const { rig, fifo } = await open();
    fifo.add(['a-0', 'a-1'], 'a');
    const { catalog } = rig;
    const pause = { id: 'destination:ops', target: { destination: 'ops' }, at: NOW };
    rig.catalog = { ...catalog, pauses: [pause] };
    await fifo.drain(NOW + HOUR);
    expect([rig.sent.length, fifo.size, await rig.state('a-0')]).toEqual([0, 2, 'none']);

    rig.catalog = catalog;
    await fifo.drain();

    expect(rig.sent.map(({ event }) => event)).toEqual(['a-0', 'a-1']);
  });
});

describe('a pause of ordered deliveries', () => {
  /** A line of two, paused some hours after its fan-out, until `hours` have passed. */
  async function paused(hours: number, topic: Partial<Topic> = {}, channel = chatChannel()) {
    const { rig, fifo } = await open(topic, channel);
    const { catalog } = rig;
    const pause = { id: 'destination:ops', target: { destination: 'ops' }, at: NOW + HOUR };
    rig.reply = () => status(500);
    fifo.add(['a-0', 'a-1'], 'a');
    await fifo.turn();
    rig.clock.ms = NOW + HOUR;
    rig.catalog = { ...catalog, pauses: [pause] };
    await fifo.drain(NOW + 3 * HOUR);
    rig.clock.ms = NOW + hours * HOUR;
    await fifo.turn();
    return {
      rig,
      fifo,
      end: () => (rig.catalog = { ...catalog, pauses: [{ ...pause, until: rig.clock.now() }] }),
    };
  }

  test('does not make them older, neither the head nor those behind it', async () => {
    const { rig, fifo, end } = await paused(140);
    expect(fifo.size).toBe(2);
    rig.reply = () => ok;
    end();
    await fifo.drain();
    expect(rig.sent.map(({ event }) => event)).toEqual(['a-0', 'a-0', 'a-1']);
    expect([await rig.state('a-0'), await rig.state('a-1')]).toEqual(['delivered', 'delivered']);
  });

  test('leaves a failing head the attempts it had, and is not taken for a replay', async () => {
    const { rig, fifo, end } = await paused(100);
    end();
    await fifo.drain();
    const attempts = (event: string) => rig.sent.filter((sent) => sent.event === event).length;
    expect([attempts('a-0'), attempts('a-1')]).toEqual([4, 4]);
    expect([await rig.state('a-0'), await rig.state('a-1')]).toEqual(['dead', 'dead']);
  });

  test('does not let a provider remember what it has forgotten', async () => {
    const channel = chatChannel({ providerKey: { header: 'x-key', knownMs: 24 * HOUR } });
    const { rig, fifo, end } = await paused(30, {}, channel);
    rig.reply = () => ok;
    end();
    await fifo.drain();
    expect(rig.sent.map(({ event }) => event)).toEqual(['a-0', 'a-1']);
    expect([await rig.state('a-0'), await rig.state('a-1')]).toEqual(['dead', 'delivered']);
  });

  test('ends before the queue forgets them: what is left is given up, on record', async () => {
    const { rig, fifo } = await paused(155);
    expect(fifo.size).toBe(2);
    await fifo.drain(NOW + 157 * HOUR);
    expect([fifo.size, rig.sent.length]).toEqual([0, 1]);
    expect([await rig.state('a-0'), await rig.state('a-1')]).toEqual(['dead', 'dead']);
  });
});

describe('onDead: stop', () => {
  const dead = async () => {
    const { rig, fifo } = await open({ onDead: 'stop' });
    fifo.add(['a-0', 'a-1'], 'a');
    fifo.add(['b-0'], 'b');
    let healed = false;
    rig.reply = ({ event }) => (event === 'a-0' && !healed ? status(400) : ok);
    await fifo.drain(NOW + 10 * HOUR);
    const replays = createReplays(rig.ledger, rig.clock);
    const ref = { tenant: 'acme', event: 'a-0', destination: 'ops' };
    const seen = (await replays.find(ref))!;
    const ttl = () => Math.ceil(rig.clock.now() / 1_000) + 86_400;
    return { rig, fifo, replays, ref, seen, ttl, heal: () => (healed = true) };
  };

  test('holds the group behind a dead delivery, and no other', async () => {
    const { rig, fifo } = await dead();

    expect(await rig.state('a-0')).toBe('dead');
    expect(fifo.size).toBe(2);
    expect(rig.sent.map(({ event }) => event)).not.toContain('a-1');
    expect(await rig.state('b-0')).toBe('delivered');
  });

  test('until it is discarded', async () => {
    const { rig, fifo, replays, ref, seen, ttl } = await dead();
    expect(await replays.discard(ref, seen, ttl)).toMatchObject({ kind: 'written' });

    await fifo.drain();

    expect(rig.sent.at(-1)!.event).toBe('a-1');
    expect(fifo.size).toBe(0);
  });

  test('until its replay is over', async () => {
    const { rig, fifo, replays, ref, seen, ttl, heal } = await dead();
    heal();
    const plan = { ref, seen: seen.changedAt, channel: 'chat', content: undefined };
    expect(await replays.start(plan, ttl)).toMatchObject({ kind: 'written' });
    await fifo.drain(rig.clock.now() + HOUR);
    expect(fifo.size).toBe(2);

    await rig.runTimers();
    await rig.drain();
    await fifo.drain();

    expect(rig.sent.slice(-2).map(({ event }) => event)).toEqual(['a-0', 'a-1']);
    expect(fifo.size).toBe(0);
  });

  test('no longer than a delivery may live', async () => {
    const { rig, fifo } = await dead();

    await fifo.drain();

    expect(fifo.size).toBe(0);
    expect(await rig.state('a-1')).toBe('dead');
    expect(rig.clock.now() - NOW).toBeLessThan(77 * HOUR);
  });
});

/** A message that was received, and of which the queue knows nothing more. */
function single(fifo: ReturnType<typeof fifoOn>, event: string, key: string) {
  fifo.add([event], key);
  const records = fifo.receive();
  fifo.settle([]);
  return records;
}
