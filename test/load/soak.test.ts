import { expect, test } from 'vitest';
import { growthOf } from '../../load/soak/memory.ts';
import { soak } from '../../load/soak/run.ts';
import { faultsOf } from '../../load/soak.ts';

test('a steady stream arrives once each, and no function is cut short', { timeout: 120_000 }, async () => {
  const report = await soak(
    { seconds: 3, rate: 40 },
    { signal: AbortSignal.timeout(120_000), progress: () => {} },
  );
  expect(report).toMatchObject({ events: 120, wanted: 360, arrived: 360, undelivered: 0, cutShort: 0 });
  expect(faultsOf({ ...report, memory: { ...report.memory, share: 0 } })).toEqual([]);
});

test('memory is compared between the second quarter and the last, process by process', () => {
  const samples = [900, 900, 100, 110, 105, 120, 150, 150].map(
    (kib, n) =>
      new Map([
        ['still', 100],
        ['grows', kib],
        // Came too late, and went too early: neither tells anything.
        ...(n > 5 ? ([['late', 5_000]] as const) : []),
        ...(n < 5 ? ([['early', 5_000]] as const) : []),
      ]),
  );
  expect(growthOf(samples)).toEqual({
    beforeKiB: 210,
    afterKiB: 250,
    share: 250 / 210 - 1,
    processes: [
      { name: 'grows', beforeKiB: 110, afterKiB: 150, share: 150 / 110 - 1 },
      { name: 'still', beforeKiB: 100, afterKiB: 100, share: 0 },
    ],
  });
});

test('no samples are no growth', () => {
  expect(growthOf([])).toEqual({ processes: [], beforeKiB: 0, afterKiB: 0, share: 0 });
});

test('whatever is not as it has to be is named', () => {
  const memory = { processes: [], beforeKiB: 100, afterKiB: 111, share: 0.11 };
  const sound = {
    events: 1,
    wanted: 3,
    arrived: 3,
    undelivered: 0,
    cutShort: 0,
    refused: 0,
    postingMs: 1,
    settlingMs: 1,
  };
  expect(faultsOf({ ...sound, memory })).toEqual(['memory grew by 11.0 %']);
  const bad = {
    ...sound,
    arrived: 2,
    undelivered: 1,
    cutShort: 1,
    refused: 1,
    memory: { ...memory, share: 0 },
  };
  expect(faultsOf(bad)).toHaveLength(4);
  expect(faultsOf({ ...bad, arrived: 4 })[0]).toContain('twice');
});
