import { expect, test } from 'vitest';
import { DAYS } from './crash-days.ts';
import { urlOf } from './providers.ts';
import type { PlannedReplay } from './replays.ts';
import type { PlannedPost, Scenario } from './scenario.ts';
import { simulate } from './simulate.ts';

const QUIET_MS = 120_000;
const LIMIT = { limit: 4, perMs: 1_000 };
/** Dead ones at a quarter of the limit: a minute's work, from the first run of the timers on. */
const DEAD = 60;
const NORMAL = { fromMs: QUIET_MS + 5_000, everyMs: 1_000, count: 130 };

function post(atMs: number, ids: readonly string[]): PlannedPost {
  const items = ids.map((id) => {
    return { ok: true as const, draft: { id, topic: 'a', data: { title: `acme ${id}` } } };
  });
  return { atMs, post: { tenant: 'acme', items } };
}

function scenarioWith(replay: PlannedReplay): Scenario {
  const { scenario } = DAYS[0]!;
  const [tenant] = scenario.tenants;
  const destinations = ['one', 'other'].map((id) => {
    return { id, channel: 'chat', settings: { url: urlOf('acme', id) }, enabled: true, rate: LIMIT };
  });
  const normal = Array.from({ length: NORMAL.count }, (_, index) =>
    post(NORMAL.fromMs + index * NORMAL.everyMs, [`n${index}`]),
  );
  const posts = [
    post(
      0,
      Array.from({ length: DEAD }, (_, index) => `d${index}`),
    ),
    ...normal,
  ];
  const routes = [{ id: 'all', order: 1, destinations: ['one'] }];
  return {
    ...scenario,
    // Refuses until it heals.
    tenants: [{ ...tenant!, destinations, natures: new Map([['one', 'strict']]), routes, posts }],
    replays: [replay],
    acknowledgements: [],
    timersEveryMs: 60_000,
    concurrency: 4,
  };
}

/** How long what happens now takes from its post to its receiver; the 95th percentile. And how many were replayed. */
async function normalWait(replay: PlannedReplay) {
  const startMs = Date.UTC(2026, 10, 21, 10);
  const waits: number[] = [];
  const { violations, replayed } = await simulate({
    seed: 1,
    scenario: scenarioWith(replay),
    write(line) {
      const [, time = '', index] = /^(\S+) +acme\/one +accepts n(\d+),/.exec(line) ?? [];
      const postedMs = startMs + NORMAL.fromMs + Number(index) * NORMAL.everyMs;
      if (index !== undefined) waits.push(Date.parse(`2026-11-21T${time}Z`) - postedMs);
    },
  });
  expect(violations).toEqual([]);
  expect(waits).toHaveLength(NORMAL.count);
  return { replayed, p95: waits.toSorted((a, b) => a - b)[Math.floor(waits.length * 0.95)]! };
}

test('what happens now does not wait behind a replay to the same destination', async () => {
  const atMs = QUIET_MS + 1_000;
  const alone = await normalWait({ tenant: 'acme', atMs, what: { state: 'dead', destination: 'other' } });
  const beside = await normalWait({ tenant: 'acme', atMs, what: { state: 'dead', destination: 'one' } });
  expect([alone.replayed, beside.replayed]).toEqual([0, DEAD]);
  // A slot of the limit may be taken by a replayed one: the next is 250 ms later.
  expect(beside.p95).toBeLessThanOrEqual(alone.p95 + LIMIT.perMs / LIMIT.limit);
});
