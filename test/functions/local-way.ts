import type { APIGatewayProxyEventV2, Context, SQSBatchResponse } from 'aws-lambda';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { vi } from 'vitest';
import { API_KEY_BYTES, createApiKey, formatApiKey, hashSecret } from '../../lib/core/api-key.ts';
import type { DeliveryView } from '../../lib/core/views.ts';
import { ENV } from '../../lib/platform/env.ts';
import { createCatalogWriter } from '../../lib/stores/catalog-writer.ts';
import { createCredentialWriter } from '../../lib/stores/credential-writer.ts';
import { createFanOuts } from '../../lib/stores/fan-outs.ts';
import { createReads } from '../../lib/stores/reads.ts';
import { nameOfCall } from '../simulation/call-name.ts';
import type { Call, Fault } from './fault-proxy.ts';
import { startLocalAws } from './local-aws.ts';

const TIMEOUT_SECONDS = 30;
/** Longer than a lease, and than what functions remember of tables. */
const ROUND_MS = 60_000;
const MOST_ROUNDS = 20;

/** How receivers answer: the second one first with 503, the third never takes anything. */
const ANSWERS: Readonly<Record<string, (times: number) => number>> = {
  plain: () => 200,
  shaky: (times) => (times === 1 ? 503 : 200),
  strict: () => 400,
  limited: () => 200,
};
export const DESTINATIONS = Object.keys(ANSWERS);

/** A call on the way of an event: the function that makes it, and what it is about. */
export interface Passage {
  readonly site: string;
  readonly call: Call;
}

type Step = 'fan-out' | 'deliver';
type Handler = (event: object, context: Context) => Promise<SQSBatchResponse>;

interface Waiting {
  readonly to: Step;
  readonly body: string;
  receives: number;
}

/**
 * The functions on an event's way as they are deployed, called one after the other, between an emulated DynamoDB and
 * SQS and four receivers. `fault` says what becomes of a call; time stands still but for a minute between two rounds.
 */
export async function startWay() {
  const aws = await startLocalAws();
  const arrivals = new Map<string, number>();
  const accepted = new Map<string, number>();
  const receivers = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { id } = JSON.parse(Buffer.concat(chunks).toString()) as { readonly id: string };
      const destination = (request.url ?? '').slice(1);
      const times = (arrivals.get(`${id}:${destination}`) ?? 0) + 1;
      arrivals.set(`${id}:${destination}`, times);
      const status = ANSWERS[destination]?.(times) ?? 404;
      if (status === 200)
        accepted.set(`${id}:${destination}`, (accepted.get(`${id}:${destination}`) ?? 0) + 1);
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => receivers.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(receivers.address() as AddressInfo).port}`;

  const { client, tables } = aws;
  const tableOf = (name: string) => ({ client, name, wait: () => Promise.resolve() });
  const catalog = createCatalogWriter(tableOf(tables.catalog.name));
  for (const id of DESTINATIONS) {
    const rate = id === 'limited' ? { rate: { limit: 100, perMs: 1_000 } } : {};
    const settings = { url: `http://${host}/${id}` };
    await catalog.put(
      'acme',
      'destination',
      id,
      { channel: 'webhook', enabled: true, settings, ...rate },
      undefined,
    );
  }
  await catalog.put('acme', 'route', 'all', { order: 1, destinations: DESTINATIONS }, undefined);
  const apiKey = createApiKey('local', new Uint8Array(API_KEY_BYTES).fill(1));
  await createCredentialWriter(tableOf(tables.catalog.name)).putKey(apiKey.id, {
    tenant: 'acme',
    hash: hashSecret(apiKey.secret),
    scopes: ['send'],
    createdAt: 0,
    eventsPerSecond: 1_000,
  });

  const queues = { events: aws.newQueue('events'), deliver: aws.newQueue('deliver') };
  vi.stubEnv(ENV.eventsQueue, queues.events);
  vi.stubEnv(ENV.eventsUrgentQueue, aws.newQueue('events-urgent'));
  vi.stubEnv(ENV.deliverQueues, JSON.stringify({ http: queues.deliver, urgent: queues.deliver }));
  vi.stubEnv(ENV.localHosts, host);
  vi.stubEnv(ENV.secretsPath, '/fanfare/test/');
  vi.stubEnv(ENV.timeoutSeconds, String(TIMEOUT_SECONDS));
  vi.stubEnv(ENV.maxEventAgeSeconds, '43200');
  vi.stubEnv(ENV.ownQueue, queues.events);
  vi.resetModules();
  const ingest = await import('../../functions/ingest.ts');
  const fanOut: { readonly handler: Handler } = await import('../../functions/fan-out.ts');
  vi.stubEnv(ENV.ownQueue, queues.deliver);
  vi.resetModules();
  const deliver: { readonly handler: Handler } = await import('../../functions/deliver.ts');
  const handlers: Readonly<Record<Step, Handler>> = { 'fan-out': fanOut.handler, deliver: deliver.handler };

  let at: Step | 'ingest' = 'ingest';
  const chance: { fault: (passage: Passage) => Fault | undefined } = { fault: () => undefined };
  const nameOf = ({ target, body }: Call): string => {
    const name = nameOfCall(target.split('.')[1]!, body);
    return `${at}: ${name.replace(/\S+\//g, '').replaceAll('test-', '')}`;
  };
  const pass = (call: Call): Fault | undefined => chance.fault({ site: nameOf(call), call });
  aws.dynamoFaults.fault = aws.sqsFaults.fault = pass;

  let waiting: Waiting[] = [];
  let made = 0;
  const context = {
    awsRequestId: 'lambda-1',
    getRemainingTimeInMillis: () => TIMEOUT_SECONDS * 1_000,
  } as Context;

  /** What SQS has taken since is there to be received, whatever its delay. */
  function receive(): void {
    for (const { target, body } of aws.sqsFaults.done.splice(0)) {
      if (!target.endsWith('.SendMessageBatch')) continue;
      const to = String(body['QueueUrl']).endsWith('/events') ? 'fan-out' : 'deliver';
      for (const { MessageBody } of body['Entries'] as readonly { readonly MessageBody: string }[])
        waiting.push({ to, body: MessageBody, receives: 0 });
    }
  }

  async function work(step: Step): Promise<void> {
    at = step;
    const mine = waiting.filter(({ to }) => to === step);
    if (mine.length === 0) return;
    waiting = waiting.filter(({ to }) => to !== step);
    const Records = mine.map((one) => {
      const attributes = {
        ApproximateReceiveCount: String(++one.receives),
        SentTimestamp: String(Date.now()),
      };
      return { messageId: `m${made++}`, receiptHandle: `r${made}`, body: one.body, attributes };
    });
    const { batchItemFailures } = await handlers[step]({ Records }, context);
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    waiting.push(...mine.filter((_, index) => failed.has(Records[index]!.messageId)));
    receive();
  }

  /** One round of all that waits; whether anything waits then. */
  async function round(): Promise<boolean> {
    await work('fan-out');
    await work('deliver');
    vi.advanceTimersByTime(ROUND_MS);
    return waiting.length > 0;
  }

  return {
    /** What becomes of calls. */
    chance,
    /** How often each delivery was accepted, by `event:destination`. */
    accepted,
    round,

    /** Posts an event; answers the status and the kind of the answer. */
    async post(id: string): Promise<{ readonly status: number; readonly type: string }> {
      at = 'ingest';
      const http = {
        method: 'POST',
        path: '/v1/events',
        protocol: 'HTTP/1.1',
        sourceIp: '192.0.2.1',
        userAgent: '',
      };
      const event = {
        version: '2.0',
        rawPath: '/v1/events',
        rawQueryString: '',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${formatApiKey(apiKey)}`,
          'idempotency-key': id,
        },
        requestContext: { http, requestId: 'gateway-1' },
        body: JSON.stringify({ id, topic: 'order.paid', data: { title: 'Paid' } }),
        isBase64Encoded: false,
      };
      const answer = await ingest.handler(event as unknown as APIGatewayProxyEventV2, context);
      receive();
      return { status: answer.statusCode ?? 0, type: String(answer.headers?.['content-type']) };
    },

    /** Rounds until nothing waits any more. */
    async settle(): Promise<void> {
      for (let rounds = 0; await round(); rounds++)
        if (rounds > MOST_ROUNDS) throw new Error(`it goes round: ${waiting[0]?.body}`);
    },

    /** Deliveries of an event as the ledger tells of them. */
    async deliveries(id: string): Promise<readonly DeliveryView[]> {
      const ledger = tableOf(tables.ledger.name);
      const { read } = createFanOuts(ledger, { now: Date.now });
      const event = await createReads(ledger, { readFanOuts: read }).findEvent('acme', id);
      return event?.deliveries ?? [];
    },

    async stop(): Promise<void> {
      receivers.closeAllConnections();
      await new Promise((resolve) => receivers.close(resolve));
      await aws.stop();
    },
  };
}
