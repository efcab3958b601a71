import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { ConditionalCheckFailedException, DynamoDB } from '@aws-sdk/client-dynamodb';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { startFauxqs } from 'fauxqs';
import { type DynamoInput, readDynamoCall } from '../../cdk/local/dynamo-call.ts';
import { createTables, startDynamo } from '../../cdk/local/dynamo.ts';
import { listen } from '../../cdk/local/ports.ts';
import { createWriteMeter } from '../../cdk/local/write-units.ts';
import { createReceiver } from '../naive/receiver.ts';
import { createRouter } from '../naive/router.ts';
import { createSender } from '../naive/sender.ts';
import { NAIVE_TABLES } from '../naive/tables.ts';
import { alertsBody } from './alerts.ts';
import { PRICES } from '../../lib/core/prices.ts';
import { printedBy } from './printed.ts';
import { CONTEXT, DESTINATIONS, PER_SECOND, batchOf } from './work.ts';

const EVENTS = 100;
const MEMORY_GB = 0.5;
const BATCH = 10;
const ACCESS = { region: 'us-east-1', credentials: { accessKeyId: 'one', secretAccessKey: 'two' } };

/** Dollars that the naive stack costs for a delivery, events posted one by one, counted on the same emulators. */
export async function naiveDollars(): Promise<Readonly<Record<string, number>>> {
  const emulator = await startDynamo();
  const fauxqs = await startFauxqs({ port: 0, logger: false });
  let egress = 0;
  const server = createServer((incoming, answer) => {
    egress += JSON.stringify(incoming.headers).length;
    incoming.on('data', (chunk: Buffer) => (egress += chunk.length));
    incoming.on('end', () => answer.end('ok'));
  });
  try {
    const webhooks = `http://127.0.0.1:${await listen(server, 0)}`;
    const counted = await run({
      dynamodb: emulator.endpoint,
      sqs: `http://127.0.0.1:${fauxqs.port}`,
      webhooks,
    });
    const deliveries = EVENTS * DESTINATIONS.length;
    return Object.fromEntries(
      Object.entries({ ...counted, egress: egress * PRICES.egressByte }).map(([part, sum]) => [
        part,
        sum / deliveries,
      ]),
    );
  } finally {
    server.closeAllConnections();
    server.close();
    await fauxqs.stop();
    await emulator.close();
  }
}

interface Addresses {
  readonly dynamodb: string;
  readonly sqs: string;
  readonly webhooks: string;
}

async function run({ dynamodb, sqs: endpoint, webhooks }: Addresses): Promise<Record<string, number>> {
  const dynamo = new DynamoDB({ endpoint: dynamodb, ...ACCESS });
  await createTables(dynamo, Object.values(NAIVE_TABLES));
  const units = meterWrites(dynamo);
  const sqs = new SQSClient({ endpoint, ...ACCESS });
  let requests = 0;
  sqs.middlewareStack.add((next) => (args) => (requests++, next(args)), {
    step: 'initialize',
    name: 'meter',
  });
  /** Lambda's own, which has to ask the queue and to delete from it. */
  const mapping = new SQSClient({ endpoint, ...ACCESS });
  const newQueue = async (name: string): Promise<string> =>
    (await mapping.send(new CreateQueueCommand({ QueueName: name }))).QueueUrl ?? '';
  const [toRouter, toSender] = [await newQueue('router'), await newQueue('sender')];

  let invocations = 0;
  let ms = 0;
  const invoke = async <R>(handler: () => Promise<R>): Promise<R> => {
    invocations++;
    const startedAt = performance.now();
    const result = await handler();
    ms += Math.ceil(performance.now() - startedAt);
    return result;
  };
  const drain = async (
    QueueUrl: string,
    handler: (
      batch: ReturnType<typeof batchOf>,
      context: typeof CONTEXT,
    ) => Promise<{ batchItemFailures: unknown[] }>,
  ): Promise<number> => {
    for (let done = 0; ;) {
      const { Messages = [] } = await mapping.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: BATCH, WaitTimeSeconds: 0 }),
      );
      if (Messages.length === 0) return done;
      requests += 2;
      const batch = batchOf(Messages.map(({ Body = '' }) => Body));
      const { batchItemFailures } = await invoke(() => handler(batch, CONTEXT));
      if (batchItemFailures.length > 0) throw new Error(`${batchItemFailures.length} messages came back`);
      done += Messages.length;
    }
  };

  const persistence = new DynamoDBPersistenceLayer({
    tableName: NAIVE_TABLES.idempotency.name,
    awsSdkV3Client: dynamo,
  });
  const keys = new Set([createHash('sha256').update('key').digest('hex')]);
  const receive = createReceiver({ persistence, sqs, queue: toRouter, keys });
  const destinations = new Map(DESTINATIONS.map((id) => [id, `${webhooks}/${id}`]));
  const conditions = { all: [{ fact: 'topic', operator: 'equal', value: 'alert' }] };
  const rules = DESTINATIONS.map((id) => ({ name: id, conditions, event: { type: id } }));
  const route = createRouter({ sqs, queue: toSender, rules, destinations });
  const tables = { idempotency: NAIVE_TABLES.idempotency.name, limits: NAIVE_TABLES.limits.name };
  const send = createSender({ dynamo, tables, perSecond: PER_SECOND, fetch });

  const logBytes = await printedBy(async () => {
    for (const body of singlePosts()) {
      const { statusCode } = await invoke(() => receive(body, CONTEXT));
      if (statusCode !== 202) throw new Error(`answered ${statusCode}`);
    }
    await drain(toRouter, route);
    const sent = await drain(toSender, send);
    if (sent !== EVENTS * DESTINATIONS.length) throw new Error(`${sent} deliveries`);
  });
  return {
    http: EVENTS * PRICES.httpRequest,
    invocations: invocations * PRICES.invocation,
    compute: (ms / 1_000) * MEMORY_GB * PRICES.gbSecond,
    queues: requests * PRICES.sqsRequest,
    writes: units() * PRICES.writeUnit,
    logs: logBytes * PRICES.logByte,
  };
}

/** A post of each of a hundred alerts. */
function singlePosts(): APIGatewayProxyEventV2[] {
  const { alerts, ...envelope } = JSON.parse(alertsBody()) as { readonly alerts: readonly object[] };
  return alerts.slice(0, EVENTS).map(
    (alert) =>
      ({
        headers: { 'content-type': 'application/json', authorization: 'Bearer key' },
        body: JSON.stringify({ ...envelope, alerts: [alert] }),
        isBase64Encoded: false,
      }) as unknown as APIGatewayProxyEventV2,
  );
}

/** Write units of a client's calls from now on, by the rule that the local stack counts with. */
function meterWrites(client: DynamoDB): () => number {
  const tables = Object.values(NAIVE_TABLES);
  const meter = createWriteMeter(tables);
  const tableOf = (name: string) => tables.find((table) => table.name === name)!;
  let units = 0;
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const { writes } = readDynamoCall(
          commandName.replace('Command', ''),
          args.input as DynamoInput,
          tableOf,
        );
        const count = (result: 'written' | 'conflict'): void => {
          for (const write of writes) if (write) units += meter.units(write, result);
        };
        try {
          const answer = await next(args);
          count('written');
          return answer;
        } catch (error) {
          if (error instanceof ConditionalCheckFailedException) count('conflict');
          throw error;
        }
      },
    { step: 'initialize', name: 'meter' },
  );
  return () => units;
}
