import { deliver } from '../../lib/pipeline/deliver.ts';
import { createGoneAnnouncer } from '../../lib/pipeline/deliver/announce-gone.ts';
import { createOpener } from '../../lib/pipeline/deliver/open.ts';
import { now, wait } from '../../lib/platform/clock.ts';
import { createAws } from '../../lib/platform/aws.ts';
import { readEnv } from '../../lib/platform/env.ts';
import { handleQueue } from '../../lib/platform/handle.ts';
import { createHttp, createTrustedHttp } from '../../lib/platform/http.ts';
import { chance, newId } from '../../lib/platform/ids.ts';
import { readLocalHosts } from '../../lib/platform/local-hosts.ts';
import { type Transports, createPost } from '../../lib/platform/post.ts';
import { createQueue } from '../../lib/platform/queue.ts';
import { createSecrets, secretsSource, tenantSecrets } from '../../lib/platform/secrets.ts';
import { createTelemetry } from '../../lib/platform/telemetry.ts';
import { registry } from '../../lib/registry.ts';
import { resolveSettings } from '../../lib/settings.ts';
import { createCatalogWriter } from '../../lib/stores/catalog-writer.ts';
import { MAX_SKEW_MS } from '../../lib/stores/client.ts';
import { disableDestination } from '../../lib/stores/disable.ts';
import { createLimits } from '../../lib/stores/limits.ts';
import { openState } from './state.ts';

/** A claim outlives every invocation that may hold it: time-out and 5 s. */
const LEASE_MARGIN_MS = 5_000;

/** The handler of a deliver queue; a bundle adds the transports it needs beyond HTTP and AWS. */
export function deliverHandler(transports: Pick<Transports, 'smtp'> = {}) {
  const env = readEnv(['ownQueue', 'eventsQueue', 'timeoutSeconds']);
  const localHosts = readLocalHosts();
  const telemetry = createTelemetry();
  const state = openState(telemetry);
  const queue = createQueue();
  const aws = createAws({ send: createTrustedHttp().send });
  const secrets = tenantSecrets(createSecrets(secretsSource(aws)));
  const writer = createCatalogWriter(state.catalogTable);
  const announce = createGoneAnnouncer({ enqueue: queue.enqueue, events: env.eventsQueue, now });

  const deps = {
    catalog: state.catalogs.get,
    channelOf: (name: string) => registry.get(name),
    open: createOpener({
      secrets,
      resolve: (channel, settings, values) => resolveSettings(channel, settings, values, { localHosts }),
      now,
    }),
    limits: createLimits(state.limits, { now }),
    claims: state.claims,
    complete: state.claims.complete,
    markDead: state.claims.markDead,
    outcomes: state.outcomes,
    logAttempts: state.outcomes.log,
    poison: state.poison,
    post: createPost({ http: createHttp({ localHosts }).send, aws, ...transports }),
    enqueue: queue.enqueue,
    extend: (entries: Parameters<typeof queue.extend>[1]) => queue.extend(env.ownQueue, entries),
    ownQueue: env.ownQueue,
    disable: (tenant: string, id: string, reason: 'gone') =>
      disableDestination(tenant, id, reason, { writer, announce }),
    skewed: () => Math.abs(state.skewMs()) > MAX_SKEW_MS,
    onWasted: (slots: number) => telemetry.add('SlotsWasted', slots),
    leaseMs: Number(env.timeoutSeconds) * 1_000 + LEASE_MARGIN_MS,
    ttl: state.ttl,
    random: chance,
    telemetry,
    now,
    wait,
  };

  return handleQueue(
    (records, { deadlineMs }) =>
      deliver(records, { ...deps, owner: newId(), remainingMs: () => deadlineMs - now() }),
    { telemetry },
  );
}
