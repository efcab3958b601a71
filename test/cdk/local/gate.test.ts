import {
  DynamoDBClient,
  BatchExecuteStatementCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { SQSClient, SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { queueArn, queueUrl, tableArn } from '../../../cdk/local/aws-names.ts';
import { type Dynamo, startDynamo } from '../../../cdk/local/dynamo.ts';
import { type Gate, startGate } from '../../../cdk/local/gate.ts';
import type { Statement } from '../../../cdk/local/policy.ts';
import { type Sqs, startSqs } from '../../../cdk/local/sqs.ts';
import { type FunctionStats, createStats } from '../../../cdk/local/stats.ts';
import { testTables } from '../../../cdk/local/table-spec.ts';
import { createTables } from '../../../cdk/local/tables.ts';

const { ledger, limits } = testTables('gate');
const allow = (resource: string, ...actions: string[]): Statement => ({
  effect: 'Allow',
  actions,
  resources: [resource],
});

const ROLE = [
  allow(tableArn(ledger.name), 'dynamodb:PutItem', 'dynamodb:PartiQLInsert', 'dynamodb:PartiQLUpdate'),
  allow(`${tableArn(ledger.name)}/index/due`, 'dynamodb:Query'),
  allow(queueArn('Events'), 'sqs:SendMessage'),
];

let dynamo: Dynamo;
let sqs: Sqs;
let gate: Gate;
let dynamodb: DynamoDBClient;
let queues: SQSClient;
const stats = createStats([]);
const denials: string[] = [];

beforeAll(async () => {
  const options = { region: 'us-east-1', credentials: { accessKeyId: 'Ingest', secretAccessKey: 'x' } };
  dynamo = await startDynamo();
  sqs = await startSqs({ queues: ['Events', 'Other'].map((name) => ({ name, attributes: {} })) });
  await createTables(new DynamoDBClient({ ...options, endpoint: dynamo.endpoint }), [ledger, limits]);
  const started = await startGate({ stats, onDenied: (...denial) => denials.push(denial.join(' ')) });
  started.enforce({
    tables: [ledger, limits],
    statementsOf: (caller) => (caller === 'Ingest' ? ROLE : undefined),
  });
  started.connect({ dynamodb: dynamo.endpoint, sqs: sqs.endpoint });
  gate = started;
  dynamodb = new DynamoDBClient({ ...options, endpoint: gate.url });
  queues = new SQSClient({ ...options, endpoint: gate.url });
});
afterAll(async () => {
  await gate.close();
  await Promise.all([dynamo.close(), sqs.close()]);
});
beforeEach(async () => {
  await fetch(gate.statsUrl, { method: 'DELETE' });
  denials.length = 0;
});

async function counted(): Promise<FunctionStats | undefined> {
  const reply = await fetch(gate.statsUrl);
  return ((await reply.json()) as { functions: Record<string, FunctionStats> }).functions['Ingest'];
}

const item = (sk: string, more: object = {}) => ({ pk: { S: 'p' }, sk: { S: sk }, ...more });

test('lets through what the role allows, and counts it', async () => {
  await dynamodb.send(
    new PutItemCommand({ TableName: ledger.name, Item: item('a', { due: { S: 'd' }, dueAt: { S: '1' } }) }),
  );
  const conflict = dynamodb.send(
    new PutItemCommand({
      TableName: ledger.name,
      Item: item('a'),
      ConditionExpression: 'attribute_not_exists(pk)',
    }),
  );
  await expect(conflict).rejects.toThrow('conditional');
  const query = { KeyConditionExpression: 'due = :d', ExpressionAttributeValues: { ':d': { S: 'd' } } };
  const { Count } = await dynamodb.send(
    new QueryCommand({ TableName: ledger.name, IndexName: 'due', ...query }),
  );
  const Entries = [{ Id: '0', MessageBody: 'x'.repeat(70_000) }];
  await queues.send(new SendMessageBatchCommand({ QueueUrl: queueUrl(gate.url, 'Events'), Entries }));

  expect(Count).toBe(1);
  expect(sqs.depth('Events').ready).toBe(1);
  expect(await counted()).toMatchObject({
    calls: 4,
    byAction: { 'dynamodb:PutItem': 2, 'dynamodb:Query': 1, 'sqs:SendMessageBatch': 1 },
    writeUnits: 3,
    conflicts: { [ledger.name]: 1 },
    refused: 0,
    sqsRequests: 2,
    denied: 0,
  });
});

const insert = (sk: string) => ({
  Statement: `INSERT INTO "${ledger.name}" VALUE {'pk':?,'sk':?,'open':?,'openAt':?}`,
  Parameters: [{ S: 'p' }, { S: sk }, { S: 'o' }, { S: '1' }],
});

test('prices each statement of a batch by how it ended', async () => {
  await dynamodb.send(new BatchExecuteStatementCommand({ Statements: [insert('b'), insert('c')] }));
  await dynamodb.send(new BatchExecuteStatementCommand({ Statements: [insert('b'), insert('d')] }));

  expect((await counted())?.writeUnits).toBe(2 + 2 + 1 + 2);
});

test.each<[string, () => Promise<unknown>, string]>([
  [
    'an action the role does not name',
    () => dynamodb.send(new GetItemCommand({ TableName: ledger.name, Key: item('a') })),
    `dynamodb:GetItem ${tableArn(ledger.name)}`,
  ],
  [
    'another table',
    () => dynamodb.send(new PutItemCommand({ TableName: limits.name, Item: item('a') })),
    `dynamodb:PutItem ${tableArn(limits.name)}`,
  ],
  [
    'one statement of a batch',
    () =>
      dynamodb.send(
        new BatchExecuteStatementCommand({
          Statements: [
            { Statement: `INSERT INTO "${ledger.name}" VALUE {'pk':'p','sk':'x'}` },
            { Statement: `SELECT * FROM "${ledger.name}" WHERE "pk"='p'` },
          ],
        }),
      ),
    `dynamodb:PartiQLSelect ${tableArn(ledger.name)}`,
  ],
  [
    'another queue',
    () =>
      queues.send(
        new SendMessageBatchCommand({
          QueueUrl: queueUrl(gate.url, 'Other'),
          Entries: [{ Id: '0', MessageBody: 'x' }],
        }),
      ),
    `sqs:SendMessage ${queueArn('Other')}`,
  ],
])('refuses %s with AccessDenied', async (_, call, denial) => {
  await expect(call()).rejects.toMatchObject({ name: 'AccessDeniedException' });

  expect(denials).toEqual([`Ingest ${denial}`]);
  expect((await counted())?.denied).toBe(1);
});

test('refuses callers that are no function of the stack', async () => {
  const stranger = new DynamoDBClient({
    region: 'us-east-1',
    endpoint: gate.url,
    credentials: { accessKeyId: 'Stranger', secretAccessKey: 'x' },
  });

  const call = stranger.send(new PutItemCommand({ TableName: ledger.name, Item: item('a') }));

  await expect(call).rejects.toMatchObject({ name: 'AccessDeniedException' });
});
