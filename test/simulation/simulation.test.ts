import { describe, expect, test } from 'vitest';
import { singles } from './crash-points.ts';
import { runPlans, seedsFrom } from './crew.ts';
import { MUTANTS, type Mutant, misfits } from './mutants.ts';
import { mostWithin } from './judge-limits.ts';
import { nameOfPoint } from './process.ts';
import { createRandom } from './random.ts';
import { type Result, simulate } from './simulate.ts';
import { createWorld } from './world.ts';

/** `npm run simulate` runs thousands; here it only has to be seen that nothing is broken at large. */
const SEEDS = 40;
const MINUTES = 60_000;

async function run(seeds: number, mutant?: Mutant): Promise<Result[]> {
  const results: Result[] = [];
  await runPlans({
    plans: seedsFrom(1, seeds),
    patch: mutant && { file: mutant.file, from: mutant.from, to: mutant.to },
    onResult(result) {
      results.push(result);
      return mutant && result.violations.length > 0 ? 'stop' : 'go on';
    },
  });
  return results;
}

test('every bug that the simulation has to find can still be planted', () => {
  expect(misfits()).toEqual([]);
});

describe('the simulation', () => {
  test(
    'finds every promise kept on bad days',
    async () => {
      const results = await run(SEEDS);
      expect(results.flatMap(({ seed, violations }) => violations.map((one) => ({ seed, ...one })))).toEqual(
        [],
      );
      expect(results).toHaveLength(SEEDS);
      // Days without crashes, duplicates and arrivals would prove nothing.
      for (const name of [
        'crashes',
        'duplicates',
        'arrivals',
        'dead',
        'parked',
        'scheduled',
        'counted',
        'ordered',
        'replayed',
        'edits',
        'superseded',
        'merged',
      ] as const) {
        expect(results.reduce((sum, one) => sum + one[name], 0)).toBeGreaterThan(0);
      }
    },
    5 * MINUTES,
  );

  test(
    'survives a crash before and after every call',
    async () => {
      const plans = await singles();
      const broken: string[] = [];
      let crashes = 0;
      await runPlans({
        plans,
        onResult(result, { crashPoints }) {
          crashes += result.crashes;
          if (result.violations.length > 0) broken.push(crashPoints.map(nameOfPoint).join());
          return 'go on';
        },
      });
      expect(broken).toEqual([]);
      expect(crashes).toBe(plans.length);
      expect(plans.length).toBeGreaterThan(150);
    },
    5 * MINUTES,
  );

  test('tells the same story for the same seed', async () => {
    const tell = async (seed: number) => {
      const lines: string[] = [];
      return { result: await simulate({ seed, write: (line) => lines.push(line) }), lines };
    };
    const stories = [await tell(1), await tell(2), await tell(3)];
    expect([await tell(1), await tell(2), await tell(3)]).toEqual(stories);
    expect(stories.flatMap(({ lines }) => lines).length).toBeGreaterThan(1_000);
  });

  test.each(['the same delivery twice in one claim call', 'failed messages of a batch are acknowledged too'])(
    'does not miss a planted bug: %s',
    async (name) => {
      const mutant = MUTANTS.find((one) => one.name === name)!;
      const results = await run(100, mutant);
      expect(results.some(({ violations }) => violations.length > 0)).toBe(true);
    },
    5 * MINUTES,
  );

  test('refuses a bug that cannot be planted', async () => {
    const gone = { name: 'gone', file: 'lib/core/claim.ts', from: 'not in there', to: '' };
    await expect(run(1, gone)).rejects.toThrow('0 times');
  });
});

test('virtual time goes from one appointment to the next, in their order', async () => {
  const world = createWorld(0);
  const seen: string[] = [];
  world.at(20, () => seen.push(`second at ${world.now()}`));
  world.at(10, () => {
    seen.push(`first at ${world.now()}`);
    world.at(5, () => seen.push(`at once at ${world.now()}`));
  });
  world.at(20, () => seen.push(`third at ${world.now()}`));
  world.at(99, () => seen.push('too late'));
  await world.run(50);
  expect(seen).toEqual(['first at 10', 'at once at 10', 'second at 20', 'third at 20']);
});

test('chance is the same for the same seed, and another for another', () => {
  const draw = (seed: number): number[] => Array.from({ length: 50 }, createRandom(seed).next);
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  const mean = Array.from({ length: 10_000 }, createRandom(3).next).reduce((sum, x) => sum + x / 10_000, 0);
  expect(mean).toBeCloseTo(0.5, 1);
});

test('the fullest window is found wherever it begins', () => {
  expect(mostWithin([0, 400, 800, 1_200, 1_300], 1_000)).toBe(4);
  expect(mostWithin([0, 1_000], 1_000)).toBe(1);
  expect(mostWithin([], 1_000)).toBe(0);
});
