import { type FanOutDeps, fanOut } from '../../lib/pipeline/fan-out.ts';
import type { QueueStep } from '../../lib/platform/handle.ts';
import type { State } from './state.ts';

type Surroundings = Pick<FanOutDeps, 'enqueue' | 'queues' | 'ownQueue' | 'payloadOf' | 'maxAgeMs'>;

/** Events in, deliveries out, on this state. */
export function fanOutStep(state: State, surroundings: Surroundings): QueueStep {
  const { catalogs, events, fanOuts, limits, poison, telemetry, now, wait } = state;
  const own = { catalog: catalogs.get, events, limits, record: fanOuts.record, poison, telemetry, now, wait };
  const deps = { ...own, ...surroundings };
  return (records) => fanOut(records, deps);
}
