import type { Telemetry } from '../core/metrics.ts';

/**
 * Runs a step for every member at once. One whose step throws is left out and logged: its deliveries are
 * finished by nobody, so that their messages come again, and the others are not held up.
 */
export async function forEach<T, R>(
  members: Iterable<T>,
  step: (member: T) => Promise<R>,
  failure: string,
  { telemetry }: { readonly telemetry: Telemetry },
): Promise<R[]> {
  const results = await Promise.allSettled([...members].map(step));
  return results.flatMap((result) => {
    if (result.status === 'fulfilled') return [result.value];
    telemetry.log('error', failure, { error: toError(result.reason) });
    return [];
  });
}

export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
