import { isLive } from '../../core/event-record.ts';
import { ProblemError, problem } from '../../core/problem.ts';
import { redactError } from '../../core/redact.ts';
import { latestReminders } from '../../core/repeat.ts';
import {
  type IngestDeps,
  type Known,
  type Named,
  RETRY_AFTER,
  type RequestIdentity,
  unavailable,
} from './work.ts';

/**
 * Reads the records of all ids that may be known, and of the reminders that stand behind them.
 * @throws ProblemError `unavailable` when the table cannot be read.
 */
export async function lookUp(
  tenant: string,
  named: readonly Named[],
  request: RequestIdentity | undefined,
  deps: IngestDeps,
): Promise<Known> {
  const ids = named.flatMap(({ isNew, event, alert }) =>
    isNew ? [] : [event.id, ...(alert?.firing ? [alert.firing] : [])],
  );
  if (ids.length === 0 && !request) return { events: new Map(), request: undefined };
  try {
    const first = await deps.records.read(tenant, [...new Set(ids)], request?.key);
    const alerts = named.flatMap(({ alert }) => alert ?? []);
    const latest = [...new Set(latestReminders(alerts, first.events))];
    if (latest.length === 0) return first;
    const second = await deps.records.read(tenant, latest);
    return { events: new Map([...first.events, ...second.events]), request: first.request };
  } catch (error) {
    deps.telemetry.log('error', 'event records cannot be read', { tenant, error: redactError(error) });
    throw new ProblemError(unavailable(), RETRY_AFTER);
  }
}

/**
 * Whether the idempotency key was used for these very items.
 * @throws ProblemError `idempotency-mismatch` when it was used for others.
 */
export function isReplay(
  request: RequestIdentity | undefined,
  { request: known }: Known,
  atMs: number,
): boolean {
  if (!request || !known || !isLive(known, atMs)) return false;
  if (known.hash === request.hash) return true;
  throw new ProblemError(problem('idempotency-mismatch', 'This idempotency key was used for another body.'));
}
