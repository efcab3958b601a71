import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { DynamoDB } from '@aws-sdk/client-dynamodb';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTables, startDynamo } from '../../cdk/local/dynamo.ts';
import { listen } from '../../cdk/local/ports.ts';
import { alertsBody } from '../../load/headline/alerts.ts';
import { routerRules } from '../../load/headline/router-rules.ts';
import { CONTEXT, DESTINATIONS, naiveDeliveries, naiveEvents } from '../../load/headline/work.ts';
import { createReceiver } from '../../load/naive/receiver.ts';
import { createRouter } from '../../load/naive/router.ts';
import { createSender } from '../../load/naive/sender.ts';
import { NAIVE_TABLES } from '../../load/naive/tables.ts';

const CREDENTIALS = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'one', secretAccessKey: 'two' },
};

let emulator: Awaited<ReturnType<typeof startDynamo>>;
let fauxqs: Awaited<ReturnType<typeof startFauxqs>>;
let dynamo: DynamoDB;
let sqs: SQSClient;
let receiver: string;
/** What the webhooks heard, and how they answer. */
let heard: string[] = [];
let status = 200;

const server = createServer((incoming, answer) => {
  const chunks: Buffer[] = [];
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
  incoming.on('end', () => {
    heard.push(Buffer.concat(chunks).toString());
    answer.writeHead(status).end();
  });
});

beforeAll(async () => {
  emulator = await startDynamo();
  fauxqs = await startFauxqs({ port: 0, logger: false });
  dynamo = new DynamoDB({ endpoint: emulator.endpoint, ...CREDENTIALS });
  sqs = new SQSClient({ endpoint: `http://127.0.0.1:${fauxqs.port}`, ...CREDENTIALS });
  await createTables(dynamo, Object.values(NAIVE_TABLES));
  receiver = `http://127.0.0.1:${await listen(server, 0)}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await fauxqs.stop();
  await emulator.close();
});
beforeEach(() => {
  heard = [];
  status = 200;
});

const tables = { idempotency: NAIVE_TABLES.idempotency.name, limits: NAIVE_TABLES.limits.name };

async function newQueue(name: string): Promise<string> {
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  return QueueUrl;
}

async function bodiesIn(QueueUrl: string): Promise<{ readonly id: string }[]> {
  const bodies: { readonly id: string }[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 }),
    );
    if (Messages.length === 0) return bodies;
    bodies.push(...Messages.map(({ Body = '{}' }) => JSON.parse(Body) as { readonly id: string }));
  }
}

describe('the naive sender', () => {
  test('posts each notification once, however often its message comes', async () => {
    const send = createSender({ dynamo, tables, perSecond: 1_000, fetch });
    const batch = naiveDeliveries(10, receiver);
    expect(await send(batch, CONTEXT)).toEqual({ batchItemFailures: [] });
    expect(await send(batch, CONTEXT)).toEqual({ batchItemFailures: [] });
    const ids = batch.Records.map(({ body }) => (JSON.parse(body) as { id: string }).id);
    expect(heard.map((body) => (JSON.parse(body) as { id: string }).id).toSorted()).toEqual(ids.toSorted());
  });

  test('tries again what was refused, and only that', async () => {
    const send = createSender({ dynamo, tables, perSecond: 1_000, fetch });
    const batch = naiveDeliveries(2, receiver);
    status = 500;
    const { batchItemFailures } = await send(batch, CONTEXT);
    expect(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier).toSorted()).toEqual(
      batch.Records.map(({ messageId }) => messageId).toSorted(),
    );
    status = 200;
    expect(await send(batch, CONTEXT)).toEqual({ batchItemFailures: [] });
    expect(heard).toHaveLength(4);
  });

  test('keeps to a limit', async () => {
    const send = createSender({ dynamo, tables: { ...tables }, perSecond: 1, fetch });
    const [first] = naiveDeliveries(1, receiver).Records;
    const batch = { Records: Array.from({ length: 5 }, (_, n) => sameDestination(first!.body, n)) };
    const { batchItemFailures } = await send(batch, CONTEXT);
    expect(heard.length).toBeLessThan(5);
    expect(batchItemFailures).toHaveLength(5 - heard.length);
  });
});

function sameDestination(body: string, n: number) {
  const [record] = naiveDeliveries(1, receiver).Records;
  const own = { ...(JSON.parse(body) as object), id: `limited-${n}`, destination: 'limited' };
  return { ...record!, body: JSON.stringify(own) };
}

test('the naive router sends each event to the three that its rules want, one message each', async () => {
  const queue = await newQueue('sender');
  const route = createRouter({
    sqs,
    queue,
    rules: routerRules().map(({ engine }) => engine),
    destinations: new Map(DESTINATIONS.map((id) => [id, `${receiver}/${id}`])),
  });
  const batch = naiveEvents(3);
  expect(await route(batch, CONTEXT)).toEqual({ batchItemFailures: [] });
  const expected = batch.Records.flatMap(({ body }) => {
    const { id } = JSON.parse(body) as { id: string };
    return DESTINATIONS.map((destination) => `${id}:${destination}`);
  });
  expect((await bodiesIn(queue)).map(({ id }) => id).toSorted()).toEqual(expected.toSorted());
});

describe('the naive receiver', () => {
  const request = (body: string, key: string) =>
    ({
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body,
      isBase64Encoded: false,
    }) as unknown as APIGatewayProxyEventV2;
  async function newReceiver(name: string) {
    const queue = await newQueue(name);
    const persistence = new DynamoDBPersistenceLayer({
      tableName: tables.idempotency,
      awsSdkV3Client: dynamo,
    });
    const keys = new Set([createHash('sha256').update('secret').digest('hex')]);
    return { queue, receive: createReceiver({ persistence, sqs, queue, keys }) };
  }

  test('takes a hundred alerts, each once', async () => {
    const { queue, receive } = await newReceiver('router');
    expect(await receive(request(alertsBody(), 'secret'), CONTEXT)).toMatchObject({ statusCode: 202 });
    expect(await receive(request(alertsBody(), 'secret'), CONTEXT)).toMatchObject({ statusCode: 202 });
    expect(new Set((await bodiesIn(queue)).map(({ id }) => id)).size).toBe(100);
  });

  test('refuses strangers, and what is no alert', async () => {
    const { queue, receive } = await newReceiver('nothing');
    expect(await receive(request(alertsBody(), 'guess'), CONTEXT)).toMatchObject({ statusCode: 401 });
    expect(await receive(request('{"alerts":[]}', 'secret'), CONTEXT)).toMatchObject({ statusCode: 422 });
    expect(await bodiesIn(queue)).toEqual([]);
  });
});

/** Of its first commit: a ratio means the same from release to release. */
const FROZEN = '3c69164d2e77ee252316c15d1fde1c2d81620bae2e492bb139e8c4bb1ce02ee4';

test('the naive stack is as it was when it was written', () => {
  const folder = join(import.meta.dirname, '../../load/naive');
  const hash = createHash('sha256');
  for (const name of readdirSync(folder).toSorted()) hash.update(readFileSync(join(folder, name)));
  expect(hash.digest('hex')).toBe(FROZEN);
});
