import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, test, vi } from 'vitest';
import { CALL_TRIES } from '../../lib/platform/lean-client.ts';
import { createSqsClient } from '../../lib/platform/queue.ts';
import { createDynamoClient } from '../../lib/stores/client.ts';

/*
 * Services that take a call and fall silent, which the SDK by itself would bear for minutes. The clients are those of
 * the functions. All tests run at once, because each waits for real time-outs.
 */

/** How a service falls silent. */
const SILENCES = {
  'never answers': () => undefined,
  'stops in the middle of its answer': (response: ServerResponse) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('{"Item":');
  },
} as const;
type Silence = keyof typeof SILENCES;

/** What becomes of calls with a key: so many are met with silence, the others are answered. */
const silences = new Map<string, { readonly kind: Silence; left: number }>();
const calls = new Map<string, number>();
let server: Server;
let clients: { readonly dynamo: DynamoDBClient; readonly sqs: SQSClient };

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const [key = ''] = /key-[^"]*/.exec(Buffer.concat(chunks).toString()) ?? [];
      calls.set(key, (calls.get(key) ?? 0) + 1);
      const silence = silences.get(key);
      if (silence && silence.left-- > 0) return SILENCES[silence.kind](response);
      return response.end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', url);
  vi.stubEnv('AWS_ENDPOINT_URL_SQS', url);
  clients = { dynamo: createDynamoClient(Date.now).client, sqs: createSqsClient() };
});
afterAll(() => {
  vi.unstubAllEnvs();
  clients.dynamo.destroy();
  clients.sqs.destroy();
  server.closeAllConnections();
  server.close();
});

const SERVICES = {
  DynamoDB: (key: string) =>
    clients.dynamo.send(new GetItemCommand({ TableName: 'table', Key: { pk: { S: key } } })),
  SQS: (key: string) => {
    const QueueUrl = `${process.env['AWS_ENDPOINT_URL_SQS']}/000000000000/events`;
    return clients.sqs.send(
      new SendMessageBatchCommand({ QueueUrl, Entries: [{ Id: '0', MessageBody: key }] }),
    );
  },
} as const;

const CASES = Object.entries(SERVICES).flatMap(([service, call]) =>
  (Object.keys(SILENCES) as Silence[]).map((kind) => ({ service, call, kind })),
);

describe.concurrent.each(CASES)('a call of $service that $kind', ({ service, call, kind }) => {
  const key = (name: string): string => `key-${name}-${service}-${kind}`.replaceAll(' ', '-');

  test.concurrent('is made again', async ({ expect }) => {
    silences.set(key('once'), { kind, left: 1 });
    await call(key('once'));
    expect(calls.get(key('once'))).toBe(2);
  });

  test.concurrent('fails when nobody ever answers', async ({ expect }) => {
    silences.set(key('always'), { kind, left: Infinity });
    await expect(call(key('always'))).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(calls.get(key('always'))).toBe(CALL_TRIES);
  });
});
