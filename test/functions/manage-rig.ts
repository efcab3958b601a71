import { randomBytes } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect } from 'vitest';
import { createTables, startDynamo, testTables } from '../../cdk/local/dynamo.ts';
import { ALERT_SOURCES } from '../../lib/core/alert.ts';
import { API_KEY_BYTES, createApiKey, formatApiKey, hashSecret } from '../../lib/core/api-key.ts';
import type { ApiScope } from '../../lib/core/catalog.ts';
import type { OutgoingMessage } from '../../lib/core/message.ts';
import { openApi } from '../../lib/core/openapi.ts';
import { PROBLEMS } from '../../lib/core/problem.ts';
import type { EventView } from '../../lib/core/views.ts';
import type { ReadDeps } from '../../lib/pipeline/manage/deliveries.ts';
import { createOpener } from '../../lib/pipeline/deliver/open.ts';
import { armedEntries } from '../../lib/pipeline/manage/heartbeats.ts';
import { manageRoutes } from '../../lib/pipeline/manage/routes.ts';
import { watchedSilences } from '../../lib/pipeline/manage/watched-silences.ts';
import { type HttpAnswer, type HttpRequestIn, router } from '../../lib/platform/router.ts';
import { registry } from '../../lib/registry.ts';
import { resolveSettings } from '../../lib/settings.ts';
import { createAlerts } from '../../lib/stores/alerts.ts';
import { createCatalogs } from '../../lib/stores/catalog.ts';
import { createEventBodies } from '../../lib/stores/event-bodies.ts';
import { createEvents } from '../../lib/stores/events.ts';
import { createCatalogWriter } from '../../lib/stores/catalog-writer.ts';
import { createCredentialWriter } from '../../lib/stores/credential-writer.ts';
import { createCredentials } from '../../lib/stores/credentials.ts';
import { createEscalations } from '../../lib/stores/escalations.ts';
import { createEventGroups } from '../../lib/stores/event-groups.ts';
import { createLinkKeys } from '../../lib/stores/link-keys.ts';
import { createPauses } from '../../lib/stores/pauses.ts';
import { createSilences } from '../../lib/stores/silences.ts';
import { createSilenceWatches } from '../../lib/stores/silence-watches.ts';
import { createScopeItems } from '../../lib/stores/scope-items.ts';
import { createFanOuts } from '../../lib/stores/fan-outs.ts';
import { createHeartbeats } from '../../lib/stores/heartbeats.ts';
import { createInbox } from '../../lib/stores/inbox.ts';
import { createIncidents } from '../../lib/stores/incidents.ts';
import { createReads } from '../../lib/stores/reads.ts';
import { createRecipientWriter, createRecipients } from '../../lib/stores/recipients.ts';
import { createReplays } from '../../lib/stores/replay.ts';
import { createReplayJobs } from '../../lib/stores/replay-jobs.ts';
import { createSchedule } from '../../lib/stores/schedule.ts';
import { createTallies } from '../../lib/stores/tallies.ts';
import { createReplayPages } from '../../lib/stores/replay-pages.ts';
import type { Table } from '../../lib/stores/table.ts';

export interface Ask {
  readonly key?: string | undefined;
  readonly body?: unknown;
  /** Bytes as they are, instead of `body`. */
  readonly raw?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The management API over real tables; queue, names and lists are what the test says. */
export interface Rig {
  ask(line: string, ask?: Ask): Promise<HttpAnswer>;
  newKey(tenant: string, scopes?: readonly ApiScope[]): Promise<string>;
  readonly secrets: Map<string, string>;
  readonly privateHosts: Set<string>;
  readonly sent: OutgoingMessage[];
  readonly recorded: unknown[];
  readonly logged: unknown[];
  /** Channels that this stack delivers to. */
  readonly deployed: Set<string>;
  /** What the table does not take. */
  readonly lost: Set<'record'>;
  readonly catalog: Table;
  readonly events: Map<string, EventView>;
  readonly lists: Parameters<ReadDeps['listOpen']>[];
  readonly ledger: Table;
  readonly limits: Table;
  readonly credentials: ReturnType<typeof createCredentials>;
  close(): Promise<void>;
}

export const NOW = Date.UTC(2026, 10, 21, 10);

export async function startManage(): Promise<Rig> {
  const dynamo = await startDynamo();
  const access = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new DynamoDBClient({ endpoint: dynamo.endpoint, region: 'us-east-1', credentials: access });
  const specs = testTables();
  await createTables(client, [specs.catalog, specs.ledger, specs.limits]);
  const wait = () => Promise.resolve();
  const table = { client, name: specs.catalog.name, wait };
  const ledger = { client, name: specs.ledger.name, wait };
  const limits = { client, name: specs.limits.name, wait };

  const secrets = new Map<string, string>();
  const valuesOf = async (_tenant: string, names: readonly string[]) =>
    new Map(names.flatMap((name) => (secrets.has(name) ? [[name, secrets.get(name) ?? '']] : [])));
  const localHosts = ['127.0.0.1:4101'];
  const deployed = new Set(registry.keys());
  const privateHosts = new Set<string>();
  const sent: OutgoingMessage[] = [];
  const recorded: unknown[] = [];
  const logged: unknown[] = [];
  const lost = new Set<'record'>();
  const events = new Map<string, EventView>();
  const lists: Parameters<ReadDeps['listOpen']>[] = [];
  const reads = createReads(ledger, { readFanOuts: createFanOuts(ledger, { now: () => NOW }).read });
  const credentials = createCredentials({ client, table: table.name, now: () => NOW });
  const writer = createCredentialWriter(table);
  const pulses = createHeartbeats(ledger, { now: () => NOW });
  const routes = manageRoutes({
    ...credentials,
    replays: createReplays(ledger, { now: () => NOW }),
    jobs: createReplayJobs(ledger, { now: () => NOW }),
    pages: createReplayPages(ledger),
    schedule: createSchedule(ledger, { now: () => NOW }),
    tallies: createTallies(ledger),
    escalations: createEscalations(ledger, { now: () => NOW }),
    groupsOf: createEventGroups(ledger),
    linkKeys: createLinkKeys(ledger, { now: () => NOW }),
    pauses: createPauses(table),
    silences: watchedSilences(createSilences(table), {
      watches: createSilenceWatches(ledger),
      now: () => NOW,
    }),
    alerts: createAlerts(ledger),
    startedAt: NOW,
    directory: createRecipientWriter(table),
    recipients: (...of) => createRecipients(table, { now: () => NOW })(...of),
    inbox: createInbox(ledger, { now: () => NOW }),
    catalog: async (tenant) => createCatalogs({ client, table: table.name, now: () => NOW }).get(tenant),
    findBody: createEvents(ledger).body,
    bodies: createEventBodies(ledger),
    findTold: createIncidents(ledger, { now: () => NOW }).find,
    scopeState: createScopeItems(limits, { now: () => NOW }).read,
    ttl: () => NOW / 1000 + 86_400,
    entries: armedEntries(createCatalogWriter(table), { pulses }),
    pulses,
    credentials: writer,
    secrets: valuesOf,
    open: createOpener({
      secrets: valuesOf,
      resolve: (channel, settings, values) => resolveSettings(channel, settings, values, { localHosts }),
      now: () => NOW,
    }),
    isPrivate: async (host) => privateHosts.has(host),
    channels: registry,
    deployed,
    sources: ALERT_SOURCES,
    hasOrdered: true,
    localHosts,
    apiHost: 'api.fanfare.example',
    findEvent: async (tenant, id) => events.get(`${tenant} ${id}`) ?? reads.findEvent(tenant, id),
    async listOpen(...call) {
      lists.push(call);
      const page = await reads.listOpen(...call);
      return page.items.length > 0 ? page : { items: [], next: 'page 2' };
    },
    async enqueue(messages) {
      sent.push(...messages);
      return { failed: [] };
    },
    async record(...call) {
      recorded.push(call);
      return !lost.has('record');
    },
    telemetry: { log: (...line) => void logged.push(line) },
    stack: 'Fanfare',
    queueUrls: ['https://sqs.example/1/Fanfare-Events', 'https://sqs.example/1/Fanfare-DeliverSlack'],
    depths: async (urls) =>
      urls.map((url) => ({ waiting: url.length, inFlight: 2, delayed: 1, deadLetters: 0 })),
    random: randomBytes,
    now: () => NOW,
    openApi: () => openApi({ channels: [...registry.values()] }),
  });
  const route = router(routes);

  return {
    secrets,
    deployed,
    privateHosts,
    sent,
    recorded,
    logged,
    lost,
    events,
    lists,
    ledger,
    limits,
    catalog: table,
    credentials,
    ask(line, { key, body, raw, headers = {} } = {}) {
      const [method = '', target = ''] = line.split(' ');
      const [path = '', query = ''] = target.split('?');
      const text = raw ?? (body === undefined ? '' : JSON.stringify(body));
      const request: HttpRequestIn = {
        method,
        path,
        params: {},
        query: new URLSearchParams(query),
        headers: {
          ...(text !== '' && { 'content-type': 'application/json' }),
          ...(key !== undefined && { authorization: `Bearer ${key}` }),
          ...headers,
        },
        body: new TextEncoder().encode(text),
        requestId: 'request-1',
        sourceIp: '192.0.2.1',
      };
      return route(request, (error) => {
        throw error;
      });
    },
    async newKey(tenant, scopes = ['send', 'read', 'manage']) {
      const key = createApiKey('live', randomBytes(API_KEY_BYTES));
      await writer.putKey(key.id, { tenant, hash: hashSecret(key.secret), scopes, createdAt: NOW });
      return formatApiKey(key);
    },
    async close() {
      client.destroy();
      await dynamo.close();
    },
  };
}

/** Status and problem type; every problem has the shape people rely on. */
export async function verdict(answer: ReturnType<Rig['ask']>): Promise<string> {
  const { status, headers, body } = await answer;
  if (status < 400) return String(status);
  const document = body as Record<string, unknown>;
  expect(headers?.['content-type']).toBe('application/problem+json');
  expect(document).toMatchObject({ status, title: expect.any(String), instance: 'request-1' });
  const slug = String(document['type']).replace('/problems/', '');
  expect(PROBLEMS).toHaveProperty(slug);
  return `${status} ${slug}`;
}
