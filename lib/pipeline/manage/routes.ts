import { ENTRY_KINDS, SECTIONS } from '../../core/catalog-entry.ts';
import { MANAGE_OPERATIONS, readScope } from '../../core/operations.ts';
import { ProblemError, problem } from '../../core/problem.ts';
import { asAlertmanager } from '../as-alertmanager.ts';
import { listAlertGroups, listAlerts } from './api-alerts.ts';
import type { AuthDeps } from '../authorise.ts';
import { acknowledge, type AcknowledgeDeps } from './acknowledge.ts';
import { cancelEvent, type CancelDeps } from './cancel-event.ts';
import {
  type AlertmanagerDeps,
  endApiSilence,
  getApiSilence,
  getApiStatus,
  listApiSilences,
  listReceivers,
  postApiSilence,
} from './alertmanager.ts';
import { getEvent, listDeliveries, type ReadDeps } from './deliveries.ts';
import { type Endpoint, type Guard, guard } from './endpoint.ts';
import { deleteEntry, getEntry, listEntries, patchEntry, putEntry } from './entries.ts';
import { explain, type ExplainDeps } from './explain.ts';
import { getHealth, type HealthDeps } from './health.ts';
import { getHeartbeat, type HeartbeatsDeps, listHeartbeats } from './heartbeats.ts';
import { discardDelivery, getDelivery, type OneDeliveryDeps } from './one-delivery.ts';
import { type InboxDeps, listInbox, readAll, readItem } from './inbox.ts';
import { endPause, listPauses, type PausesDeps, startPause } from './pauses.ts';
import { type LinksDeps, followLink, showLink } from './links.ts';
import { listQueues, type QueuesDeps } from './queues.ts';
import {
  deleteRecipient,
  getRecipient,
  listRecipients,
  patchRecipient,
  putRecipient,
  type RecipientsDeps,
} from './recipients.ts';
import { replayDelivery, type ReplayDeps } from './replay-delivery.ts';
import { getReplay, listReplays, type ReplaysDeps, startReplay, turnReplay } from './replays.ts';
import { rotateSecret } from './rotate-secret.ts';
import { endSilence, getSilence, listSilences, putSilence, type SilencesDeps } from './silences.ts';
import { testDestination, type TestDeps } from './test-destination.ts';
import { getCatalog, putCatalog, type WholeCatalogDeps } from './whole-catalog.ts';

export interface ManageDeps
  extends
    AuthDeps,
    Omit<WholeCatalogDeps, 'directory'>,
    ReadDeps,
    CancelDeps,
    Pick<AcknowledgeDeps, 'escalations' | 'groupsOf'>,
    Pick<LinksDeps, 'linkKeys'>,
    QueuesDeps,
    Omit<HealthDeps, 'entries' | 'pauses'>,
    Pick<HeartbeatsDeps, 'pulses'>,
    Omit<ExplainDeps, 'entries' | 'pauses' | 'channels'>,
    Omit<RecipientsDeps, 'entries'>,
    Omit<InboxDeps, 'inbox'>,
    Omit<PausesDeps, 'entries'>,
    Omit<SilencesDeps, 'entries'>,
    AlertmanagerDeps,
    OneDeliveryDeps,
    Omit<ReplaysDeps, 'entries'>,
    Omit<TestDeps, 'entries'>,
    Omit<ReplayDeps, 'entries' | 'replays' | 'inbox' | 'directory'> {
  readonly inbox: InboxDeps['inbox'] & ReplayDeps['inbox'];
  readonly replays: OneDeliveryDeps['replays'] & ReplayDeps['replays'];
  /** The API description; made when it is first asked for. */
  readonly openApi: () => unknown;
}

/** An endpoint and the query parameters it knows; others are refused. */
export interface ManageRoute {
  readonly query: readonly string[];
  /** Those that may be given more than once. */
  readonly repeats: readonly string[];
  readonly handle: Endpoint;
}

/** The management API: method and path -> what answers. Whatever is not here is 404 or 405. */
export function manageRoutes(deps: ManageDeps): Readonly<Record<string, ManageRoute>> {
  const allow = guard(deps);
  const entryRoutes = ENTRY_KINDS.flatMap((kind) => {
    const path = `/v1/${SECTIONS[kind]}`;
    const read = readScope(kind);
    return [
      [`GET ${path}`, allow(read, listEntries(kind, deps))],
      [`GET ${path}/{id}`, allow(read, getEntry(kind, deps))],
      [`PUT ${path}/{id}`, allow('manage', putEntry(kind, deps))],
      [`PATCH ${path}/{id}`, allow('manage', patchEntry(kind, deps))],
      [`DELETE ${path}/{id}`, allow('manage', deleteEntry(kind, deps))],
    ] as const;
  });
  const endpoints: Readonly<Record<string, Endpoint>> = {
    ...Object.fromEntries(entryRoutes),
    'GET /v1/heartbeats': allow('read', listHeartbeats(deps)),
    'GET /v1/heartbeats/{id}': allow('read', getHeartbeat(deps)),
    'GET /v1/destinations/{id}/health': allow('read', getHealth(deps)),
    'POST /v1/destinations/{id}/test': allow('manage', testDestination(deps)),
    'POST /v1/destinations/{id}/rotate': allow('manage', rotateSecret(deps)),
    'GET /v1/catalog': allow('manage', getCatalog(deps)),
    'PUT /v1/catalog': allow('manage', putCatalog(deps)),
    'GET /v1/events/{id}': allow('read', getEvent(deps)),
    'DELETE /v1/events/{id}': allow('send', cancelEvent(deps)),
    'POST /v1/events/{id}/acknowledge': allow('send', acknowledge(deps)),
    'GET /v1/deliveries': allow('read', listDeliveries(deps)),
    'GET /v1/deliveries/{id}': allow('read', getDelivery(deps)),
    'POST /v1/deliveries/{id}/replay': allow('manage', replayDelivery(deps)),
    'POST /v1/deliveries/{id}/discard': allow('manage', discardDelivery(deps)),
    'POST /v1/replays': allow('manage', startReplay(deps)),
    'GET /v1/replays': allow('read', listReplays(deps)),
    'GET /v1/replays/{id}': allow('read', getReplay(deps)),
    'POST /v1/replays/{id}/pause': allow('manage', turnReplay('paused', deps)),
    'POST /v1/replays/{id}/resume': allow('manage', turnReplay('running', deps)),
    'POST /v1/replays/{id}/cancel': allow('manage', turnReplay('cancelled', deps)),
    'POST /v1/pauses': allow('manage', startPause(deps)),
    'GET /v1/pauses': allow('read', listPauses(deps)),
    'DELETE /v1/pauses/{id}': allow('manage', endPause(deps)),
    'POST /v1/explain': allow('read', explain(deps)),
    'POST /v1/silences': allow('manage', putSilence(deps)),
    'GET /v1/silences': allow('read', listSilences(deps)),
    'GET /v1/silences/{id}': allow('read', getSilence(deps)),
    'DELETE /v1/silences/{id}': allow('manage', endSilence(deps)),
    'GET /v1/recipients': allow('read', listRecipients(deps)),
    'GET /v1/recipients/{id}': allow('read', getRecipient(deps)),
    'PUT /v1/recipients/{id}': allow('manage', putRecipient(deps)),
    'PATCH /v1/recipients/{id}': allow('manage', patchRecipient(deps)),
    'DELETE /v1/recipients/{id}': allow('manage', deleteRecipient(deps)),
    'GET /v1/recipients/{id}/inbox': allow('read', listInbox(deps)),
    'POST /v1/recipients/{id}/inbox/read': allow('manage', readAll(deps)),
    'POST /v1/recipients/{id}/inbox/{item}/read': allow('manage', readItem(deps)),
    'GET /v1/queues': allow('read', listQueues(deps)),
    ...alertmanagerRoutes(deps, allow),
    'GET /v1/links/{token}': showLink(deps),
    'POST /v1/links/{token}': followLink(deps),
    'GET /healthz': async () => ({ status: 200, body: { status: 'ok' } }),
    'GET /openapi.json': async () => ({ status: 200, body: deps.openApi() }),
    // Owned by the ingest function; a request that ends up here has used another method.
    'POST /v1/events': elsewhere,
    'OPTIONS /v1/events': elsewhere,
    'POST /v1/hooks/{source}/{hookId}': elsewhere,
    'POST /v1/heartbeats/{id}': elsewhere,
    'POST /webhook': elsewhere,
    'POST /api/v2/alerts': elsewhere,
  };
  const routes = Object.entries(endpoints).map(([key, handle]) => {
    const { query = [], repeats = [] } = MANAGE_OPERATIONS[key] ?? {};
    return [key, { query, repeats, handle }] as const;
  });
  return Object.fromEntries(routes);
}

function alertmanagerRoutes(deps: ManageDeps, allow: Guard): Readonly<Record<string, Endpoint>> {
  const endpoints = {
    'GET /api/v2/alerts': allow('read', listAlerts(deps)),
    'GET /api/v2/alerts/groups': allow('read', listAlertGroups(deps)),
    'GET /api/v2/silences': allow('read', listApiSilences(deps)),
    'POST /api/v2/silences': allow('manage', postApiSilence(deps)),
    'GET /api/v2/silence/{id}': allow('read', getApiSilence(deps)),
    'DELETE /api/v2/silence/{id}': allow('manage', endApiSilence(deps)),
    'GET /api/v2/receivers': allow('read', listReceivers(deps)),
    'GET /api/v2/status': allow('read', getApiStatus(deps)),
  };
  return Object.fromEntries(
    Object.entries(endpoints).map(([key, endpoint]) => [key, asAlertmanager(endpoint)]),
  );
}

async function elsewhere(): Promise<never> {
  throw new ProblemError(problem('not-found'));
}
