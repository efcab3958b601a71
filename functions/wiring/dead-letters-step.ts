import { buryDeadLetters } from '../../lib/pipeline/dead-letters.ts';
import type { QueueStep } from '../../lib/platform/handle.ts';
import { createDead } from '../../lib/stores/dead.ts';
import { createEvents } from '../../lib/stores/events.ts';
import { createFanOuts } from '../../lib/stores/fan-outs.ts';
import { createFailovers } from '../../lib/stores/failovers.ts';
import { createEscalations } from '../../lib/stores/escalations.ts';
import { createSchedule } from '../../lib/stores/schedule.ts';
import { holdOn } from './hold-on.ts';
import type { State } from './state.ts';

/** The last stop of what no consumer could finish, on this state. */
export function deadLettersStep(state: State): QueueStep {
  const { catalogs, recipients, claims, ledger, outcomes, poison, ttl, telemetry, now, wait } = state;
  const deps = {
    catalog: catalogs.get,
    recipients,
    events: createEvents(ledger),
    read: claims.read,
    markDead: claims.markDead,
    logAttempts: outcomes.log,
    bury: createDead(ledger, { now }),
    record: createFanOuts(ledger, { now }).record,
    schedule: createSchedule(ledger, { now }),
    escalations: createEscalations(ledger, { now }),
    failovers: createFailovers(ledger, { now }),
    hold: holdOn(state),
    poison,
    ttl,
    telemetry,
    now,
    wait,
  };
  return (records) => buryDeadLetters(records, deps);
}
