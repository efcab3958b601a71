import { asAlertmanager } from '../lib/pipeline/as-alertmanager.ts';
import { handshake } from '../lib/pipeline/ingest/handshake.ts';
import { postApiAlerts, postHook, postHookUrl, postWebhook } from '../lib/pipeline/ingest/post-alerts.ts';
import { postBeat } from '../lib/pipeline/ingest/post-beat.ts';
import { postEvents } from '../lib/pipeline/ingest/post-events.ts';
import { monotonic, now, wait } from '../lib/platform/clock.ts';
import { readEnv, readOptionalEnv } from '../lib/platform/env.ts';
import { handleHttp } from '../lib/platform/handle.ts';
import { newId } from '../lib/platform/ids.ts';
import { createQueue } from '../lib/platform/queue.ts';
import { router } from '../lib/platform/router.ts';
import { createTelemetry } from '../lib/platform/telemetry.ts';
import { createAlerts } from '../lib/stores/alerts.ts';
import { createCatalogs } from '../lib/stores/catalog.ts';
import { createDynamoClient } from '../lib/stores/client.ts';
import { createCredentials } from '../lib/stores/credentials.ts';
import { createFanOuts } from '../lib/stores/fan-outs.ts';
import { createHeartbeats } from '../lib/stores/heartbeats.ts';
import { ingestDeps } from './wiring/ingest-deps.ts';
import { unknownWrites } from './wiring/state.ts';

const env = readEnv(['catalogTable', 'ledgerTable', 'limitsTable', 'eventsQueue', 'eventsUrgentQueue']);
const orderedQueue = readOptionalEnv('eventsOrderedQueue');
const { client } = createDynamoClient(now);
const topics = createCatalogs({ client, table: env.catalogTable, kind: 'topic', now });
const telemetry = createTelemetry();
const state = {
  ledger: { client, name: env.ledgerTable, wait, onUnknown: unknownWrites(telemetry) },
  limitsTable: { client, name: env.limitsTable, wait },
  telemetry,
  now,
};

const deps = {
  ...ingestDeps(state, {
    enqueue: createQueue().enqueue,
    queues: { normal: env.eventsQueue, urgent: env.eventsUrgentQueue },
    newId,
    topics: topics.get,
    orderedQueue,
  }),
  ...createCredentials({ client, table: env.catalogTable, now }),
  alerts: createAlerts(state.ledger),
  pulses: createHeartbeats(state.ledger, { now }),
  readFanOuts: createFanOuts(state.ledger, { now }).read,
  elapsed: monotonic,
};

export const handler = handleHttp(
  router({
    'POST /v1/events': { query: [], handle: (request) => postEvents(request, deps) },
    'OPTIONS /v1/events': (request) => Promise.resolve(handshake(request)),
    'POST /v1/hooks/{source}': (request) => postHook(request, deps),
    'POST /v1/hooks/{source}/{hookId}': (request) => postHookUrl(request, deps),
    'POST /api/v2/alerts': asAlertmanager((request) => postApiAlerts(request, deps)),
    'POST /v1/heartbeats/{id}': { query: [], handle: (request) => postBeat(request, deps) },
    'POST /webhook': (request) => postWebhook(request, deps),
  }),
  { telemetry },
);
