import type { Draft } from '../../lib/core/event-input.ts';
import { NO_FAULTS } from './faults.ts';
import type { CrashPoint } from './process.ts';
import { type Nature, urlOf } from './providers.ts';
import { type Scenario, SPREAD_MS } from './scenario.ts';
import { type Plan, type Result, simulate } from './simulate.ts';

/** A day on which nothing goes wrong but the crashes that are planned for it. */
interface Day {
  readonly name: string;
  readonly scenario: Scenario;
}

const DESTINATIONS: readonly (readonly [id: string, nature: Nature, limit?: number])[] = [
  ['one', 'healthy', 5],
  ['two', 'broken'],
  ['three', 'closed'],
];

/**
 * Two events and a third, urgent one, to a destination with a limit, one that heals after a while (so that retries
 * go through the queue and the due index), and one that is gone for good.
 */
function dayOf(name: string, maxReceives: number): Day {
  const draft = (id: string, more: Partial<Draft> = {}): Draft => {
    return { id, topic: 'a', data: { title: `acme ${id}` }, ...more };
  };
  const ids = DESTINATIONS.map(([id]) => id);
  const tenant = {
    id: 'acme',
    destinations: DESTINATIONS.map(([id, , limit]) => ({
      id,
      channel: 'chat',
      settings: { url: urlOf('acme', id), bot: 'bot' },
      enabled: true,
      ...(limit !== undefined && { rate: { limit, perMs: 1_000 } }),
    })),
    natures: new Map(DESTINATIONS.map(([id, nature]) => [id, nature])),
    routes: [{ id: 'all', order: 1, destinations: ids }],
    laterRoutes: undefined,
    topics: [],
    limits: [],
    posts: [
      { atMs: 0, drafts: [draft('e1'), draft('e2')] },
      { atMs: 500, drafts: [draft('e3', { lane: 'urgent' })] },
    ].map(({ atMs, drafts }) => ({
      atMs,
      post: { tenant: 'acme', items: drafts.map((one) => ({ ok: true as const, draft: one })) },
    })),
  };
  return {
    name,
    scenario: {
      tenants: [tenant],
      pauses: [],
      faults: NO_FAULTS,
      skewMs: SPREAD_MS,
      concurrency: 1,
      batchSize: 4,
      maxReceives,
    },
  };
}

/** The second leads every message that a crash strands into the dead letters. */
const DAYS: readonly Day[] = [dayOf('a day', 100), dayOf('a day of few receives', 1)];
const SEED = 1;
/** Calls that a site makes over and over (the shards of a sweep) differ in nothing after the first ones. */
const MAX_NTH = 2;

/** Every place to die on the way of a run. */
function pointsOf({ sites }: Result, maxNth: number): CrashPoint[] {
  return [...sites].flatMap(([site, count]) =>
    Array.from({ length: Math.min(count, maxNth) }, (_, index) => index + 1).flatMap((nth) =>
      (['before', 'after'] as const).map((when): CrashPoint => ({ site, nth, when })),
    ),
  );
}

export interface CrashPlan extends Plan {
  readonly crashPoints: readonly CrashPoint[];
}

/** Every run with one crash. */
export async function singles(): Promise<CrashPlan[]> {
  const plans: CrashPlan[] = [];
  for (const { scenario } of DAYS) {
    const calm = await simulate({ seed: SEED, scenario });
    const points = pointsOf(calm, MAX_NTH);
    plans.push(...points.map((point) => ({ seed: SEED, scenario, crashPoints: [point] })));
  }
  return plans;
}

/**
 * Every run with that crash and a second one at the first call of a site, wherever the run then comes: some sites
 * (the dead letters') are only reached after a crash. Two crashes in the other order are the same run.
 */
export function* pairs(first: CrashPlan, result: Result, all: ReadonlySet<string>): Generator<CrashPlan> {
  const [point] = first.crashPoints;
  for (const second of pointsOf(result, 1)) {
    if (all.has(nameOf(second)) && nameOf(second) <= nameOf(point!)) continue;
    yield { ...first, crashPoints: [point!, second] };
  }
}

export function nameOf({ site, nth, when }: CrashPoint): string {
  return `${when} ${site}, call ${nth}`;
}
