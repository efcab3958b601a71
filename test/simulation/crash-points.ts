import { type Day, DAYS } from './crash-days.ts';
import type { CrashPoint } from './process.ts';
import { type Plan, type Result, simulate } from './simulate.ts';

export interface CrashPlan extends Plan {
  readonly day: string;
  readonly crashPoints: readonly CrashPoint[];
}

const SEED = 1;
/** Calls that a site makes over and over (the shards of a sweep) differ in nothing after the first ones. */
const MAX_NTH = 2;

export function crashPlan({ name, scenario }: Day, crashPoints: readonly CrashPoint[]): CrashPlan {
  return { day: name, seed: SEED, scenario, crashPoints };
}

/** Every run with one crash: at the first calls of every site on the way of a day, before and after each. */
export async function singles(days: readonly Day[] = DAYS): Promise<CrashPlan[]> {
  const plans: CrashPlan[] = [];
  for (const day of days) {
    const { sites } = await simulate(crashPlan(day, []));
    const points = [...sites].flatMap(([site, count]) =>
      Array.from({ length: Math.min(count, MAX_NTH) }, (_, index) => pointsAt(site, index + 1)).flat(),
    );
    plans.push(...points.map((point) => crashPlan(day, [point])));
  }
  return plans;
}

/**
 * Every run with that crash and a second one after it: at the first call that each site makes once the first has
 * happened, wherever that led (some sites are reached by no other way). Three kinds of pairs are left out, since they
 * would show nothing else: a second crash that comes before the first is the same pair the other way round, a later
 * call of a site meets what its first call met, and what dies before a call leaves behind what it leaves when it
 * dies after the call before that. Every function begins with a read, so this holds for first calls, too.
 */
export function pairs(first: CrashPlan, { sites, sitesAtCrash }: Result): CrashPlan[] {
  const later = [...sites].filter(([site, count]) => count > (sitesAtCrash.get(site) ?? 0));
  return later.map(([site]) => {
    const second: CrashPoint = { site, nth: (sitesAtCrash.get(site) ?? 0) + 1, when: 'after' };
    return withPoint(first, second);
  });
}

function withPoint(plan: CrashPlan, point: CrashPoint): CrashPlan {
  return { ...plan, crashPoints: [...plan.crashPoints, point] };
}

function pointsAt(site: string, nth: number): CrashPoint[] {
  return (['before', 'after'] as const).map((when) => ({ site, nth, when }));
}
