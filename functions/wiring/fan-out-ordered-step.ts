import type { FanOutDeps } from '../../lib/pipeline/fan-out.ts';
import { fanOutOrdered } from '../../lib/pipeline/fan-out-ordered.ts';
import { inOrder } from '../../lib/pipeline/ordered/in-order.ts';
import type { QueueStep } from '../../lib/platform/handle.ts';
import { fanOutDeps } from './fan-out-deps.ts';
import type { State } from './state.ts';

interface Surroundings extends Pick<FanOutDeps, 'enqueue' | 'ownQueue' | 'payloadOf' | 'maxAgeMs' | 'links'> {
  /** The FIFO queue of all deliveries of ordered topics, whatever their channel and lane. */
  readonly deliverQueue: string;
}

/** Events of ordered topics in, their deliveries out, on this state. */
export function fanOutOrderedStep(state: State, { enqueue, deliverQueue, ...rest }: Surroundings): QueueStep {
  const deps = {
    ...fanOutDeps(state),
    ...rest,
    enqueue: inOrder(enqueue),
    queues: { http: deliverQueue, urgent: deliverQueue },
    // What goes back into the queue would be out of order.
    maxDeliveries: Infinity,
  };
  return (records) => fanOutOrdered(records, deps);
}
