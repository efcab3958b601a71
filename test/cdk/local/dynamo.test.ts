import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import {
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { dynamoEngines, startDynamo } from '../../../cdk/local/dynamo.ts';
import { sweep } from '../../../cdk/local/sweeper.ts';
import { testTables } from '../../../cdk/local/table-spec.ts';
import { createTables } from '../../../cdk/local/tables.ts';

const { limits, ledger, catalog } = testTables('dynamo');

function clientOf(endpoint: string): DynamoDBClient {
  return new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'x' },
  });
}

describe.each(dynamoEngines())('%s', (engine) => {
  test('keeps tables as the template says, creates them once and refuses others under their names', async () => {
    const dynamo = await startDynamo({ engine });
    const client = clientOf(dynamo.endpoint);

    await createTables(client, [catalog, ledger, limits]);
    await createTables(client, [catalog, ledger, limits]);
    const { Table } = await client.send(new DescribeTableCommand({ TableName: ledger.name }));
    const [open, ...rest] = ledger.indexes;
    const changed = { ...ledger, indexes: [] };
    const carrying = { ...ledger, indexes: [{ ...open!, projection: 'ALL' as const }, ...rest] };

    expect(Table?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName).toSorted()).toEqual([
      'due',
      'open',
    ]);
    await expect(createTables(client, [changed])).rejects.toThrow('remove .fanfare/data');
    await expect(createTables(client, [carrying])).rejects.toThrow('remove .fanfare/data');
    await dynamo.close();
  });

  test('the sweeper deletes what has expired, and nothing else', async () => {
    const dynamo = await startDynamo({ engine });
    const client = clientOf(dynamo.endpoint);
    await createTables(client, [limits]);
    const put = (pk: string, ttl: object) =>
      client.send(
        new PutItemCommand({ TableName: limits.name, Item: { pk: { S: pk }, sk: { S: 's' }, ...ttl } }),
      );
    await put('old', { ttl: { N: '999' } });
    await put('young', { ttl: { N: '1001' } });
    await put('lasting', {});

    const deleted = await sweep(client, [limits], 1_000_000);

    const has = async (pk: string) => {
      const { Item } = await client.send(
        new GetItemCommand({ TableName: limits.name, Key: { pk: { S: pk }, sk: { S: 's' } } }),
      );
      return Item !== undefined;
    };
    expect(deleted).toBe(1);
    expect(await Promise.all(['old', 'young', 'lasting'].map(has))).toEqual([false, true, true]);
    await dynamo.close();
  });
});

test('an engine that is not here is an error that says what to install', async () => {
  const missing = (['dynoxide', 'dynamodb-local'] as const).find(
    (engine) => !dynamoEngines().includes(engine),
  );
  if (missing === undefined) return;

  await expect(startDynamo({ engine: missing })).rejects.toThrow('npm install');
});

test('the emulator ends with its parent, even by kill -9', async () => {
  const program = `
    import { startDynamo } from ${JSON.stringify(join(process.cwd(), 'cdk/local/dynamo.ts'))};
    console.log((await startDynamo()).endpoint);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [endpoint] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];

  parent.kill('SIGKILL');

  const isUp = () =>
    fetch(endpoint).then(
      () => true,
      () => false,
    );
  await expect.poll(isUp, { timeout: 10_000 }).toBe(false);
});
