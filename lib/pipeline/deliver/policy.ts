import { RESEND } from '../../core/doubt.ts';
import type { RetryPolicy } from '../../core/verdict.ts';
import type { Prepared } from './work.ts';

type Policy = Required<RetryPolicy>;

/** Schedule of deliveries whose settings could not be opened: people take longer to repair them. */
const FATE_RETRY_MS = [60_000, 300_000, 900_000, 3_600_000, 10_800_000, 21_600_000];

/** At most once: no second attempt, and none that may be a second one. */
const ONCE: Policy = { retryMs: [], doubt: { kind: 'giveUp' } };

/** No delivery has more: it may have met with the schedule of its destination, and with that of broken settings. */
export function mostAttempts({ retryMs }: Pick<RetryPolicy, 'retryMs'>): number {
  return Math.max(retryMs.length, FATE_RETRY_MS.length) + 1;
}

/** What follows a failed attempt: the topic's mode decides, then the destination, then its channel. */
export function policyOf({ mode, target, doubt = RESEND }: Prepared): Policy {
  if (mode === 'atMostOnce') return ONCE;
  return { retryMs: target?.retryMs ?? FATE_RETRY_MS, doubt: target?.doubt ?? doubt };
}
