import { fanOut } from '../lib/pipeline/fan-out.ts';
import { now, wait } from '../lib/platform/clock.ts';
import { readEnv } from '../lib/platform/env.ts';
import { handleQueue } from '../lib/platform/handle.ts';
import { createQueue } from '../lib/platform/queue.ts';
import { createTelemetry } from '../lib/platform/telemetry.ts';
import { registry } from '../lib/registry.ts';
import { createLimits } from '../lib/stores/limits.ts';
import { openState, readQueues } from './wiring/state.ts';

const env = readEnv(['deliverQueues', 'ownQueue', 'maxEventAgeSeconds']);
const telemetry = createTelemetry();
const { catalogs, events, fanOuts, limits, poison } = openState(telemetry);

const deps = {
  catalog: catalogs.get,
  events,
  limits: createLimits(limits, { now }),
  maxAgeMs: Number(env.maxEventAgeSeconds) * 1_000,
  record: fanOuts.record,
  enqueue: createQueue().enqueue,
  queues: readQueues(env.deliverQueues),
  ownQueue: env.ownQueue,
  payloadOf: (channel: string) => registry.get(channel)?.payload ?? 'text',
  poison,
  telemetry,
  now,
  wait,
};

export const handler = handleQueue((records) => fanOut(records, deps), { telemetry });
