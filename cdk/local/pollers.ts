import { queueUrl } from './aws-names.ts';
import type { Compute } from './compute.ts';
import { type Poller, startPoller } from './poller.ts';
import { createSqsCall } from './sqs-api.ts';
import type { QueueEngine } from './engines.ts';
import type { SqsEvent } from './sqs-event.ts';
import type { StackModel } from './stack-model.ts';
import type { Stats } from './stats.ts';

export interface PollersOptions {
  readonly compute: Compute;
  /** Mappings act by right of the service: their calls pass no gate. */
  readonly sqs: QueueEngine;
  readonly queueBase: string;
  readonly stats: Stats;
  readonly onReceived?: ((queue: string, event: SqsEvent) => void) | undefined;
}

/** Starts the event source mappings of the stack. */
export function startPollers({ mappings }: StackModel, options: PollersOptions): Poller[] {
  const { compute, sqs, queueBase, stats, onReceived } = options;
  const call = createSqsCall(sqs.endpoint);
  return mappings.map((mapping) =>
    startPoller({
      mapping,
      queueUrl: queueUrl(queueBase, mapping.queue),
      cap: Math.min(mapping.maximumConcurrency, compute.cap(mapping.target)),
      call,
      endWaiting: sqs.endWaiting,
      invoke(event) {
        stats.of(mapping.target).records += event.Records.length;
        onReceived?.(mapping.queue, event);
        return compute.invoke(mapping.target, event);
      },
      onRequest: () => void stats.of(mapping.target).mappingRequests++,
    }),
  );
}
