/**
 * Bounds of AWS that a stack meets as it grows, us-east-1, 2026-11. `soft` ones are raised on request.
 * docs.aws.amazon.com: lambda/latest/dg/gettingstarted-limits, lambda/latest/dg/services-sqs-scaling,
 * AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages, amazondynamodb/latest/developerguide/ServiceQuotas,
 * apigateway/latest/developerguide/limits.
 */
export const QUOTAS = {
  requests: { value: 10_000, soft: true, what: 'requests a second to the API' },
  concurrency: { value: 1_000, soft: true, what: 'runs of functions at a time' },
  mapping: { value: 1_000, soft: false, what: 'runs of one queue at a time, by MaximumConcurrency' },
  provisioned: { value: 20_000, soft: false, what: 'runs of one queue at a time, with provisioned pollers' },
  inFlight: { value: 120_000, soft: false, what: 'messages of one queue in flight' },
  tableWrites: { value: 40_000, soft: true, what: 'write units a second of one table' },
  keyWrites: { value: 1_000, soft: false, what: 'write units a second of one partition' },
} as const;

/** Writes a second that an on-demand table takes on its first day (developer guide, "On-demand capacity mode"). */
export const NEW_TABLE_WRITES = 4_000;

/** How fast the runs of a queue grow (Lambda developer guide, "Configuring scaling behavior for SQS event source mappings"). */
export interface Growth {
  /** Runs at a time when messages begin to wait. */
  readonly start: number;
  readonly perMinute: number;
  readonly most: number;
}

/** Ten runs at a time for each provisioned poller. */
const RUNS_PER_POLLER = 10;

export function onDemand(maximumConcurrency: number = QUOTAS.mapping.value): Growth {
  return { start: Math.min(5, maximumConcurrency), perMinute: 300, most: maximumConcurrency };
}

/** At least two pollers stand ready at all times, and are paid for. */
export function provisioned(minimumPollers = 2): Growth {
  return { start: minimumPollers * RUNS_PER_POLLER, perMinute: 1_000, most: QUOTAS.provisioned.value };
}

/** Seconds until so many runs go at a time; `undefined` where that is never. */
export function secondsUntil(runs: number, { start, perMinute, most }: Growth): number | undefined {
  if (runs > most) return undefined;
  return Math.max(0, ((runs - start) / perMinute) * 60);
}
