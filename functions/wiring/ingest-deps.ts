import { guardQueue } from '../../lib/pipeline/ingest/guard-queue.ts';
import { createUrgentQuota } from '../../lib/pipeline/ingest/urgent-quota.ts';
import type { IngestDeps } from '../../lib/pipeline/ingest/work.ts';
import { createEvents } from '../../lib/stores/events.ts';
import type { State } from './state.ts';

type Surroundings = Pick<IngestDeps, 'enqueue' | 'queues' | 'ordered' | 'newId'>;

/** What taking events in reads and writes. */
export function ingestDeps(
  { ledger, limits, telemetry, now }: Pick<State, 'ledger' | 'limits' | 'telemetry' | 'now'>,
  { enqueue, ...surroundings }: Surroundings,
) {
  return {
    ...surroundings,
    enqueue: guardQueue(enqueue, { now }),
    records: createEvents(ledger),
    limits,
    takeUrgent: createUrgentQuota({ limits, telemetry, now }),
    telemetry,
    now,
  };
}
