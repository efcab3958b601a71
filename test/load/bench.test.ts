import { describe, expect, test } from 'vitest';
import { benchOf } from '../../load/bench/areas.ts';
import { BENCHES, benchesFor } from '../../load/bench/benches.ts';
import { main } from '../../load/bench.ts';
import { compareRuns, compareTurns, regressionsIn } from '../../load/bench/comparison.ts';
import { intervalOf } from '../../load/bench/interval.ts';
import { type Result, measure, ratiosOf, roundsFor } from '../../load/bench/measure.ts';
import { benchLines, limitsOf } from '../../load/bench/report.ts';
import { testTerminal } from '../cdk/cli/test-terminal.ts';

/** Of the list of benchmarks, but those of an example application that does not exist yet (B37 to B52). */
const ROWS = Array.from({ length: 36 }, (_, n) => `B${String(n + 1).padStart(2, '0')}`);

const result = (name: string, us: readonly number[], more: Partial<Result> = {}): Result => ({
  name,
  bench: 'b',
  waits: false,
  us,
  yardstickUs: us.map(() => 100),
  heapBytes: 1_000,
  counters: {},
  also: {},
  ...more,
});

describe('the list of benchmarks', () => {
  test('answers every row, each benchmark by a name of its own', async () => {
    const answered = new Set(BENCHES.flatMap(({ rows }) => rows.split(', ')));
    expect(ROWS.filter((row) => !answered.has(row))).toEqual([]);
    const names = BENCHES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const bench of BENCHES) expect(await benchOf(bench.name)).toBe(bench);
    expect(await benchOf('nothing/at-all')).toBeUndefined();
  });

  test('is searched by name and by area', () => {
    const namesOf = (...names: string[]) => benchesFor(names).wanted.map(({ name }) => name);
    expect(namesOf('limits')).toEqual(['limits/decide', 'limits/dynamodb', 'limits/channel']);
    expect(namesOf('limits/decide', 'routing')).toEqual(['routing', 'limits/decide']);
    expect(namesOf()).toHaveLength(BENCHES.length);
    expect(benchesFor(['limit', 'queue']).unknown).toEqual(['limit']);
  });
});

test('a benchmark is measured in a process of its own, beside a yard stick, with its heap and its counters', async () => {
  const terminal = testTerminal(process.cwd());
  expect(await main(['metrics/flush', 'queue/encode', '--time', '0.05'], terminal)).toBe(0);
  const text = terminal.said.join('\n');
  for (const part of [
    /metrics\/flush .* (ns|µs) +cpu .* B .*bytes \d/,
    /powertools .* x ours/,
    /source: ~100 ns/,
  ])
    expect(text).toMatch(part);
}, 60_000);

test('what a measurement takes and gives fits together', async () => {
  const bench = BENCHES.find(({ name }) => name === 'reliability/retry-success')!;
  const options = { receiver: 'http://127.0.0.1:1', seconds: 0.1, progress: () => {} };
  const [measured] = await measure(bench, options);
  expect(measured).toMatchObject({ name: 'reliability/retry-success', counters: {} });
  expect(measured!.us.length).toBe(measured!.yardstickUs.length);
  // Parsing a hundred alerts takes longer than reading a status, on whatever machine.
  expect(ratiosOf(measured!).every((ratio) => ratio > 0 && ratio < 1)).toBe(true);
  expect(measured!.heapBytes).toBeGreaterThan(0);
}, 60_000);

test('wrong names and options are said, and nothing is measured', async () => {
  for (const args of [['nothing'], ['--time', '0'], ['--repeat', '1.5'], ['--bogus']]) {
    const complaints = testTerminal(process.cwd());
    expect(await main(args, complaints)).toBe(2);
    expect(complaints.complained[0]).toContain(args[0]);
  }
  const terminal = testTerminal(process.cwd());
  expect(await main(['--list'], terminal)).toBe(0);
  expect(terminal.said).toHaveLength(BENCHES.length);
});

test('as many rounds are made as the time allows, but never too few to tell', () => {
  expect(roundsFor([{ ms: 10 }, { ms: 10 }], 1)).toBe(100);
  expect(roundsFor([{ ms: 5_000 }], 1)).toBe(3);
  expect(roundsFor([{ ms: 0 }], 1)).toBe(200);
});

test('a report names the source, what is wrong with it, and limits that are not kept', () => {
  const bench = {
    name: 'b',
    rows: 'B01',
    about: 'something',
    seed: '1 µs',
    flaw: 'an error is timed',
    limits: [{ what: 'x : y', first: 'x', second: 'y', most: 2 }],
    open: () => ({ cases: {} }),
  };
  const results = [result('b/x', [3, 3, 3]), result('b/y', [1, 1, 1], { rivalOf: 'b/x', bytes: 50 })];
  const text = benchLines(bench, results).join('\n');
  for (const part of [
    'source: 1 µs',
    'an error is timed',
    '0.333 x ours',
    '50 MB/s',
    'wanted <= 2: NOT KEPT',
  ])
    expect(text).toContain(part);
  expect(limitsOf(bench, results.toReversed()).map(({ kept }) => kept)).toEqual([false]);
  expect(limitsOf({ ...bench, limits: [{ ...bench.limits[0]!, most: 4 }] }, results)[0]?.kept).toBe(true);
});

describe('a comparison', () => {
  const noisy = (level: number) =>
    Array.from({ length: 40 }, (_, n) => level * (1 + 0.05 * Math.sin(n * 2.4)));

  test('has the median in its interval, and the same samples give the same', () => {
    const interval = intervalOf([noisy(10)]);
    expect(interval.low).toBeLessThanOrEqual(interval.value);
    expect(interval.high).toBeGreaterThanOrEqual(interval.value);
    expect(interval.high / interval.low).toBeLessThan(1.1);
    expect(intervalOf([noisy(10)])).toEqual(interval);
  });

  test('of turns takes what was measured side by side, whatever slowed both', () => {
    const before = [10, 100, 10, 1_000, 10];
    const after = before.map((us) => us * 1.5);
    expect(compareTurns([{ before: result('x', before), after: result('x', after) }]).time).toEqual({
      value: 1.5,
      low: 1.5,
      high: 1.5,
    });
  });

  test('of several pairs of processes is no surer than these agree', () => {
    const pair = (ratio: number) => ({
      before: result('x', noisy(10)),
      after: result('x', noisy(10 * ratio)),
    });
    const { time } = compareTurns([pair(1), pair(1.4), pair(0.7)]);
    expect([time.value, time.low, time.high].map((one) => one.toFixed(1))).toEqual(['1.0', '0.7', '1.4']);
    expect(regressionsIn(compareTurns([pair(1), pair(1.4), pair(1.5)]), 0.1)).toEqual([]);
    expect(regressionsIn(compareTurns([pair(1.3), pair(1.4), pair(1.5)]), 0.1)).toHaveLength(1);
  });

  test('of runs takes how each stood to its yard stick', () => {
    const steady = (level: number) => ({ yardstickUs: Array.from({ length: 40 }, () => level) });
    const slowMachine = result('x', noisy(30), steady(300));
    const { time } = compareRuns(result('x', noisy(10), steady(100)), slowMachine);
    expect(time.value).toBeCloseTo(1, 2);
    expect([time.low < 1, time.high > 1]).toEqual([true, true]);
  });

  test('finds what is slower beyond doubt, and nothing that only may be', () => {
    const worse = (before: readonly number[], after: readonly number[]) =>
      regressionsIn(compareTurns([{ before: result('x', before), after: result('x', after) }]), 0.1);
    expect(worse(noisy(10), noisy(12))[0]).toMatch(/^slower by 20\.\d %/);
    expect(worse(noisy(10), noisy(10.5))).toEqual([]);
    expect(worse(noisy(10), noisy(5))).toEqual([]);
    // Three of five rounds twice as slow, two as before: the interval holds 1.
    expect(worse([10, 10, 10, 10, 10], [20, 10, 20, 10, 20])).toEqual([]);
  });

  test('finds a counter that has grown at all, and a heap that has grown too much', () => {
    const worse = (before: Partial<Result>, after: Partial<Result>) =>
      regressionsIn(
        compareTurns([{ before: result('x', [1], before), after: result('x', [1], after) }]),
        0.1,
      );
    expect(worse({ counters: { calls: 0.1 } }, { counters: { calls: 0.2, bytes: 7 } })).toEqual([
      'calls 0.1 -> 0.2',
    ]);
    expect(worse({ counters: { calls: 0.2 } }, { counters: { calls: 0.1 } })).toEqual([]);
    expect(worse({ heapBytes: 1_000 }, { heapBytes: 2_000 })[0]).toMatch(/^allocates 9\d\.\d % more$/);
    expect(worse({ heapBytes: 1 }, { heapBytes: 3 })).toEqual([]);
    expect(worse({ heapBytes: undefined }, { heapBytes: 3 })).toEqual([]);
  });
});
