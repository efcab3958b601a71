import type { LogFields, Telemetry } from '../../core/metrics.ts';
import { ProblemError } from '../../core/problem.ts';
import { redactError } from '../../core/redact.ts';
import { RETRY_AFTER, unavailable } from './work.ts';

/**
 * A read without which nothing can be judged.
 * @throws ProblemError `unavailable` when it fails; a problem that it finds itself stays as it is.
 */
export async function orUnavailable<T>(
  read: () => Promise<T>,
  failure: string,
  { telemetry }: { readonly telemetry: Telemetry },
  fields: LogFields = {},
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    telemetry.log('error', failure, { ...fields, error: redactError(error) });
    throw new ProblemError(unavailable(), RETRY_AFTER);
  }
}
