import { type Outcome, retryAfterMs } from './outcome.ts';

/** The members of a JSON reply; none when it is no JSON object: providers and proxies answer anything. */
export function replyMembers(body: string): Readonly<Record<string, unknown>> {
  try {
    return membersOf(JSON.parse(body));
  } catch {
    return {};
  }
}

export function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** The value as a list; what is no list is an empty one. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A hint in a JSON body, in seconds, maybe with a fraction; checked and clamped like the header. */
export function secondsHint(value: unknown, nowMs: number): number | undefined {
  return typeof value === 'number' ? retryAfterMs(value.toFixed(3), nowMs) : undefined;
}

/** Adds a hint from the body to an outcome that may come again and has none from the header. */
export function withHint(outcome: Outcome, afterMs: number | undefined): Outcome {
  const mayComeAgain = outcome.kind === 'retry' || outcome.kind === 'maybe';
  return mayComeAgain && afterMs !== undefined ? { afterMs, ...outcome } : outcome;
}
