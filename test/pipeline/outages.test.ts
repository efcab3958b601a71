import { afterEach, expect, test } from 'vitest';
import { paceOf } from '../../load/limiter/pace.ts';
import { type World, type WorldOptions, openWorld } from '../../load/limiter/world.ts';

/* Receivers that are out of order, with a backlog behind them, in virtual time. Numbers are those of docs/faults.md. */

let world: World;
const open = async (options: WorldOptions): Promise<World> => (world = await openWorld(options));
afterEach(() => world.close());

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const RETRY_MS = [10 * SECOND, 30 * SECOND, 2 * MINUTE, 5 * MINUTE];
const WORKERS = 3;
/** Ten packs of ten. */
const BATCH = 100;
/** What piles up; `FANFARE_BACKLOG=20000` takes ten minutes of virtual time, as the goal asks, and a few of ours. */
const BACKLOG = Number(process.env['FANFARE_BACKLOG'] ?? 1_500);
/** Tens of thousands of calls to the emulator. */
const SLOW = { timeout: 60_000 + 30 * BACKLOG };
const names = (prefix: string, count: number) => Array.from({ length: count }, (_, n) => `${prefix}${n}`);

test(
  'F53: after an outage the backlog is gone about as fast as its limit lets it, never faster, and evenly',
  SLOW,
  async () => {
    const [limit, backlog, outageMs] = [100, BACKLOG, BACKLOG < 20_000 ? 2 * MINUTE : 10 * MINUTE];
    await open({
      rate: { limit, perMs: SECOND },
      destinations: ['d'],
      answer: (_, afterMs) => (afterMs < outageMs ? 503 : 200),
      retryMs: RETRY_MS,
    });
    world.post('d', names('e', backlog), { pack: 10 });
    await world.run(WORKERS, 10 * outageMs);

    expect(paceOf(world.sent, limit).busiest).toBeLessThanOrEqual(limit);
    const arrived = world.sent.filter(({ status }) => status === 200);
    expect(arrived).toHaveLength(backlog);
    // While it lasts, what the workers had in hand is tried, then a probe now and then.
    expect(world.sent.length - backlog).toBeLessThanOrEqual(WORKERS * BATCH);
    // A probe has to find out that it is over: waits between them double, so that takes no longer than it lasted.
    const firstMs = arrived[0]!.atMs;
    expect(firstMs - world.startMs - outageMs).toBeLessThanOrEqual(outageMs + MINUTE);
    // Then those come first that had given up waiting; after these seconds the line is in order.
    const inLine = arrived.filter(({ atMs }) => atMs - firstMs > 7 * SECOND);
    expect(inLine.length).toBeGreaterThan(backlog / 2);
    expect(paceOf(inLine, limit).use).toBeGreaterThanOrEqual(0.9);
    const seconds = Map.groupBy(arrived, ({ atMs }) => Math.floor(atMs / SECOND));
    const busiest = Math.max(...[...seconds.values()].map(({ length }) => length));
    expect(busiest / (backlog / seconds.size)).toBeLessThanOrEqual(2);
  },
);

test('F30: a dead destination with a backlog is left alone, and the others hardly notice', SLOW, async () => {
  const live = names('live', 5);

  /** How long 95 of 100 to the live ones waited, and how often the dead one was tried, in 30 s. */
  async function measure(backlog: number): Promise<{ readonly p95: number; readonly tries: number }> {
    await open({
      destinations: [...live, 'dead'],
      answer: (to) => (to === 'dead' ? 500 : 200),
      retryMs: RETRY_MS,
    });
    world.post('dead', names('x', backlog), { pack: 10 });
    live.forEach((to, n) =>
      names(to, 20).forEach((event, second) =>
        world.post(to, [event], { atMs: (second + 1) * SECOND + n * 199 }),
      ),
    );
    await world.run(WORKERS, 30 * SECOND);
    const isDead = ({ destination }: { readonly destination: string }): boolean => destination === 'dead';
    const waits = world.sent.filter((one) => !isDead(one)).map(({ atMs, sinceMs }) => atMs - sinceMs);
    expect(waits).toHaveLength(100);
    return { p95: waits.toSorted((a, b) => a - b)[95]!, tries: world.sent.filter(isDead).length };
  }

  const alone = await measure(0);
  await world.close();
  const beside = await measure(2_000);
  expect(beside.p95).toBeLessThanOrEqual(2 * alone.p95);
  // What the workers had in hand when the breaker opened, and some probes.
  expect(beside.tries).toBeLessThanOrEqual(WORKERS * BATCH + 10);
  expect(alone.tries).toBe(0);
});
