import type { Catalog } from '../../lib/core/catalog.ts';
import { compileOrders } from '../../lib/core/order.ts';
import { compileTerms } from '../../lib/core/terms.ts';
import { byTopics } from '../../lib/pipeline/ingest/by-topics.ts';
import { guardQueue } from '../../lib/pipeline/ingest/guard-queue.ts';
import { createUrgentQuota } from '../../lib/pipeline/ingest/urgent-quota.ts';
import type { IngestDeps } from '../../lib/pipeline/ingest/work.ts';
import { createEvents } from '../../lib/stores/events.ts';
import { createLimits } from '../../lib/stores/limits.ts';
import type { State } from './state.ts';

interface Surroundings extends Pick<IngestDeps, 'enqueue' | 'queues' | 'newId'> {
  /** A tenant's settings of topics. */
  readonly topics: (tenant: string) => Promise<Pick<Catalog, 'topics'>>;
  /** URL of the FIFO queue of events, in a stack that has queues for ordered topics. */
  readonly orderedQueue?: string | undefined;
}

/** What taking events in reads and writes. */
export function ingestDeps(
  { ledger, limitsTable, telemetry, now }: Pick<State, 'ledger' | 'limitsTable' | 'telemetry' | 'now'>,
  { enqueue, topics, orderedQueue, ...surroundings }: Surroundings,
) {
  const limits = createLimits(limitsTable, { now });
  return {
    ...surroundings,
    enqueue: guardQueue(enqueue, { now }),
    termsOf: byTopics(topics, compileTerms),
    ...(orderedQueue !== undefined && {
      ordered: { queue: orderedQueue, orderOf: byTopics(topics, compileOrders) },
    }),
    records: createEvents(ledger),
    limits,
    takeUrgent: createUrgentQuota({ limits, telemetry, now }),
    telemetry,
    now,
  };
}
