import { ProblemError } from '../../core/problem.ts';
import { redactError } from '../../core/redact.ts';
import { type Records, latestReminders } from '../../core/repeat.ts';
import { type IngestDeps, type Named, RETRY_AFTER, unavailable } from './work.ts';

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
    orUnavailable(() => deps.records.read(tenant, [...new Set(wanted)]), tenant, deps);
  const first = await read(ids);
  const alerts = named.flatMap(({ alert }) => alert ?? []);
  const latest = latestReminders(alerts, first);
  return latest.length === 0 ? first : new Map([...first, ...(await read(latest))]);
}

/** A read without which nothing can be judged. */
export async function orUnavailable<T>(
  read: () => Promise<T>,
  tenant: string,
  { telemetry }: Pick<IngestDeps, 'telemetry'>,
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    telemetry.log('error', 'event records cannot be read', { tenant, error: redactError(error) });
    throw new ProblemError(unavailable(), RETRY_AFTER);
  }
}
