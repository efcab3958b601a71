import { leavesOf } from './pattern/formula.ts';
import { type Wanted, conditionOf } from './wanted.ts';

/**
 * Most tests of one tenant's routes, and of its silences, that are no exact values. An exact value is looked up; each
 * of the others may meet each value of an event, at about 50 ns, and a batch of hostile events must end within the
 * time-out of the function that all tenants share.
 */
export const MAX_MATCHERS = { routes: 1_000, silences: 200 } as const;

/** How many tests of prefixes, wildcards, ranges and the like a condition has of data; the other members are few. */
export function matchersOf(wanted: Wanted): number {
  return leavesOf(conditionOf(wanted).formula)
    .filter(({ path }) => path[0] === 'data')
    .flatMap(({ hints }) => hints)
    .filter(({ by }) => by !== 'value').length;
}
