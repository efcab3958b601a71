import { type Records, latestReminders } from '../../core/repeat.ts';
import { orUnavailable } from './or-unavailable.ts';
import type { IngestDeps, Named } from './work.ts';

/** What the log says of a ledger that does not answer. */
export const UNREADABLE = 'event records cannot be read';

/**
 * Reads the records of all ids that may be known, and of the reminders that stand behind them.
 * @throws ProblemError `unavailable` when the table cannot be read.
 */
export async function lookUp(
  tenant: string,
  named: readonly Named[],
  deps: Pick<IngestDeps, 'records' | 'telemetry'>,
): Promise<Records> {
  const ids = named.flatMap(({ isNew, event, alert }) =>
    isNew ? [] : [event.id, ...(alert?.firing ? [alert.firing] : [])],
  );
  if (ids.length === 0) return new Map();
  const read = (wanted: readonly string[]) =>
    orUnavailable(() => deps.records.read(tenant, [...new Set(wanted)]), UNREADABLE, deps, { tenant });
  const first = await read(ids);
  const alerts = named.flatMap(({ alert }) => alert ?? []);
  const latest = latestReminders(alerts, first);
  return latest.length === 0 ? first : new Map([...first, ...(await read(latest))]);
}
