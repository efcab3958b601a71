import { expect, test } from 'vitest';
import type { DeliveryView } from '../../lib/core/views.ts';
import { arrivalsOf, judge } from './judge.ts';
import { isSound, reportLines } from './main.ts';
import { parseKillOptions } from './options.ts';
import { BATCH, planStrikes } from './plan.ts';
import { runKills } from './run.ts';

/** Leases last 35 s, and what waited for their end comes again within 20 s. */
const RUN = { timeout: 180_000 };

test(
  '500 events outlive the deaths of functions and of the stack: none is lost, each duplicate explained',
  RUN,
  async () => {
    const options = { events: 500, kills: 8, stackKills: 2, seed: 7 };

    const report = await runKills(options, { signal: AbortSignal.timeout(RUN.timeout), progress: () => {} });

    console.info(reportLines(report).join('\n'));
    expect(report).toMatchObject({ kills: 8, stackKills: 2, wanted: 1_500, arrived: 1_500 });
    expect([report.lost, report.unattributed, report.poisoned]).toEqual([[], [], []]);
    expect(isSound(report)).toBe(true);
  },
);

const view = (state: string, outcomes: readonly string[] = [], reason?: string): DeliveryView => ({
  id: '',
  event: '',
  destination: '',
  state,
  attempt: 1,
  attempts: outcomes.map((outcome, n) => ({ n, at: '', outcome })),
  ...(reason !== undefined && { reason }),
});

test('the judge finds what is lost and which duplicates nothing explains', async () => {
  const inbox = ['a', 'b', 'b', 'c', 'c', 'd', 'd', 'd'].map((id) => ({ destination: 'one', body: { id } }));
  const views: Readonly<Record<string, DeliveryView | undefined>> = {
    'b:one': view('delivered', ['maybe', 'delivered']),
    'c:one': view('delivered', ['retry', 'delivered']),
    'd:one': view('delivered', ['maybe', 'delivered']),
    'e:one': view('dead', ['maybe', 'maybe', 'maybe'], 'poison'),
    'f:one': view('dead', [], 'exhausted'),
    'g:one': view('delivered', ['delivered']),
  };
  const wanted = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((id) => `${id}:one`);

  expect(await judge(wanted, arrivalsOf(inbox), async (delivery) => views[delivery])).toEqual({
    arrived: 4,
    lost: ['f:one', 'g:one', 'h:one'],
    poisoned: ['e:one'],
    duplicates: 4,
    unattributed: ['c:one', 'd:one'],
  });
});

test('a seed fixes when and whom a run kills', () => {
  const options = { events: 1_000, kills: 30, stackKills: 10, seed: 3 };
  const plan = planStrikes(options);

  expect(planStrikes(options)).toEqual(plan);
  expect(planStrikes({ ...options, seed: 4 })).not.toEqual(plan);
  expect(plan.filter(({ target }) => target === 'stack')).toHaveLength(10);
  expect(plan).toHaveLength(40);
  expect(plan.every(({ batch, pick }) => batch < 1_000 / BATCH && pick < 1)).toBe(true);
});

test('options have defaults, and a wrong one is named', () => {
  expect(parseKillOptions([])).toEqual({ events: 10_000, kills: 150, stackKills: 50, seed: 1 });
  expect(parseKillOptions(['--help'])).toBeUndefined();
  expect(() => parseKillOptions(['--events', '0'])).toThrow('--events takes a whole number from 1 on, not 0');
  expect(() => parseKillOptions(['--seed', 'x'])).toThrow('--seed');
  expect(() => parseKillOptions(['--evnts', '1'])).toThrow('--evnts');
});
