import { ConditionalCheckFailedException, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { CreateQueueCommand, SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createTables, startDynamo } from '../../cdk/local/dynamo.ts';
import { testTables } from '../../cdk/local/table-spec.ts';
import { PRICES } from '../../lib/core/prices.ts';
import { ENV } from '../../lib/platform/env.ts';
import { createSqsClient } from '../../lib/platform/queue.ts';
import { spend, takeSpent } from '../../lib/platform/spending.ts';
import { createDynamoClient } from '../../lib/stores/client.ts';

/** Millionths of a dollar of a run that does nothing for no time, started by a schedule. */
const NOTHING = 0.2 + 1;
/** What the calls since the last time cost, in millionths of a dollar. */
const spent = (): number => Number((takeSpent('schedule', 0, 512) - NOTHING).toFixed(3));

beforeEach(() => void takeSpent('schedule', 0, 512));

test('a run costs its start, its time and its calls, once', () => {
  spend(3, PRICES.writeUnit);
  // A post, an invocation, 100 ms of half a GB.
  const run = 1 + 0.2 + 0.05 * 13.3334;
  expect(takeSpent('http', 99.2, 512)).toBeCloseTo(run + 3 * 0.625, 3);
  expect(takeSpent('http', 99.2, 512)).toBeCloseTo(run, 3);
  expect(takeSpent('queue', 0, 512)).toBeCloseTo(0.2 + 2 * 0.5, 3);
});

describe('calls', () => {
  const { ledger } = testTables('spending');
  let emulator: Awaited<ReturnType<typeof startDynamo>>;
  let fauxqs: Awaited<ReturnType<typeof startFauxqs>>;

  beforeAll(async () => {
    emulator = await startDynamo();
    fauxqs = await startFauxqs({ port: 0, logger: false });
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'one');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'two');
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', emulator.endpoint);
    vi.stubEnv('AWS_ENDPOINT_URL_SQS', `http://127.0.0.1:${fauxqs.port}`);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await fauxqs.stop();
    await emulator.close();
  });

  const clients = (observability: 'lean' | 'full') => {
    vi.stubEnv(ENV.observability, observability);
    return { dynamo: createDynamoClient(Date.now).client, sqs: createSqsClient() };
  };
  const put = (id: string, bytes = 100) =>
    new PutItemCommand({
      TableName: ledger.name,
      Item: { pk: { S: id }, sk: { S: 'a' }, text: { S: 'x'.repeat(bytes) } },
      ConditionExpression: 'attribute_not_exists(pk)',
    });

  test('to DynamoDB are charged by the units they took, also where a condition failed', async () => {
    const { dynamo } = clients('full');
    await createTables(dynamo, [ledger]);
    void spent();
    await dynamo.send(put('small'));
    expect(spent()).toBe(0.625);
    await dynamo.send(put('large', 2_500));
    expect(spent()).toBe(3 * 0.625);
    await expect(dynamo.send(put('small'))).rejects.toBeInstanceOf(ConditionalCheckFailedException);
    expect(spent()).toBe(0.625);
    await dynamo.send(
      new QueryCommand({
        TableName: ledger.name,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: 'small' } },
      }),
    );
    expect(spent()).toBeCloseTo(0.0625, 2);
  });

  test('to SQS are charged for each 64 KB of a batch', async () => {
    const { sqs } = clients('full');
    await sqs.send(new CreateQueueCommand({ QueueName: 'spending' }));
    const QueueUrl = `http://127.0.0.1:${fauxqs.port}/000000000000/spending`;
    void spent();
    const entry = (Id: string, bytes: number) => ({ Id, MessageBody: 'x'.repeat(bytes) });
    await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: [entry('0', 10), entry('1', 10)] }));
    expect(spent()).toBe(0.5);
    await sqs.send(
      new SendMessageBatchCommand({ QueueUrl, Entries: [entry('0', 40_000), entry('1', 40_000)] }),
    );
    expect(spent()).toBe(1);
  });

  test('are not counted where nobody is told', async () => {
    const { dynamo, sqs } = clients('lean');
    await dynamo.send(put('lean'));
    await sqs.send(new CreateQueueCommand({ QueueName: 'lean' }));
    expect(spent()).toBe(0);
  });
});
