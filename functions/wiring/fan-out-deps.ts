import { createEvents } from '../../lib/stores/events.ts';
import { createInbox } from '../../lib/stores/inbox.ts';
import { createFanOuts } from '../../lib/stores/fan-outs.ts';
import { createEscalations } from '../../lib/stores/escalations.ts';
import { createSchedule } from '../../lib/stores/schedule.ts';
import { createTallies } from '../../lib/stores/tallies.ts';
import type { State } from './state.ts';

/** What a fan-out reads and writes. */
export function fanOutDeps({ catalogs, recipients, ledger, limits, poison, telemetry, now, wait }: State) {
  return {
    catalog: catalogs.get,
    recipients,
    inbox: createInbox(ledger, { now }),
    events: createEvents(ledger),
    record: createFanOuts(ledger, { now }).record,
    schedule: createSchedule(ledger, { now }),
    tallies: createTallies(ledger),
    escalations: createEscalations(ledger, { now }),
    limits,
    poison,
    telemetry,
    now,
    wait,
  };
}
