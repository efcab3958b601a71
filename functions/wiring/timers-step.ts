import type { AlertState } from '../../lib/core/alert-state.ts';
import type { DueEntry } from '../../lib/core/due-entry.ts';
import { failOver } from '../../lib/pipeline/failovers.ts';
import { watchHeartbeats } from '../../lib/pipeline/heartbeats.ts';
import { runReplays } from '../../lib/pipeline/replays.ts';
import { type ScheduleDeps, sendScheduled } from '../../lib/pipeline/schedule.ts';
import { resumeParked } from '../../lib/pipeline/resume.ts';
import { tellOfSilences } from '../../lib/pipeline/silence-notices.ts';
import { runTimers } from '../../lib/pipeline/timers.ts';
import { type WindowDeps, closeWindows } from '../../lib/pipeline/windows.ts';
import type { ScheduleStep } from '../../lib/platform/handle.ts';
import { setAlert } from '../../lib/stores/alerts.ts';
import { readEntry } from '../../lib/stores/catalog.ts';
import { createDead } from '../../lib/stores/dead.ts';
import { createDue } from '../../lib/stores/due.ts';
import { createEscalations } from '../../lib/stores/escalations.ts';
import { createEventBodies } from '../../lib/stores/event-bodies.ts';
import { createEvents } from '../../lib/stores/events.ts';
import { createFailovers } from '../../lib/stores/failovers.ts';
import { createFanOuts } from '../../lib/stores/fan-outs.ts';
import { createInboxWrites } from '../../lib/stores/inbox-writes.ts';
import { createLots } from '../../lib/stores/lots.ts';
import { createMembers } from '../../lib/stores/members.ts';
import { createPulses } from '../../lib/stores/pulses.ts';
import { createReplays } from '../../lib/stores/replay.ts';
import { createReplayJobs } from '../../lib/stores/replay-jobs.ts';
import { createReplayPages } from '../../lib/stores/replay-pages.ts';
import { createSchedule } from '../../lib/stores/schedule.ts';
import { createSilenceWatches } from '../../lib/stores/silence-watches.ts';
import { createSilences } from '../../lib/stores/silences.ts';
import { createStandIns } from '../../lib/stores/stand-ins.ts';
import { createWindows } from '../../lib/stores/windows.ts';
import { type State, windowTtlAt } from './state.ts';

interface Surroundings
  extends
    Pick<Parameters<typeof runReplays>[0], 'enqueue' | 'queues' | 'channels'>,
    Pick<ScheduleDeps, 'eventQueues'>,
    Pick<WindowDeps, 'newId' | 'links'> {}

/** What is due in this minute, on this state. */
export function timersStep(state: State, surroundings: Surroundings): ScheduleStep {
  const { catalogs, catalogTable, claims, ledger, outcomes, ttl, telemetry, now } = state;
  const time = { now };
  const events = createEvents(ledger);
  const fanOuts = createFanOuts(ledger, time);
  const failovers = createFailovers(ledger, time);
  const deps = {
    ...surroundings,
    due: createDue(ledger, time),
    bury: createDead(ledger, time),
    markDead: claims.markDead,
    logAttempts: outcomes.log,
    ttl,
    telemetry,
  };
  const parked = { ...deps, lots: createLots(ledger, time), catalog: catalogs.get, now };
  const replays = {
    ...parked,
    jobs: createReplayJobs(ledger, time),
    pages: createReplayPages(ledger),
    replays: createReplays(ledger, time),
    events,
    recipients: state.recipients,
    inbox: createInboxWrites(ledger, time),
    eventsQueue: surroundings.eventQueues.normal,
  };
  const schedule = { ...surroundings, schedule: createSchedule(ledger, time), now };
  const notices = {
    ...surroundings,
    watches: createSilenceWatches(ledger),
    silences: createSilences(catalogTable),
    now,
  };
  const heartbeats = {
    ...notices,
    pulses: createPulses(ledger, time),
    findHeartbeat: (tenant: string, id: string) => heartbeatIn(catalogTable, tenant, id),
    catalog: catalogs.get,
    readFanOuts: fanOuts.read,
    setAlert: (tenant: string, known: AlertState) => setAlert(ledger, tenant, known),
    telemetry,
  };
  const windows = {
    ...parked,
    windows: createWindows(ledger, time),
    escalations: createEscalations(ledger, time),
    members: createMembers(ledger, time),
    events,
    record: fanOuts.record,
    failovers,
    standIns: createStandIns(ledger, time),
    windowTtl: (days?: number) => windowTtlAt(now(), days),
  };
  const bodies = createEventBodies(ledger);
  const overlooked = { ...parked, bodies, failovers, recorded: fanOuts.read };
  const duties = [
    (entries: readonly DueEntry[]) => sendScheduled(entries, schedule),
    (entries: readonly DueEntry[]) => tellOfSilences(entries, notices),
    (entries: readonly DueEntry[]) => watchHeartbeats(entries, heartbeats),
    (entries: readonly DueEntry[]) => closeWindows(entries, windows),
    (entries: readonly DueEntry[]) => failOver(entries, overlooked),
  ];
  return async ({ deadlineMs }) => {
    const remainingMs = () => deadlineMs - now();
    await runTimers({ ...deps, duties, remainingMs });
    await resumeParked({ ...parked, remainingMs });
    await runReplays({ ...replays, remainingMs });
  };
}

async function heartbeatIn({ client, name }: State['catalogTable'], tenant: string, id: string) {
  const entry = await readEntry(client, name, tenant, 'heartbeat', id);
  return entry?.kind === 'heartbeat' ? { ...entry.body, id } : undefined;
}
