import { deliver } from '../../lib/pipeline/deliver.ts';
import type { QueueStep } from '../../lib/platform/handle.ts';
import { type Surroundings, deliverDeps } from './deliver-deps.ts';
import type { State } from './state.ts';

/** Deliveries out of a queue and to their providers, on this state. */
export function deliverStep(state: State, surroundings: Surroundings): QueueStep {
  const deps = deliverDeps(state, surroundings);
  const { now } = state;
  return (records, { deadlineMs }) =>
    deliver(records, { ...deps, owner: surroundings.newId(), remainingMs: () => deadlineMs - now() });
}
