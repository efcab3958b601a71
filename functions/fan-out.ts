import { readEnv } from '../lib/platform/env.ts';
import { handleQueue } from '../lib/platform/handle.ts';
import { createQueue } from '../lib/platform/queue.ts';
import { createTelemetry } from '../lib/platform/telemetry.ts';
import { payloadOf } from '../lib/core/channel-facts.ts';
import { fanOutStep } from './wiring/fan-out-step.ts';
import { openLinks } from './wiring/links.ts';
import { openState, readQueues } from './wiring/state.ts';

const env = readEnv(['deliverQueues', 'ownQueue', 'maxEventAgeSeconds']);
const telemetry = createTelemetry();

const state = openState(telemetry);

const step = fanOutStep(state, {
  maxAgeMs: Number(env.maxEventAgeSeconds) * 1_000,
  enqueue: createQueue().enqueue,
  queues: readQueues(env.deliverQueues),
  ownQueue: env.ownQueue,
  payloadOf,
  links: openLinks(state),
});

export const handler = handleQueue(step, { telemetry });
