import { readEnv } from '../lib/platform/env.ts';
import { handleQueue } from '../lib/platform/handle.ts';
import { createQueue } from '../lib/platform/queue.ts';
import { createTelemetry } from '../lib/platform/telemetry.ts';
import { payloadOf } from '../lib/core/channel-facts.ts';
import { fanOutOrderedStep } from './wiring/fan-out-ordered-step.ts';
import { openLinks } from './wiring/links.ts';
import { openState } from './wiring/state.ts';

const env = readEnv(['deliverOrderedQueue', 'ownQueue', 'maxEventAgeSeconds']);
const telemetry = createTelemetry();

const state = openState(telemetry);

const step = fanOutOrderedStep(state, {
  maxAgeMs: Number(env.maxEventAgeSeconds) * 1_000,
  enqueue: createQueue().enqueue,
  deliverQueue: env.deliverOrderedQueue,
  ownQueue: env.ownQueue,
  payloadOf,
  links: openLinks(state),
});

export const handler = handleQueue(step, { telemetry });
