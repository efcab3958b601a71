import { expect, test } from 'vitest';
import { createCompletions } from '../../lib/pipeline/deliver/complete.ts';
import type { Claimed } from '../../lib/pipeline/deliver/work.ts';

/** Deliveries of one record; how many were told by each write, and a clock that stands still. */
function recordOf(members: number) {
  const clock = { ms: 5_000 };
  const written: number[] = [];
  const state = { broken: false };
  const works = Array.from({ length: members }, (_, i) => {
    const event = `e${i}`;
    return {
      ref: { tenant: 'acme', event, destination: 'ops' },
      k: 0,
      i,
      delivery: {},
    } as unknown as Claimed;
  });
  const completions = createCompletions(works, {
    owner: 'w',
    ttl: () => 2e9,
    now: () => clock.ms,
    telemetry: { add() {}, log() {} },
    async complete({ completion }) {
      if (state.broken) throw new Error('told to fail');
      written.push(completion.n);
    },
  });
  const deliver = async (i: number): Promise<void> => {
    completions.decided({ work: works[i]!, verdict: { kind: 'delivered' }, atMs: clock.ms, ms: 1 });
    await completions.flush('complete');
  };
  return { ...completions, deliver, written, clock, state };
}

test('a record whose deliveries end within a second is written once', async () => {
  const { deliver, flush, written, clock } = recordOf(10);
  for (let i = 0; i < 10; i++) {
    await deliver(i);
    await flush('due');
    clock.ms += 99;
  }
  expect(written).toEqual([10]);
});

test('a success is written before it is more than a second old, and not before that', async () => {
  const { deliver, flush, dueInMs, written, clock } = recordOf(2);
  expect(dueInMs()).toBe(1_000);
  clock.ms += 700;
  await deliver(0);
  expect(dueInMs()).toBe(1_000);
  clock.ms += 999;
  await flush('due');
  expect([written, dueInMs()]).toEqual([[], 1]);
  clock.ms += 1;
  await flush('due');
  expect([written, dueInMs()]).toEqual([[1], 1_000]);
  clock.ms += 5_000;
  await flush('due');
  expect(written).toEqual([1]);
  await deliver(1);
  expect(written).toEqual([1, 2]);
});

test('a record that cannot be written is tried again a second later', async () => {
  const { deliver, flush, dueInMs, written, clock, state } = recordOf(2);
  await deliver(0);
  state.broken = true;
  clock.ms += 1_000;
  expect(await flush('due')).toEqual([]);
  expect(dueInMs()).toBe(1_000);
  state.broken = false;
  clock.ms += 1_000;
  expect(await flush('due')).toHaveLength(1);
  expect(written).toEqual([1]);
});
