import { deliverStep } from '../../functions/wiring/deliver-step.ts';
import { fanOutStep } from '../../functions/wiring/fan-out-step.ts';
import { stateOn } from '../../functions/wiring/state.ts';
import { handleQueue } from '../../lib/platform/handle.ts';
import { chance, newId } from '../../lib/platform/ids.ts';
import { type Transports, createPost } from '../../lib/platform/post.ts';
import { createQueue } from '../../lib/platform/queue.ts';
import { type InvocationTelemetry, createTelemetry } from '../../lib/platform/telemetry.ts';
import { registry } from '../../lib/registry.ts';
import { resolveSettings } from '../../lib/settings.ts';
import type { StillClock } from './still-clock.ts';
import type { World } from './world.ts';

const QUEUE = 'https://sqs.us-east-1.amazonaws.com/000000000000/queue';

export interface Outside {
  readonly http: NonNullable<Transports['http']>;
  readonly localHosts: readonly string[];
  readonly clock: Pick<StillClock, 'now' | 'wait'>;
  readonly telemetry?: InvocationTelemetry;
}

/** Answers every post at once: no request leaves the process. */
export const stubbedHttp: Outside['http'] = async () => ({
  kind: 'reply',
  status: 200,
  headers: {},
  body: '',
});

/** The handlers of the deployed functions, wired as these are, on clients that are given. */
export function fanfareHandlers(
  { client, sqs, tables }: World['fanfare'],
  { http, localHosts, clock: { now, wait }, telemetry = createTelemetry() }: Outside,
) {
  const state = stateOn({ client, tables, now, wait, telemetry });
  const queue = createQueue({ client: sqs });
  const queues = { http: QUEUE, webhook: QUEUE, urgent: QUEUE };
  const deliver = deliverStep(state, {
    channelOf: (name) => registry.get(name),
    secrets: async () => new Map(),
    resolve: (channel, settings, values) => resolveSettings(channel, settings, values, { localHosts }),
    post: createPost({ http }),
    queue,
    ownQueue: QUEUE,
    queues,
    eventQueues: { normal: QUEUE, urgent: QUEUE },
    timeoutMs: 30_000,
    skewMs: () => 0,
    random: chance,
    newId,
  });
  const fanOut = fanOutStep(state, {
    maxAgeMs: Infinity,
    enqueue: queue.enqueue,
    queues,
    ownQueue: QUEUE,
    payloadOf: (channel) => registry.get(channel)?.payload ?? 'text',
  });
  return { deliver: handleQueue(deliver, { telemetry }), fanOut: handleQueue(fanOut, { telemetry }) };
}
