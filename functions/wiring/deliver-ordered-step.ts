import { deliverOrdered } from '../../lib/pipeline/deliver-ordered.ts';
import type { QueueStep } from '../../lib/platform/handle.ts';
import { type Surroundings, deliverDeps } from './deliver-deps.ts';
import type { State } from './state.ts';

/** Deliveries of ordered topics out of their FIFO queue, on this state. */
export function deliverOrderedStep(state: State, surroundings: Surroundings): QueueStep {
  const deps = deliverDeps(state, surroundings);
  const { now } = state;
  const { newId } = surroundings;
  return (records, { deadlineMs }) =>
    deliverOrdered(records, { ...deps, newOwner: newId, remainingMs: () => deadlineMs - now() });
}
