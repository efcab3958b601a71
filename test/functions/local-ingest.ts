import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { vi } from 'vitest';
import { API_KEY_BYTES, createApiKey, formatApiKey, hashSecret } from '../../lib/core/api-key.ts';
import type { ApiScope } from '../../lib/core/catalog.ts';
import type { Event } from '../../lib/core/event.ts';
import { parseEventPack } from '../../lib/core/message.ts';
import { ENV } from '../../lib/platform/env.ts';
import { createCatalogWriter } from '../../lib/stores/catalog-writer.ts';
import { createCredentialWriter } from '../../lib/stores/credential-writer.ts';
import { startLocalAws } from './local-aws.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: any; // oxlint-disable-line typescript/no-explicit-any -- asserted on by every test
}

export interface Ask {
  readonly method?: string;
  readonly path?: string;
  readonly query?: string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
}

export const HOOK_ID = 'hook_0123456789abcdefghijklmnop';

/** The ingest function as it is deployed, called in process, between an emulated DynamoDB and SQS. */
export async function startIngest() {
  const aws = await startLocalAws();
  const { client, tables, lines, newQueue } = aws;
  const credentials = createCredentialWriter({
    client,
    name: tables.catalog.name,
    wait: () => Promise.resolve(),
  });
  const queues = { normal: newQueue('events'), urgent: newQueue('urgent') };
  let made = 0;

  async function newKey(scopes: readonly ApiScope[], more: object = {}): Promise<string> {
    const key = createApiKey('local', new Uint8Array(API_KEY_BYTES).fill(++made));
    await credentials.putKey(key.id, {
      tenant: 'acme',
      hash: hashSecret(key.secret),
      scopes,
      createdAt: 0,
      ...more,
    });
    return formatApiKey(key);
  }
  const key = await newKey(['send']);
  await credentials.putHook(HOOK_ID, { tenant: 'acme', source: 'alertmanager' });

  vi.stubEnv(ENV.eventsQueue, queues.normal);
  vi.stubEnv(ENV.eventsUrgentQueue, queues.urgent);
  vi.resetModules();
  const { handler } = await import('../../functions/ingest.ts');

  async function ask(request: Ask = {}): Promise<Answer> {
    const context = { awsRequestId: 'lambda-1', getRemainingTimeInMillis: () => 20_000 } as Context;
    const result = await handler(toEvent(request, key), context);
    const text = result.body ?? '';
    const headers = result.headers as Record<string, string>;
    return { status: result.statusCode ?? 0, headers, body: text === '' ? undefined : JSON.parse(text) };
  }

  /** Takes everything out of the queues. */
  async function drain(): Promise<Event[]> {
    const bodies = (await Promise.all([queues.normal, queues.urgent].map((url) => aws.drain(url)))).flat();
    return bodies.flatMap((body) => {
      const parsed = parseEventPack(body);
      return parsed.ok ? parsed.message.items : [];
    });
  }

  const { dynamoFaults, sqsFaults } = aws;
  const tableOfCatalog = { client, name: tables.catalog.name, wait: () => Promise.resolve() };
  const catalog = createCatalogWriter(tableOfCatalog);
  return {
    ask,
    drain,
    catalog,
    ledger: { client, name: tables.ledger.name, wait: () => Promise.resolve() },
    dynamoFaults,
    sqsFaults,
    stop: () => aws.stop(),
    newKey,
    key,
    credentials,
    lines,
  };
}

export type Ingest = Awaited<ReturnType<typeof startIngest>>;

function toEvent(
  { method = 'POST', path = '/v1/events', query = '', headers, body, ...rest }: Ask,
  key: string,
) {
  const isBase64Encoded = body instanceof Uint8Array;
  const http = { method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' };
  return {
    version: '2.0',
    rawPath: path,
    rawQueryString: query,
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${rest.key ?? key}`, ...headers },
    requestContext: { http, requestId: 'gateway-1' },
    body: isBase64Encoded ? Buffer.from(body).toString('base64') : body,
    isBase64Encoded,
  } as unknown as APIGatewayProxyEventV2;
}
