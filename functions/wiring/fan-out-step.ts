import { type FanOutDeps, fanOut } from '../../lib/pipeline/fan-out.ts';
import type { QueueStep } from '../../lib/platform/handle.ts';
import { createEvents } from '../../lib/stores/events.ts';
import { createFanOuts } from '../../lib/stores/fan-outs.ts';
import type { State } from './state.ts';

type Surroundings = Pick<FanOutDeps, 'enqueue' | 'queues' | 'ownQueue' | 'payloadOf' | 'maxAgeMs'>;

/** Events in, deliveries out, on this state. */
export function fanOutStep(state: State, surroundings: Surroundings): QueueStep {
  const { catalogs, ledger, limits, poison, telemetry, now, wait } = state;
  const deps = {
    ...surroundings,
    catalog: catalogs.get,
    events: createEvents(ledger),
    record: createFanOuts(ledger, { now }).record,
    limits,
    poison,
    telemetry,
    now,
    wait,
  };
  return (records) => fanOut(records, deps);
}
