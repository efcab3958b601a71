import { runTimers } from '../lib/pipeline/timers.ts';
import { now } from '../lib/platform/clock.ts';
import { readEnv } from '../lib/platform/env.ts';
import { handleSchedule } from '../lib/platform/handle.ts';
import { createQueue } from '../lib/platform/queue.ts';
import { createTelemetry } from '../lib/platform/telemetry.ts';
import { createDue } from '../lib/stores/due.ts';
import { openState, readQueues } from './wiring/state.ts';

const env = readEnv(['deliverQueues']);
const telemetry = createTelemetry();
const { ledger } = openState(telemetry);

const deps = {
  due: createDue(ledger, { now }),
  enqueue: createQueue().enqueue,
  queues: readQueues(env.deliverQueues),
  telemetry,
};

export const handler = handleSchedule(
  ({ deadlineMs }) => runTimers({ ...deps, remainingMs: () => deadlineMs - now() }),
  { telemetry },
);
