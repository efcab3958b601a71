import { runReplays } from '../lib/pipeline/replays.ts';
import { runTimers } from '../lib/pipeline/timers.ts';
import { now } from '../lib/platform/clock.ts';
import { readEnv } from '../lib/platform/env.ts';
import { handleSchedule } from '../lib/platform/handle.ts';
import { createQueue } from '../lib/platform/queue.ts';
import { createTelemetry } from '../lib/platform/telemetry.ts';
import { registry } from '../lib/registry.ts';
import { createDead } from '../lib/stores/dead.ts';
import { createDue } from '../lib/stores/due.ts';
import { createEvents } from '../lib/stores/events.ts';
import { createReplays } from '../lib/stores/replay.ts';
import { createReplayJobs } from '../lib/stores/replay-jobs.ts';
import { createReplayPages } from '../lib/stores/replay-pages.ts';
import { openState, readQueues } from './wiring/state.ts';

const env = readEnv(['deliverQueues', 'eventsQueue']);
const telemetry = createTelemetry();
const { catalogs, claims, ledger, outcomes, ttl } = openState(telemetry);

const deps = {
  due: createDue(ledger, { now }),
  bury: createDead(ledger, { now }),
  markDead: claims.markDead,
  logAttempts: outcomes.log,
  ttl,
  enqueue: createQueue().enqueue,
  queues: readQueues(env.deliverQueues),
  telemetry,
};
const replays = {
  ...deps,
  jobs: createReplayJobs(ledger, { now }),
  pages: createReplayPages(ledger),
  replays: createReplays(ledger, { now }),
  events: createEvents(ledger),
  eventsQueue: env.eventsQueue,
  catalog: catalogs.get,
  channels: registry,
  now,
};

export const handler = handleSchedule(
  async ({ deadlineMs }) => {
    const remainingMs = () => deadlineMs - now();
    await runTimers({ ...deps, remainingMs });
    await runReplays({ ...replays, remainingMs });
  },
  { telemetry },
);
