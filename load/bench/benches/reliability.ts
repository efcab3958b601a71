import { WEBHOOK_RETRY_MS } from '../../../lib/core/retry-schedule.ts';
import { type Reply, outcomeOf } from '../../../lib/core/outcome.ts';
import { decide } from '../../../lib/core/verdict.ts';
import { type Bench, type Case, repeated } from '../bench.ts';

/** What deciding about an attempt costs. The waits between attempts are no work: they belong to runs under load. */
export const reliability: readonly Bench[] = [
  {
    name: 'reliability/retry-success',
    rows: 'B06',
    about: 'a reply that says delivered is read, and no retry decided',
    seed: '<1 µs; measured 5.6 ns',
    open: () => ({ cases: { '': deciding(200, 'delivered') } }),
  },
  {
    name: 'reliability/retry-decision',
    rows: 'B07',
    about: 'a reply with status 503 is read, and the time of the next attempt decided',
    seed: 'by backoff; measured 3.6 ms',
    flaw: 'it times two sleeps of 1 and 2 ms',
    open: () => ({ cases: { '': deciding(503, 'retry') } }),
  },
];

function deciding(status: number, wanted: string): Case {
  const reply: Reply = { kind: 'reply', status, headers: {}, body: '' };
  const nowMs = Date.now();
  const attempt = { n: 1, since: nowMs };
  const policy = { retryMs: WEBHOOK_RETRY_MS };
  const judge = () => decide(outcomeOf(reply, nowMs), attempt, policy, nowMs, 0.5);
  return { check: () => judge().kind === wanted, run: repeated(10_000, judge) };
}
