import { type RecordableHistogram, createHistogram } from 'node:perf_hooks';
import type { SqsEvent } from '../../cdk/local/sqs-event.ts';
import { parseDeliveryPack } from '../../lib/core/message.ts';

/** How long messages lay in a queue until a function got them, ms. */
export interface Wait {
  readonly queue: string;
  readonly messages: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Messages that were to wait: a retry or an appointment. They are not among the others. */
  readonly cameBack: number;
}

export interface Waits {
  readonly note: (queue: string, event: SqsEvent) => void;
  readonly all: () => Wait[];
}

/** Measures the waits at the head of the line of each queue. */
export function createWaits(now: () => number = Date.now): Waits {
  const queues = new Map<string, { readonly waits: RecordableHistogram; cameBack: number }>();
  return {
    note(queue, { Records }) {
      const seen = queues.get(queue) ?? { waits: createHistogram(), cameBack: 0 };
      queues.set(queue, seen);
      for (const { body, attributes } of Records) {
        if (isDelayed(body) || attributes['ApproximateReceiveCount'] !== '1') seen.cameBack++;
        // A histogram holds nothing below 1.
        else seen.waits.record(Math.max(1, now() - Number(attributes['SentTimestamp'])));
      }
    },
    all: () =>
      [...queues].map(([queue, { waits, cameBack }]) => ({
        queue,
        messages: waits.count,
        p50: waits.percentile(50),
        p99: waits.percentile(99),
        max: waits.count === 0 ? 0 : waits.max,
        cameBack,
      })),
  };
}

/** Messages that came out of our own hand and may have been sent with a delay. */
function isDelayed(body: string): boolean {
  const read = parseDeliveryPack(body);
  if (!read.ok) return false;
  const { appointed, hops, items } = read.message;
  return appointed === true || hops !== undefined || items.some(({ n }) => n > 1);
}
