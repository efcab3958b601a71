import { testTables } from '../../cdk/local/table-spec.ts';
import { type Alert, draftOfAlert, fingerprintOf } from '../../lib/core/alert.ts';
import type { Reply } from '../../lib/core/outcome.ts';
import type { OutboundRequest } from '../../lib/core/outbound.ts';
import type { Severity } from '../../lib/core/severity.ts';
import { registry } from '../../lib/registry.ts';
import { createCatalogWriter } from '../../lib/stores/catalog-writer.ts';
import { createEscalations } from '../../lib/stores/escalations.ts';
import { createSilences } from '../../lib/stores/silences.ts';
import { NO_FAULTS } from './faults.ts';
import { TABLES, createFunctions, dynamoClient } from './functions.ts';
import { noteSweep, queueSpecs } from './ground.ts';
import { createDynamo } from './model/dynamo.ts';
import { createSqs } from './model/sqs.ts';
import type { Outside } from './process.ts';
import { createRandom } from './random.ts';
import { startStack } from './stack.ts';
import { createWorld } from './world.ts';

/** A message as its provider saw it. */
export interface Told {
  readonly atMs: number;
  readonly destination: string;
  readonly what: 'posts' | 'edits' | 'pages' | 'resolves' | 'mails';
  readonly title: string;
}

export interface Happening {
  readonly atMs: number;
  readonly what: string;
}

export interface Night {
  readonly told: readonly Told[];
  readonly happened: readonly Happening[];
}

const MINUTE = 60_000;
/** Thursday, 26 November 2026, 22:05 in Berlin. */
const START = Date.UTC(2026, 10, 26, 21, 5);
const MORNING = Date.UTC(2026, 10, 27, 6, 5);
const TENANT = 'acme';
const ALERTS = 30;
const ROUTING_KEY = 'a'.repeat(32);

const DESTINATIONS = {
  incidents: { channel: 'slack', settings: { token: 'xoxb-of-the-demo', channel: 'C0INCIDENTS' } },
  'team-b': { channel: 'slack', settings: { token: 'xoxb-of-the-demo', channel: 'C0TEAMB' } },
  'on-call': { channel: 'pagerduty', settings: { routingKey: ROUTING_KEY } },
  jane: {
    channel: 'email',
    settings: {
      via: 'smtp',
      smtpUrl: 'smtp://mail.example.com',
      from: 'fanfare@example.com',
      to: 'jane@example.com',
    },
    quietHours: { from: '22:00', to: '07:00', zone: 'Europe/Berlin' },
  },
};

const ROUTES = {
  database: {
    order: 1,
    topics: ['alert.*'],
    destinations: ['incidents', 'team-b'],
    group: { by: ['data.alertname'], waitMs: 30_000, intervalMs: MINUTE },
    escalate: { steps: [{ afterMs: 5 * MINUTE, destinations: ['on-call'] }] },
    continue: true,
  },
  everybody: { order: 2, topics: ['alert.*'], destinations: ['jane'] },
};

/**
 * One night of an incident, by the product's own functions under a virtual clock: thirty alerts, a team whose channel
 * is silenced, nobody who looks for five minutes, and somebody who sleeps.
 */
export async function liveThroughNight(): Promise<Night> {
  const random = createRandom(1);
  const world = createWorld(START);
  const told: Told[] = [];
  const happened: Happening[] = [];
  const outside: Outside = {
    world,
    random,
    faults: () => NO_FAULTS,
    tell: () => {},
    calls: new Map(),
    crashes: 0,
    callsAtCrash: undefined,
    crashPoints: [],
  };
  const dynamo = createDynamo(Object.values(testTables('sim')), {
    later: (follow) => world.at(world.now() + 500, follow),
  });
  const scenario = { tenants: [], concurrency: 2, batchSize: 10, maxReceives: 100 };
  const sqs = createSqs(queueSpecs(scenario), {
    now: world.now,
    onVisible: (url, atMs) => stack.wake(url, atMs),
  });
  const providers = {
    postOf: () => async (request: OutboundRequest) => {
      const { reply, ...message } = answerTo(request);
      told.push({ atMs: world.now(), ...message });
      return { reply, ms: 80 };
    },
  };
  const functions = createFunctions({
    dynamo,
    sqs,
    providers,
    random,
    tell: outside.tell,
    isOrdered: false,
    channels: registry,
  });
  const stack = startStack(scenario, { functions, sqs, outside, clock: () => () => 0 });

  const client = dynamoClient(async (command) => dynamo.run(command));
  const tables = { client, name: TABLES.catalog, wait: () => Promise.resolve() };
  const writer = createCatalogWriter(tables);
  for (const [id, body] of Object.entries(DESTINATIONS))
    await writer.put(TENANT, 'destination', id, { ...body, enabled: true }, undefined);
  for (const [id, body] of Object.entries(ROUTES)) await writer.put(TENANT, 'route', id, body, undefined);
  await createSilences(tables).put(TENANT, {
    id: 'team-b-moves',
    destinations: ['team-b'],
    startsAt: START,
    endsAt: MORNING,
    reason: 'their channel moves',
    at: START,
  });
  await noteSweep(START, dynamo);

  const happens = (atMs: number, what: string, act: () => unknown): void =>
    world.at(atMs, () => {
      happened.push({ atMs, what });
      act();
    });
  const post = (status: Alert['status'], from: number, to: number): void =>
    void stack.ingest.invoke({
      tenant: TENANT,
      items: Array.from({ length: to - from }, (_, index) => ({
        ok: true as const,
        draft: draftOfAlert(alert(from + index, status, world.now()), world.now()),
      })),
    });

  for (const part of [0, 1, 2])
    happens(START + part * 2 * MINUTE, `alerts ${part * 10 + 1} to ${part * 10 + 10} begin to fire`, () =>
      post('firing', part * 10, part * 10 + 10),
    );
  happens(START + 9 * MINUTE, 'Ada acknowledges', () => {
    const page = told.find(({ destination }) => destination === 'on-call');
    const ledger = { client, name: TABLES.ledger, wait: () => Promise.resolve() };
    if (page) void createEscalations(ledger, { now: world.now }).acknowledge(TENANT, incidentOfPage(), 'Ada');
  });
  happens(START + 20 * MINUTE, 'alerts 1 to 15 are resolved', () => post('resolved', 0, 15));
  happens(START + 30 * MINUTE, 'alerts 16 to 30 are resolved', () => post('resolved', 15, ALERTS));

  const everyMinute = (): void =>
    world.at(world.now() + MINUTE, () => {
      void stack.timers.invoke(undefined);
      everyMinute();
    });
  everyMinute();
  await world.run(MORNING);
  return { told, happened };

  /** What the page's own record says that it belongs to. */
  function incidentOfPage(): string {
    const escalating = dynamo.items(TABLES.ledger).find((item) => item['sk']?.S === 'escalation');
    return escalating?.['pk']?.S?.split('#N#')[1] ?? '';
  }
}

function alert(n: number, status: Alert['status'], nowMs: number): Alert {
  const severity: Severity = 'error';
  const labels = { alertname: 'DatabaseSlow', instance: `db-${n + 1}`, severity };
  return {
    source: 'prometheus',
    name: 'DatabaseSlow',
    status,
    labels,
    annotations: { summary: `queries of db-${n + 1} take more than 2 s` },
    fingerprint: fingerprintOf(undefined, 'DatabaseSlow', labels),
    ...(status === 'firing' ? { startsAtMs: nowMs } : { endsAtMs: nowMs }),
  };
}

type Answer = Omit<Told, 'atMs'> & { readonly reply: Reply };

const ok = (body: object, status = 200): Reply => ({
  kind: 'reply',
  status,
  headers: {},
  body: JSON.stringify(body),
});

/** What a provider makes of a request, and what it answers. */
function answerTo(request: OutboundRequest): Answer {
  if (request.transport === 'smtp')
    return { destination: 'jane', what: 'mails', title: request.subject, reply: ok({}, 250) };
  const body = JSON.parse(request.body) as Readonly<Record<string, unknown>>;
  if (body['routing_key'] === ROUTING_KEY) {
    const isOver = body['event_action'] === 'resolve';
    const { summary } = body['payload'] as { readonly summary: string };
    const reply = ok({ status: 'success', dedup_key: body['dedup_key'] }, 202);
    return { destination: 'on-call', what: isOver ? 'resolves' : 'pages', title: summary, reply };
  }
  const destination = body['channel'] === 'C0INCIDENTS' ? 'incidents' : 'team-b';
  const isEdit = 'url' in request && request.url.endsWith('chat.update');
  const title = String(body['text']).split('\n', 1)[0]!;
  const reply = ok({ ok: true, channel: body['channel'], ts: '1764190000.000100' });
  return { destination, what: isEdit ? 'edits' : 'posts', title, reply };
}
