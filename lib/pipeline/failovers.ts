import type { Catalog } from '../core/catalog.ts';
import { type DeliveryRef, refText } from '../core/claim.ts';
import type { DueEntry } from '../core/due-entry.ts';
import { type FailoverWatch, type Standing, fateOf, watchedIn } from '../core/failover.ts';
import type { FanOut, FanOutKey } from '../core/fan-out.ts';
import type { Telemetry } from '../core/metrics.ts';
import type { Written } from '../core/written.ts';
import { type PassOnDeps, passOn } from './failovers/pass-on.ts';
import { toError } from './each.ts';

interface DueWatch extends FailoverWatch {
  readonly entry: DueEntry;
  readonly dueMs: number;
}

export interface FailoverDeps extends PassOnDeps {
  readonly failovers: {
    readonly due: (entries: readonly DueEntry[]) => Promise<readonly DueWatch[]>;
    readonly standings: (refs: readonly DeliveryRef[]) => Promise<ReadonlyMap<string, Standing>>;
    readonly postpone: (watch: DueWatch, atMs: number) => Promise<Written>;
    readonly finish: (watch: DueWatch) => Promise<Written>;
  };
  readonly recorded: (keys: readonly FanOutKey[]) => Promise<readonly (FanOut | undefined)[]>;
  readonly catalog: (tenant: string) => Promise<Catalog>;
  readonly telemetry: Telemetry;
}

/** What is being sent just then is waited for, so long at most. */
const PATIENCE_MS = 120_000;

/**
 * Passes on to the next destination what was not accepted in time; whether that was all of it. What is passed on twice
 * is the same pack, and finds the record of the first.
 */
export async function failOver(entries: readonly DueEntry[], deps: FailoverDeps): Promise<boolean> {
  const due = await deps.failovers.due(entries);
  const done = await Promise.all(due.map((watch) => tryToLook(watch, deps)));
  return done.every(Boolean);
}

async function tryToLook(watch: DueWatch, deps: FailoverDeps): Promise<boolean> {
  try {
    return await lookAt(watch, deps);
  } catch (error) {
    const { tenant, pack: detail } = watch;
    deps.telemetry.log('error', 'deliveries cannot be looked at', { tenant, detail, error: toError(error) });
    return false;
  }
}

async function lookAt(watch: DueWatch, deps: FailoverDeps): Promise<boolean> {
  const { tenant, dueMs } = watch;
  const [fanOut] = await deps.recorded([watch]);
  const refs = fanOut ? watchedIn(watch, fanOut) : [];
  const standings = await deps.failovers.standings(refs);
  const nowMs = deps.now();
  const fates = refs.map((ref) => {
    const standing = standings.get(refText(ref))!;
    return { ref, standing, fate: fateOf(standing, nowMs) };
  });
  const isPatient = nowMs < dueMs + PATIENCE_MS;
  const awaited = isPatient ? fates.filter(({ fate }) => fate === 'underWay') : [];
  const lost = fates.filter((one) => one.fate !== 'settled' && !awaited.includes(one));
  if (!(await passOn(tenant, lost, await deps.catalog(tenant), deps))) return false;
  const until = Math.min(...awaited.map(({ standing }) => standing.leaseUntil ?? 0));
  const { kind } = await (awaited.length > 0
    ? deps.failovers.postpone(watch, Math.min(until, dueMs + PATIENCE_MS))
    : deps.failovers.finish(watch));
  return kind !== 'unknown';
}
