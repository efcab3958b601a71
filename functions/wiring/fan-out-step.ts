import { type FanOutDeps, fanOut } from '../../lib/pipeline/fan-out.ts';
import type { QueueStep } from '../../lib/platform/handle.ts';
import { fanOutDeps } from './fan-out-deps.ts';
import type { State } from './state.ts';

type Surroundings = Pick<FanOutDeps, 'enqueue' | 'queues' | 'ownQueue' | 'payloadOf' | 'maxAgeMs' | 'links'>;

/** Events in, deliveries out, on this state. */
export function fanOutStep(state: State, surroundings: Surroundings): QueueStep {
  const deps = { ...fanOutDeps(state), ...surroundings };
  return (records) => fanOut(records, deps);
}
