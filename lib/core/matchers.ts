import { leavesOf } from './pattern/formula.ts';
import type { Route } from './catalog.ts';
import { flattenRoutes } from './route-tree.ts';
import { type Wanted, conditionOf } from './wanted.ts';

/**
 * Most tests of one tenant's routes, and of its silences, that are no exact values. An exact value is looked up; each
 * of the others may meet each value of an event, at about 50 ns, and a batch of hostile events must end within the
 * time-out of the function that all tenants share.
 */
export const MAX_MATCHERS = { routes: 1_000, silences: 200, inhibitions: 100 } as const;

/** Most tests of all routes, exact values too: each takes memory in every function, again for each route within. */
export const MAX_TESTS = 200_000;

/** How many tests of prefixes, wildcards, ranges and the like a condition has of data; the other members are few. */
export function matchersOf(wanted: Wanted): number {
  return leavesOf(conditionOf(wanted).formula)
    .filter(({ path }) => path[0] === 'data')
    .flatMap(({ hints }) => hints)
    .filter(({ by }) => by !== 'value').length;
}

interface RouteTests {
  readonly tests: number;
  /** Those that are no exact values of data. */
  readonly matchers: number;
}

/** What routes ask, with those within them: a route within asks again what is asked by those above it. */
export function testsOf(routes: readonly Route[]): RouteTests {
  const own = new Map<Wanted, RouteTests>();
  const countsOf = (wanted: Wanted): RouteTests => {
    const known = own.get(wanted);
    if (known) return known;
    const tests = leavesOf(conditionOf(wanted).formula).flatMap(({ hints }) => hints).length;
    const counts = { tests, matchers: matchersOf(wanted) };
    own.set(wanted, counts);
    return counts;
  };
  const all = flattenRoutes(routes).flatMap(({ wanted }) => wanted.map(countsOf));
  return {
    tests: all.reduce((sum, one) => sum + one.tests, 0),
    matchers: all.reduce((sum, one) => sum + one.matchers, 0),
  };
}
