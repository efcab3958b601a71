import { ALERT_SOURCES } from '../lib/core/alert.ts';
import { canonicalHash } from '../lib/core/canonical.ts';
import type { Event } from '../lib/core/event.ts';
import { openApi } from '../lib/core/openapi.ts';
import { keptUntil } from '../lib/core/retention.ts';
import { createOpener } from '../lib/pipeline/deliver/open.ts';
import { armedEntries } from '../lib/pipeline/manage/heartbeats.ts';
import { manageRoutes } from '../lib/pipeline/manage/routes.ts';
import { watchedSilences } from '../lib/pipeline/manage/watched-silences.ts';
import { createAws } from '../lib/platform/aws.ts';
import { now, wait } from '../lib/platform/clock.ts';
import { readEnv, readOptionalEnv } from '../lib/platform/env.ts';
import { handleHttp } from '../lib/platform/handle.ts';
import { createTrustedHttp } from '../lib/platform/http.ts';
import { newSecretBytes } from '../lib/platform/ids.ts';
import { readLocalHosts } from '../lib/platform/local-hosts.ts';
import { isPrivateHost } from '../lib/platform/private-host.ts';
import { createQueue, createSqsClient } from '../lib/platform/queue.ts';
import { createQueueDepths } from '../lib/platform/queue-depths.ts';
import { router } from '../lib/platform/router.ts';
import { createSecrets, secretsSource, tenantSecrets } from '../lib/platform/secrets.ts';
import { createTelemetry } from '../lib/platform/telemetry.ts';
import { registry } from '../lib/registry.ts';
import { resolveSettings } from '../lib/settings.ts';
import { createAlerts } from '../lib/stores/alerts.ts';
import { createCatalogs } from '../lib/stores/catalog.ts';
import { createCatalogWriter } from '../lib/stores/catalog-writer.ts';
import { createDynamoClient } from '../lib/stores/client.ts';
import { createCredentialWriter } from '../lib/stores/credential-writer.ts';
import { createCredentials } from '../lib/stores/credentials.ts';
import { createEventBodies } from '../lib/stores/event-bodies.ts';
import { createEvents } from '../lib/stores/events.ts';
import { createFanOuts } from '../lib/stores/fan-outs.ts';
import { createEventGroups } from '../lib/stores/event-groups.ts';
import { createHeartbeats } from '../lib/stores/heartbeats.ts';
import { createInbox } from '../lib/stores/inbox.ts';
import { createIncidents } from '../lib/stores/incidents.ts';
import { createEscalations } from '../lib/stores/escalations.ts';
import { createLinkKeys } from '../lib/stores/link-keys.ts';
import { createReads } from '../lib/stores/reads.ts';
import { createRecipientWriter, createRecipients } from '../lib/stores/recipients.ts';
import { createScopeItems } from '../lib/stores/scope-items.ts';
import { createPauses } from '../lib/stores/pauses.ts';
import { createSchedule } from '../lib/stores/schedule.ts';
import { createTallies } from '../lib/stores/tallies.ts';
import { createSilences } from '../lib/stores/silences.ts';
import { createSilenceWatches } from '../lib/stores/silence-watches.ts';
import { createReplays } from '../lib/stores/replay.ts';
import { createReplayJobs } from '../lib/stores/replay-jobs.ts';
import { createReplayPages } from '../lib/stores/replay-pages.ts';
import { readQueues, unknownWrites } from './wiring/state.ts';

const env = readEnv([
  'stack',
  'catalogTable',
  'ledgerTable',
  'limitsTable',
  'eventsQueue',
  'eventsUrgentQueue',
  'deliverQueues',
  'channels',
]);
const apiUrl = readOptionalEnv('apiUrl');
const localHosts = readLocalHosts();
const orderedQueues = [readOptionalEnv('eventsOrderedQueue'), readOptionalEnv('deliverOrderedQueue')].filter(
  (url) => url !== undefined,
);
const { client } = createDynamoClient(now);
const telemetry = createTelemetry();
const catalog = { client, name: env.catalogTable, wait };
const ledger = { client, name: env.ledgerTable, wait, onUnknown: unknownWrites(telemetry) };
const scopes = createScopeItems({ client, name: env.limitsTable, wait }, { now });
const events = createEvents(ledger);
const pulses = createHeartbeats(ledger, { now });
const sqs = createSqsClient();
const queue = createQueue({ client: sqs });
const secrets = createSecrets(secretsSource(createAws(createTrustedHttp())));

const routes = manageRoutes({
  ...createCredentials({ client, table: env.catalogTable, now }),
  ...createReads(ledger, { readFanOuts: createFanOuts(ledger, { now }).read }),
  replays: createReplays(ledger, { now }),
  jobs: createReplayJobs(ledger, { now }),
  pages: createReplayPages(ledger),
  schedule: createSchedule(ledger, { now }),
  tallies: createTallies(ledger),
  escalations: createEscalations(ledger, { now }),
  groupsOf: createEventGroups(ledger),
  linkKeys: createLinkKeys(ledger, { now }),
  pauses: createPauses(catalog),
  silences: watchedSilences(createSilences(catalog), { watches: createSilenceWatches(ledger), now }),
  alerts: createAlerts(ledger),
  startedAt: now(),
  directory: createRecipientWriter(catalog),
  recipients: createRecipients(catalog, { now }),
  inbox: createInbox(ledger, { now }),
  catalog: createCatalogs({ client, table: env.catalogTable, now }).get,
  findBody: events.body,
  bodies: createEventBodies(ledger),
  findTold: createIncidents(ledger, { now }).find,
  scopeState: scopes.read,
  open: createOpener({
    secrets: tenantSecrets(secrets),
    resolve: (channel, settings, values) => resolveSettings(channel, settings, values, { localHosts }),
    now,
  }),
  ttl: (days?: number) => keptUntil(now(), days),
  entries: armedEntries(createCatalogWriter(catalog), { pulses }),
  pulses,
  credentials: createCredentialWriter(catalog),
  secrets: tenantSecrets(secrets),
  isPrivate: isPrivateHost,
  channels: registry,
  deployed: new Set(env.channels.split(',')),
  sources: ALERT_SOURCES,
  hasOrdered: orderedQueues.length > 0,
  localHosts,
  apiHost: apiUrl && new URL(apiUrl).hostname,
  enqueue: (messages) => queue.enqueue(env.eventsQueue, messages),
  record: async (tenant: string, event: Event, pack: string) => {
    const [kept] = await events.write(tenant, [
      {
        kind: 'event',
        event,
        hash: canonicalHash(event),
        pack,
        at: now(),
        isAlert: false,
        isContested: false,
      },
    ]);
    return kept !== undefined;
  },
  telemetry,
  stack: env.stack,
  queueUrls: [
    env.eventsQueue,
    env.eventsUrgentQueue,
    ...Object.values(readQueues(env.deliverQueues)),
    ...orderedQueues,
  ],
  depths: createQueueDepths(sqs),
  random: newSecretBytes,
  now,
  openApi: () => openApi({ channels: [...registry.values()], url: apiUrl }),
});

export const handler = handleHttp(router(routes), { telemetry });
