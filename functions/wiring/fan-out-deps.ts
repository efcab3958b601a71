import { createFiring } from '../../lib/pipeline/fan-out/firing.ts';
import { createAlerts } from '../../lib/stores/alerts.ts';
import { createEventBodies } from '../../lib/stores/event-bodies.ts';
import { createEvents } from '../../lib/stores/events.ts';
import { createInboxWrites } from '../../lib/stores/inbox-writes.ts';
import { createFanOuts } from '../../lib/stores/fan-outs.ts';
import { createFailovers } from '../../lib/stores/failovers.ts';
import { createEscalations } from '../../lib/stores/escalations.ts';
import { createLimits } from '../../lib/stores/limits.ts';
import { createSchedule } from '../../lib/stores/schedule.ts';
import { createStandIns } from '../../lib/stores/stand-ins.ts';
import { createSilenceWatches } from '../../lib/stores/silence-watches.ts';
import { createTallies } from '../../lib/stores/tallies.ts';
import { holdOn } from './hold-on.ts';
import type { State } from './state.ts';

/** What a fan-out reads and writes. */
export function fanOutDeps(state: State) {
  const { catalogs, recipients, ledger, limitsTable, poison, telemetry, now, wait } = state;
  const alerts = createAlerts(ledger);
  const fanOuts = createFanOuts(ledger, { now });
  return {
    hold: holdOn(state),
    catalog: catalogs.get,
    firing: createFiring({ list: (tenant) => alerts.list(tenant), now }),
    recipients,
    inbox: createInboxWrites(ledger, { now }),
    events: createEvents(ledger),
    bodies: createEventBodies(ledger),
    record: fanOuts.record,
    open: fanOuts.open,
    schedule: createSchedule(ledger, { now }),
    tallies: createTallies(ledger),
    escalations: createEscalations(ledger, { now }),
    watches: createSilenceWatches(ledger),
    failovers: createFailovers(ledger, { now }),
    standIns: createStandIns(ledger, { now }),
    limits: createLimits(limitsTable, { now }),
    poison,
    telemetry,
    now,
    wait,
  };
}
