import { ScanCommand } from '@aws-sdk/client-dynamodb';
import type { Context, SQSBatchResponse } from 'aws-lambda';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { vi } from 'vitest';
import { keys } from '../../lib/core/keys.ts';
import type { EntryBody } from '../../lib/core/catalog-entry.ts';
import { ENV } from '../../lib/platform/env.ts';
import { createCatalogWriter } from '../../lib/stores/catalog-writer.ts';
import { fromAttributes } from '../../lib/stores/table.ts';
import type { Call } from './fault-proxy.ts';
import { startLocalAws } from './local-aws.ts';

const SECRETS_PATH = '/fanfare/test/';
const TIMEOUT_SECONDS = 30;
/** Time-out and 5 s. */
export const LEASE_MS = (TIMEOUT_SECONDS + 5) * 1_000;

export interface Message {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: object;
}

/**
 * The deliver function as it is deployed, called in process, between an emulated DynamoDB and SQS, an SSM that has
 * one secret, and a receiver.
 */
export async function startDeliver() {
  const aws = await startLocalAws();
  /** Events that the receiver took, in order, and the ids by which it may tell repeats. */
  const received: string[] = [];
  const wireIds = new Set<string>();
  /** Hears of an event when it arrives, before it is answered. */
  const receiver = { onEvent: (_event: string): void => undefined };
  /** Whether the parameter store throttles. */
  const ssm = { down: false };
  const server = createServer((request, response) => {
    const target = String(request.headers['x-amz-target'] ?? '');
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (target === '') {
        const { id } = JSON.parse(Buffer.concat(chunks).toString()) as { id: string };
        received.push(id);
        receiver.onEvent(id);
        wireIds.add(String(request.headers['webhook-id']));
        return response.end('ok');
      }
      if (ssm.down) return response.writeHead(400).end('{"__type":"ThrottlingException"}');
      const Parameters = [{ Name: `${SECRETS_PATH}acme/hooks/ops`, Value: `${url}/secret` }];
      return response.end(JSON.stringify({ Parameters }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const url = `http://${host}`;

  const { ledger, limits, catalog } = aws.tables;
  const ownQueue = aws.newQueue('deliver');
  vi.stubEnv('AWS_ENDPOINT_URL_SSM', url);
  vi.stubEnv(ENV.secretsPath, SECRETS_PATH);
  vi.stubEnv(ENV.localHosts, host);
  vi.stubEnv(ENV.ownQueue, ownQueue);
  vi.stubEnv(ENV.deliverQueues, JSON.stringify({ http: ownQueue, urgent: ownQueue }));
  vi.stubEnv(ENV.eventsQueue, aws.newQueue('events'));
  vi.stubEnv(ENV.eventsUrgentQueue, aws.newQueue('events-urgent'));
  vi.stubEnv(ENV.timeoutSeconds, String(TIMEOUT_SECONDS));
  const writer = createCatalogWriter({
    client: aws.client,
    name: catalog.name,
    wait: () => Promise.resolve(),
  });
  const webhook = (id: string, more: EntryBody = {}): Promise<boolean> =>
    writer.put(
      'acme',
      'destination',
      id,
      { channel: 'webhook', enabled: true, settings: { url: `${url}/${id}` }, ...more },
      undefined,
    );
  await webhook('plain');
  await webhook('limited', { rate: { limit: 100, perMs: 1_000 } });
  await webhook('secret', { settings: { url: { secret: 'hooks/ops' } } });

  type Handler = (event: object, context: Context) => Promise<SQSBatchResponse>;
  let handler: Handler;
  let made = 0;

  return {
    ...aws,
    ssm,
    received,
    receiver,
    wireIds,

    /** A cold start: a function that remembers nothing. */
    async restart(): Promise<void> {
      vi.resetModules();
      ({ handler } = await import('../../functions/deliver.ts'));
    },

    /** A message with one delivery. */
    message(destination = 'plain'): Message & { readonly event: string } {
      const n = made++;
      const event = `e${n}`;
      const time = new Date().toISOString();
      const pack = {
        v: 1,
        kind: 'deliveries',
        tenant: 'acme',
        destination,
        lane: 'normal',
        items: [
          { notification: { id: event, topic: 'a', time, title: 'T', text: '' }, n: 1, since: Date.now() },
        ],
      };
      const body = JSON.stringify(pack);
      return { event, messageId: `m${n}`, receiptHandle: `r${n}`, body, attributes: {} };
    },

    /** Ids of the messages that come again. */
    async run(...records: readonly Message[]): Promise<string[]> {
      const context = { awsRequestId: 'lambda-1', getRemainingTimeInMillis: () => TIMEOUT_SECONDS * 1_000 };
      const { batchItemFailures } = await handler({ Records: records }, context as Context);
      return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
    },

    /** What was put back into the queue since it was last asked for, ready to be received, whatever its delay. */
    putBack(): Message[] {
      const sent = aws.sqsFaults.calls
        .splice(0)
        .flatMap(({ target, body }) =>
          target.endsWith('.SendMessageBatch') ? (body['Entries'] as { MessageBody: string }[]) : [],
        );
      return sent.map(({ MessageBody: body }) => {
        const n = made++;
        return { messageId: `m${n}`, receiptHandle: `r${n}`, body, attributes: {} };
      });
    },

    /** Items of a delivery: its claim, then its attempts. */
    async recorded(event: string) {
      const { Items = [] } = await aws.client.send(new ScanCommand({ TableName: ledger.name }));
      const items = Items.map(fromAttributes).filter(({ pk }) => pk === keys.event('acme', event).pk);
      const claim = items.find(({ sk }) => sk.startsWith('delivery#'));
      return { claim, attempts: items.filter(({ sk }) => sk.startsWith('attempt#')) };
    },

    /** Whether a call is about a table. */
    about:
      (table: 'catalog' | 'limits') =>
      ({ body }: Call): boolean =>
        JSON.stringify(body).includes({ catalog, limits }[table].name),

    async stopAll(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await aws.stop();
    },
  };
}
