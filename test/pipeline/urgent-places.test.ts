import { describe, expect, test } from 'vitest';
import { type Rig, ok, packOf, record, status, useRigs } from './rig.ts';

const newRig = useRigs();

const events = (count: number, prefix: string) => Array.from({ length: count }, (_, n) => `${prefix}${n}`);
const SLOW_MS = 4_000;

/** A provider that takes its time; answers how many requests it has had open at once. */
function slow(rig: Rig, replyMs: number): () => number {
  let open = 0;
  let most = 0;
  rig.reply = async () => {
    most = Math.max(most, ++open);
    await rig.clock.wait(replyMs);
    open--;
    return ok;
  };
  return () => most;
}

const urgent = (count: number, prefix: string) => record(events(count, prefix), { lane: 'urgent' });

describe('urgent deliveries to a destination without a rate', () => {
  test('are in flight ten at a time, whoever sends them; the others come back soon', async () => {
    const rig = await newRig();
    const most = slow(rig, SLOW_MS);
    await Promise.all([rig.run([urgent(8, 'a')]), rig.run([urgent(8, 'b')]), rig.run([urgent(8, 'c')])]);
    expect(most()).toBe(10);
    expect(rig.queue.map((one) => [one.message.delaySeconds, packOf(one).lane])).toContainEqual([
      1,
      'urgent',
    ]);
    await rig.drain();
    expect(most()).toBe(10);
    expect(rig.sent).toHaveLength(24);
  });

  test('take one worker from others, not all', async () => {
    const rig = await newRig();
    slow(rig, SLOW_MS);
    const flood = rig.run([urgent(25, 'a')]);
    await rig.clock.wait(100);
    const before = rig.clock.ms;
    await rig.run([urgent(25, 'b')]);
    expect(rig.clock.ms - before).toBeLessThan(1_000);
    await flood;
  });

  test('do so at any time: a slow receiver keeps one worker, however many come', async () => {
    const rig = await newRig();
    const most = slow(rig, 4_900);
    let [busy, mostBusy] = [0, 0];
    const runs: Promise<unknown>[] = [];
    for (let worker = 0; worker < 9; worker++) {
      runs.push(rig.run([urgent(25, `w${worker}x`)]).finally(() => busy--));
      busy++;
      await rig.clock.wait(1_000);
      mostBusy = Math.max(mostBusy, busy);
    }
    await Promise.all(runs);
    expect([most(), mostBusy]).toEqual([10, 1]);
  });

  test('begin within 5 s of their batch, so that it ends soon; the others go back without an attempt', async () => {
    const rig = await newRig();
    slow(rig, SLOW_MS);
    const before = rig.clock.ms;
    await rig.run([urgent(25, 'a')]);
    expect(rig.clock.ms - before).toBeLessThan(10_000);
    expect(rig.sent).toHaveLength(20);
    expect(rig.queue.flatMap((one) => packOf(one).items.map(({ n }) => n))).toEqual([1, 1, 1, 1, 1]);
    await rig.drain();
    expect(rig.sent).toHaveLength(25);
  });

  test('leave their places when they are done, also where they failed', async () => {
    const rig = await newRig();
    await rig.run([urgent(10, 'a')]);
    rig.reply = () => status(500);
    await rig.run([urgent(10, 'b')]);
    await rig.run([urgent(10, 'c')]);
    expect(rig.sent).toHaveLength(30);
    expect(rig.sent.at(-1)!.atMs - rig.sent[0]!.atMs).toBeLessThan(1_000);
  });

  test('leave them where nothing was left to send', async () => {
    const rig = await newRig();
    await rig.run([urgent(10, 'a')]);
    await rig.run([urgent(10, 'a')]);
    await rig.run([urgent(10, 'b')]);
    expect(rig.sent).toHaveLength(20);
  });

  test('find the places again that a crash left', async () => {
    const rig = await newRig();
    slow(rig, SLOW_MS);
    const crash = {
      claims: { claim: async () => Promise.reject(new Error('crash')), read: async () => new Map() },
    };
    await rig.run([urgent(10, 'a')], crash).catch(() => undefined);
    await rig.run([urgent(1, 'b')]);
    expect(rig.sent).toEqual([]);
    rig.clock.ms += 10_000;
    await rig.drain();
    expect(rig.sent.map(({ event }) => event)).toEqual(['b0']);
  });

  test('are alone in that: others are in flight ten for each batch', async () => {
    const rig = await newRig();
    const most = slow(rig, SLOW_MS);
    await Promise.all([rig.run([record(events(12, 'a'))]), rig.run([record(events(12, 'b'))])]);
    expect(most()).toBe(20);
  });
});
