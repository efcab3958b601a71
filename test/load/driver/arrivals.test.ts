import { expect, test } from 'vitest';
import { mostInOneSecond, watchArrivals } from '../../../load/driver/arrivals.ts';

const BASE = Date.parse('2026-11-01T00:00:00Z');

function entry(id: number, atMs: number, n: number, more: object = {}) {
  return {
    id,
    at: new Date(BASE + atMs).toISOString(),
    channel: 'webhook',
    destination: 'one',
    verdict: 'accepted' as const,
    raw: `{"text":"event r1x${n}x"}`,
    body: {},
    ...more,
  };
}

test('arrivals are counted once, timed from when their post was meant, and told by channel and lane', async () => {
  const posted = [
    { meantMs: BASE, lane: 'normal' as const, accepted: true },
    { meantMs: BASE + 100, lane: 'urgent' as const, accepted: true },
  ];
  const inbox = [
    entry(1, 200, 0, { verdict: 'refused' }),
    entry(2, 300, 0),
    entry(3, 300, 1, { raw: 'cjF4MXg=', body: { text: 'r1x1x' } }),
    entry(4, 350, 0),
    entry(5, 360, 7, { raw: 'of another run: r2x7x' }),
    entry(6, 400, 0, { destination: 'two' }),
    entry(7, 400, 1, { destination: 'two' }),
  ];
  const asked: number[] = [];
  const arrivals = watchArrivals('r1', posted, async (afterMs) => {
    asked.push(afterMs);
    // The first look ends within a millisecond in which more comes.
    return inbox.filter(({ id, at }) => Date.parse(at) > afterMs && (asked.length > 1 || id <= 6));
  });
  await arrivals.look();
  await arrivals.look();
  await arrivals.look();

  expect([arrivals.arrived(), arrivals.duplicates(), arrivals.refused()]).toEqual([4, 1, 1]);
  expect(arrivals.lastMs()).toBe(BASE + 400);
  expect(arrivals.byChannelAndLane()).toMatchObject([
    { channel: 'webhook', lane: 'normal', latency: { count: 2, max: 400 } },
    { channel: 'webhook', lane: 'urgent', latency: { count: 2, max: 300 } },
  ]);
  expect(arrivals.all()).toMatchObject({ count: 4, max: 400 });
  expect(arrivals.spread()).toBe(1);
  expect(arrivals.inOneSecond()).toBe(4);
  expect(arrivals.longestGap()).toBe(100);
});

test('a second slides: it ends where the next begins', () => {
  expect(mostInOneSecond([])).toBe(0);
  expect(mostInOneSecond([0, 999])).toBe(2);
  expect(mostInOneSecond([0, 1_000])).toBe(1);
  // Two windows of a clock with two each, and three within a second.
  expect(mostInOneSecond([0, 900, 1_000, 1_850])).toBe(3);
});
