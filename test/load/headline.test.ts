import { describe, expect, test } from 'vitest';
import { GOALS } from '../../load/headline/goals.ts';
import { interleave, median } from '../../load/headline/interleave.ts';
import { isVoid, reportLines, verdictOn } from '../../load/headline/report.ts';
import { NOTES } from '../../load/headline/notes.ts';
import { resultsDocument } from '../../load/headline/results.ts';
import { againstParse, ratioRow } from '../../load/headline/rows.ts';
import { createStillClock } from '../../load/headline/still-clock.ts';

const row = (name: string, value: number) => ({ name, value, samples: {} });
const standing = againstParse('naive', 870, { naiveUs: [900, 870, 1_000], parseUs: [87, 90] });
const fallen = againstParse('naive', 870, { naiveUs: [600], parseUs: [87] });

describe('a figure', () => {
  test('is reached or missed by its goal, in either direction', () => {
    expect(verdictOn(row('deliver.cpu.vsNaive', 12), [standing])).toBe('reached');
    expect(verdictOn(row('deliver.cpu.vsNaive', 11.9), [standing])).toBe('missed');
    expect(verdictOn(row('bundle.maxKiB', 320), [])).toBe('reached');
    expect(verdictOn(row('bundle.maxKiB', 321), [])).toBe('missed');
    expect(verdictOn(row('nobody asks', 1), [standing])).toBe('');
  });

  test('against the naive stack is void unless that stands where it has to', () => {
    expect([standing, fallen].map(isVoid)).toEqual([false, true]);
    for (const checks of [[], [fallen], [standing, fallen]])
      expect(verdictOn(row('deliver.cpu.vsNaive', 100), checks)).toBe('void');
    expect(verdictOn(row('sign.vsStandardwebhooks', 100), [fallen])).toBe('reached');
  });

  test('that is no number is never reached', () => {
    for (const name of Object.keys(GOALS))
      expect(verdictOn(row(name, Number.NaN), [standing])).toBe('missed');
    expect(isVoid({ ...standing, value: Number.NaN })).toBe(true);
  });

  test('is the median of ratios of samples that belong together, and keeps them', () => {
    const samples = { a: [10, 40, 9], b: [1, 2, 3] };
    expect(ratioRow('r', ['a', 'b'], samples)).toEqual({
      name: 'r',
      value: 10,
      samples: { ...samples, ratio: [10, 20, 3] },
    });
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([])).toBeNaN();
  });
});

const run = {
  conditions: {
    at: '2026-11-26',
    commit: 'abc',
    node: 'v24',
    cpu: 'fast',
    cores: 2,
    memoryGiB: 1,
    load: { before: 0, after: 5 },
    rounds: 1,
  },
  rows: [
    row('router.cpu.vsNaive', 1),
    { ...ratioRow('sign.vsStandardwebhooks', ['a', 'b'], { a: [2, 4, 6, 8], b: [2, 2, 2, 2] }), note: 'odd' },
  ],
  checks: [fallen],
  failed: { limiter: 'Error: no table' },
};

test('a report says what is missed, what is void, and what failed', () => {
  expect(reportLines(run).map((line) => line.split(/\s{2,}/))).toEqual([
    ['name', 'value', 'goal'],
    ['router.cpu.vsNaive', '1', '≥ 40', 'void'],
    ['sign.vsStandardwebhooks', '2.5', '≥ 4', 'missed'],
    [''],
    ['naive 6.9, wanted 7 to 13: void, and with it every ratio to the naive stack'],
    ['limiter failed: Error: no table'],
  ]);
});

test('the document of a run has its conditions, its spread, and why a goal is missed', () => {
  const document = resultsDocument(run);
  for (const text of [
    '2 cores, fast, 1 GiB',
    'Others were at work',
    '| `router.cpu.vsNaive` | 1 |  | ≥ 40 | void |',
    '| `sign.vsStandardwebhooks` | 2.5 | 1 to 3 | ≥ 4 | missed |',
    '**void**',
    `goal ≥ 4. ${NOTES['sign.vsStandardwebhooks']}`,
    '`sign.vsStandardwebhooks`: odd',
    'limiter: Error: no table',
  ])
    expect(document).toContain(text);
  const quiet = { ...run, conditions: { ...run.conditions, load: { before: 0, after: 1 } } };
  expect(resultsDocument(quiet)).not.toContain('Others');
});

test('every note is about a figure that has a goal', () => {
  expect(Object.keys(NOTES).filter((name) => !(name in GOALS))).toEqual([]);
});

test('sides take turns, are charged for each unit they did, and warm up first', async () => {
  const turns: string[] = [];
  const busy = (name: string, units: number) => ({
    run: () => {
      turns.push(name);
      for (let n = 0; n < 3e6; n++) Math.sqrt(n);
      return units;
    },
    times: 2,
  });
  const samples = await interleave(
    { one: busy('one', 1), ten: busy('ten', 10) },
    { rounds: 3, warmUp: 1, onRound: () => {} },
  );
  expect(turns).toEqual(Array.from({ length: 4 }, () => ['one', 'one', 'ten', 'ten']).flat());
  expect([samples.one.length, samples.ten.length]).toEqual([3, 3]);
  expect(samples.one.every((us) => us > 0)).toBe(true);
});

test('what is prepared is there for each sample, and is made once for it', async () => {
  let ready = 0;
  const side = { prepare: () => void (ready = 2), run: () => ready--, times: 2 };
  const { one } = await interleave({ one: side }, { rounds: 3, warmUp: 1 });
  expect(one.every((us) => us > 0 && Number.isFinite(us))).toBe(true);
  expect(ready).toBe(0);
});

test('time stands still while code runs, and moves from one wait to the next', async () => {
  const clock = createStillClock();
  const start = clock.now();
  const woken: number[] = [];
  await Promise.all(
    [30, 10, 20].map(async (ms) => {
      await clock.wait(ms);
      woken.push(clock.now() - start);
    }),
  );
  expect(woken).toEqual([10, 20, 30]);
});
