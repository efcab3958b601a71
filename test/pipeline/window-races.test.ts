import { expect, test } from 'vitest';
import type { HoldDeps } from '../../lib/pipeline/hold/seat.ts';
import { type Race, race } from './window-races.ts';

const SEEDS = 250;
const PATIENT = { timeout: 120_000 };

async function races(seeds: number, tamper?: (deps: HoldDeps) => HoldDeps): Promise<Race[]> {
  const found: Race[] = [];
  for (let seed = 1; seed <= seeds; seed++) found.push(await race(seed, tamper));
  return found;
}

const sum = (all: readonly Race[], what: (one: Race) => number): number =>
  all.reduce((total, one) => total + what(one), 0);

test(
  'however fan-out runs, their re-runs and closings meet, no member is lost or told twice, no window closes twice',
  PATIENT,
  async () => {
    const all = await races(SEEDS);
    const bad = all.flatMap(({ lost, twice, closedTwice, changed }, index) =>
      lost.length + twice.length + closedTwice.length + changed.length > 0
        ? [{ seed: index + 1, lost, twice, closedTwice, changed }]
        : [],
    );
    expect(bad).toEqual([]);
    // They did meet: several windows each, and workers that died.
    expect(sum(all, ({ windows }) => windows)).toBeGreaterThan(2 * SEEDS);
    expect(sum(all, ({ crashes }) => crashes)).toBeGreaterThan(SEEDS);
  },
);

test('without the last read a late member is lost', PATIENT, async () => {
  const blind = (deps: HoldDeps): HoldDeps => ({
    ...deps,
    windows: {
      ...deps.windows,
      read: async (refs) => {
        const found = await deps.windows.read(refs);
        return new Map(
          [...found].map(([name, window]) => [name, { ...window, phase: 'open' as const, dueAtMs: 0 }]),
        );
      },
    },
  });
  expect(sum(await races(60, blind), ({ lost }) => lost.length)).toBeGreaterThan(0);
});

test('without the pointer that comes first a member is told twice', PATIENT, async () => {
  const forgetful = (deps: HoldDeps): HoldDeps => ({
    ...deps,
    members: {
      ...deps.members,
      point: async (pointers) => pointers.map(() => ({ kind: 'written' as const })),
    },
  });
  expect(sum(await races(60, forgetful), ({ twice }) => twice.length)).toBeGreaterThan(0);
});

test(
  'without a look at its snapshot every member of a closed window moves on, and is told twice',
  PATIENT,
  async () => {
    const distrustful = (deps: HoldDeps): HoldDeps => ({
      ...deps,
      members: { ...deps.members, taken: async () => new Set<string>() },
    });
    const all = await races(60, distrustful);
    expect(sum(all, ({ twice }) => twice.length)).toBeGreaterThan(0);
  },
);
