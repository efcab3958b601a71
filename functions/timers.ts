import { CHANNEL_FACTS } from '../lib/core/channel-facts.ts';
import { readEnv } from '../lib/platform/env.ts';
import { handleSchedule } from '../lib/platform/handle.ts';
import { newId } from '../lib/platform/ids.ts';
import { createQueue } from '../lib/platform/queue.ts';
import { createTelemetry } from '../lib/platform/telemetry.ts';
import { openLinks } from './wiring/links.ts';
import { openState, readQueues } from './wiring/state.ts';
import { timersStep } from './wiring/timers-step.ts';

const env = readEnv(['deliverQueues', 'eventsQueue', 'eventsUrgentQueue']);
const telemetry = createTelemetry();

const state = openState(telemetry);

const step = timersStep(state, {
  enqueue: createQueue().enqueue,
  queues: readQueues(env.deliverQueues),
  eventQueues: { normal: env.eventsQueue, urgent: env.eventsUrgentQueue },
  channels: CHANNEL_FACTS,
  newId,
  links: openLinks(state),
});

export const handler = handleSchedule(step, { telemetry });
