import { createAws } from '../../lib/platform/aws.ts';
import { readEnv } from '../../lib/platform/env.ts';
import { type QueueStep, handleQueue } from '../../lib/platform/handle.ts';
import { createHttp, createTrustedHttp } from '../../lib/platform/http.ts';
import { chance, newId } from '../../lib/platform/ids.ts';
import { readLocalHosts } from '../../lib/platform/local-hosts.ts';
import { type Transports, createPost } from '../../lib/platform/post.ts';
import { createQueue } from '../../lib/platform/queue.ts';
import { createSecrets, secretsSource, tenantSecrets } from '../../lib/platform/secrets.ts';
import { createTelemetry } from '../../lib/platform/telemetry.ts';
import { registry } from '../../lib/registry.ts';
import { resolveSettings } from '../../lib/settings.ts';
import type { Surroundings } from './deliver-deps.ts';
import { type State, openState, readQueues } from './state.ts';

/** A step on the state of a function: deliveries in any order, or in theirs. */
type StepOn = (state: State, surroundings: Surroundings) => QueueStep;

/** The handler of a deliver queue; a bundle adds the transports it needs beyond HTTP and AWS. */
export function deliverHandler(stepOn: StepOn, transports: Pick<Transports, 'smtp'> = {}) {
  const env = readEnv(['ownQueue', 'deliverQueues', 'eventsQueue', 'eventsUrgentQueue', 'timeoutSeconds']);
  const localHosts = readLocalHosts();
  const telemetry = createTelemetry();
  const aws = createAws({ send: createTrustedHttp().send });
  const { skewMs, ...state } = openState(telemetry);

  const step = stepOn(state, {
    channelOf: (name) => registry.get(name),
    secrets: tenantSecrets(createSecrets(secretsSource(aws))),
    resolve: (channel, settings, values) => resolveSettings(channel, settings, values, { localHosts }),
    post: createPost({ http: createHttp({ localHosts }).send, aws, ...transports }),
    queue: createQueue(),
    ownQueue: env.ownQueue,
    queues: readQueues(env.deliverQueues),
    eventQueues: { normal: env.eventsQueue, urgent: env.eventsUrgentQueue },
    timeoutMs: Number(env.timeoutSeconds) * 1_000,
    skewMs,
    random: chance,
    newId,
  });

  return handleQueue(step, { telemetry });
}
