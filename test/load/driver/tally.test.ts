import { describe, expect, test } from 'vitest';
import { createTimes, summaryOf } from '../../../load/driver/histogram.ts';
import { limitOf } from '../../../load/driver/measured.ts';
import { createTally } from '../../../load/driver/tally.ts';

describe('times', () => {
  test('are told to a thousandth of their size, from microseconds to an hour', () => {
    for (const ms of [0.001, 0.5, 3.217, 48.4, 12_345.678, 3_599_000]) {
      const times = createTimes();
      times.record(ms);
      for (const percent of [50, 99])
        expect(Math.abs(times.percentile(percent)! / ms - 1)).toBeLessThan(0.001);
    }
  });

  test('of several histograms add up to those of one', () => {
    const [one, other, both, together] = [createTimes(), createTimes(), createTimes(), createTimes()];
    for (let n = 1; n <= 2_000; n++) {
      (n % 3 === 0 ? one : other).record(n / 7);
      together.record(n / 7);
    }
    both.add(one);
    both.add(other);
    expect(summaryOf(both)).toEqual(summaryOf(together));
    expect(both.count()).toBe(2_000);
  });

  test('of which there are none have no percentiles', () => {
    expect(summaryOf(createTimes())).toBeUndefined();
  });
});

describe('a tally', () => {
  const record = (tally: ReturnType<typeof createTally>, flow: string, meantMs: number, tookMs: number) =>
    tally.record({ flow, stage: 0, meantMs, endedMs: meantMs + tookMs, ending: 'ok' });

  test('counts by flow, and all of them together', () => {
    const tally = createTally(1_000);
    record(tally, 'events', 1_000, 10);
    record(tally, 'events', 1_500, 10);
    record(tally, 'inbox', 2_500, 500);
    tally.record({ flow: 'inbox', stage: 1, meantMs: 2_600, endedMs: 2_700, ending: 'refused' });
    expect(tally.flows().map(({ name, sent, refused }) => [name, sent, refused])).toEqual([
      ['events', 2, 0],
      ['inbox', 2, 1],
    ]);
    const { sent, ok, perSecond, latency } = tally.all();
    expect([sent, ok, perSecond]).toEqual([4, 3, 2]);
    expect(latency?.max).toBe(500);
    // The 10 ms, twice, the 500 and the 100.
    expect(latency?.min).toBeCloseTo(10, 1);
    expect(latency?.mean).toBeCloseTo(155, 0);
    expect([...tally.stages().keys()]).toEqual([0, 1]);
  });

  test('times connections apart, and only those that were made', () => {
    const tally = createTally(0);
    expect(tally.connect()).toBeUndefined();
    for (const connectMs of [3, undefined, 7])
      tally.record({ flow: 'events', stage: 0, meantMs: 0, connectMs, endedMs: 90, ending: 'ok' });
    expect(tally.connect()).toMatchObject({ count: 2, max: 7 });
  });

  test('shows waiting in the second in which it began, and answers in the second in which they came', () => {
    const tally = createTally(0);
    record(tally, 'events', 100, 2_500);
    record(tally, 'events', 2_100, 5);
    expect(tally.seconds()).toEqual([
      { second: 0, meant: 1, answered: 0, failed: 0, p50: 2_500, p95: 2_500, p99: 2_500 },
      { second: 1, meant: 0, answered: 0, failed: 0, p50: 0, p95: 0, p99: 0 },
      { second: 2, meant: 1, answered: 2, failed: 0, p50: 5, p95: 5, p99: 5 },
    ]);
  });
});

test('the limit is the most that was kept up with before seconds in a row were not', () => {
  const second = (meant: number, p95: number, failed = 0) => {
    return { second: 0, meant, answered: meant, failed, p50: 1, p95, p99: p95 };
  };
  const rising = [second(10, 5), second(20, 5_000), second(30, 9), second(40, 9), second(35, 9)];
  expect(limitOf(rising)).toEqual({});
  const broken = [second(50, 1_001), second(60, 5, 1), second(70, 9_000)];
  expect(limitOf([...rising, ...broken])).toEqual({ 'limit.perSecond': 40 });
  expect(limitOf([...rising, ...broken.slice(1), second(0, 0)])).toEqual({});
  expect(limitOf(broken)).toEqual({ 'limit.perSecond': 0 });
});
