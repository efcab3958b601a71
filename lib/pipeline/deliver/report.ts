import type { Telemetry } from '../../core/metrics.ts';
import type { Attempted } from './send.ts';
import type { Work } from './work.ts';

export interface ReportDeps {
  readonly telemetry: Telemetry;
  readonly now: () => number;
}

export interface BatchReport {
  readonly attempts: readonly Attempted[];
  readonly deferred: readonly unknown[];
  readonly waiting: readonly Work[];
  readonly acknowledged: readonly Work[];
}

/** Metrics of a batch, one line for all that went well, and a line of its own for each attempt that did not. */
export function report({ attempts, deferred, waiting, acknowledged }: BatchReport, deps: ReportDeps): void {
  for (const attempt of attempts) count(attempt, deps);
  const delivered = attempts.filter(({ verdict }) => verdict.kind === 'delivered');
  const parked = attempts.filter(({ verdict }) => verdict.kind === 'parked');
  const failed = attempts.filter(({ verdict }) => verdict.kind !== 'delivered' && verdict.kind !== 'parked');
  for (const attempt of failed) logAttempt(attempt, deps);
  if (deferred.length > 0) deps.telemetry.add('Deferred', deferred.length);
  deps.telemetry.log('info', 'batch delivered', {
    ids: delivered.map(({ work }) => work.id),
    counts: {
      delivered: delivered.length,
      failed: failed.length,
      parked: parked.length,
      deferred: deferred.length,
      waiting: waiting.length,
      acknowledged: acknowledged.length,
    },
  });
  for (const { work, atMs, ms, status } of delivered) {
    const { tenant, event, destination } = work.ref;
    deps.telemetry.log('debug', 'attempt', {
      tenant,
      event,
      destination,
      channel: work.channel,
      attempt: work.delivery.n,
      outcome: 'delivered',
      at: new Date(atMs).toISOString(),
      ms,
      status,
    });
  }
}

function count({ work, verdict, outcome, atMs, ms, shared }: Attempted, { telemetry }: ReportDeps): void {
  const { channel, delivery } = work;
  if (ms !== undefined && !shared) telemetry.add('SendDurationMs', ms, channel);
  if (outcome && outcome.kind !== 'delivered' && !shared) {
    if (outcome.reason === 'rateLimited') telemetry.add('RateLimited');
    else telemetry.add('Failed', 1, channel);
    if (outcome.reason === 'blocked') telemetry.add('Blocked');
  }
  switch (verdict.kind) {
    case 'delivered':
      telemetry.add('Delivered', 1, channel);
      if (shared) telemetry.add('Merged');
      telemetry.add('DeliveryLatencyMs', atMs + (ms ?? 0) - delivery.since);
      break;
    case 'retry':
      telemetry.add('Retried');
      break;
    case 'dead':
      telemetry.add('Dead', 1, channel);
      break;
    case 'discarded':
      telemetry.add('Discarded');
      break;
    case 'again':
    case 'held':
    case 'parked':
      break;
  }
}

function logAttempt(
  { work, verdict, outcome, atMs, ms, status }: Attempted,
  { telemetry, now }: ReportDeps,
): void {
  const { tenant, event, destination } = work.ref;
  telemetry.log(verdict.kind === 'dead' ? 'error' : 'warn', 'attempt', {
    tenant,
    event,
    destination,
    channel: work.channel,
    attempt: work.delivery.n,
    outcome: verdict.kind,
    reason:
      outcome && outcome.kind !== 'delivered'
        ? outcome.reason
        : 'reason' in verdict
          ? verdict.reason
          : undefined,
    status,
    at: ms === undefined ? undefined : new Date(atMs).toISOString(),
    ms,
    waitMs: 'atMs' in verdict ? Math.max(0, verdict.atMs - now()) : undefined,
  });
}
