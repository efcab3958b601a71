import type { Caller } from '../../core/caller.ts';
import type { Telemetry } from '../../core/metrics.ts';
import { ProblemError, problem } from '../../core/problem.ts';
import { quotaHeaders, quotaPeriodMs } from '../../core/quota.ts';
import type { Booked, ScopeRef } from '../../core/scope.ts';
import { toError } from '../each.ts';

export interface BookDeps {
  /** Books all slots or none. */
  readonly limits: { readonly bookWhole: (scope: ScopeRef, want: number) => Promise<Booked> };
  readonly telemetry: Telemetry;
  readonly now: () => number;
}

/** The scope in which a tenant's posts are counted. */
const SCOPE = 'ingest';

/**
 * Takes the events of a post from the quota of its key, all of them or none. A quota is there to protect others;
 * one that cannot be looked at protects nobody, so the post is let in.
 * @throws ProblemError `rate-limited` when the quota is used up.
 */
export async function takeQuota(
  { tenant, eventsPerSecond }: Caller,
  count: number,
  deps: BookDeps,
): Promise<void> {
  if (eventsPerSecond === undefined) return;
  const scope = { tenant, id: SCOPE, periodMs: quotaPeriodMs(eventsPerSecond) };
  const booked = await tryToBook(scope, count, deps);
  if (booked?.kind !== 'full') return;
  deps.telemetry.add('EventsRefused', count);
  deps.telemetry.log('info', 'over quota', { tenant, count });
  throw new ProblemError(
    problem('rate-limited', `This API key may post ${eventsPerSecond} events a second.`),
    quotaHeaders(eventsPerSecond, count, booked.untilMs, deps.now()),
  );
}

/** Books all or nothing; `undefined` when the table cannot be reached. */
export async function tryToBook(scope: ScopeRef, count: number, deps: BookDeps): Promise<Booked | undefined> {
  try {
    return await deps.limits.bookWhole(scope, count);
  } catch (error) {
    deps.telemetry.log('warn', 'quota cannot be looked at', { tenant: scope.tenant, error: toError(error) });
    return undefined;
  }
}
