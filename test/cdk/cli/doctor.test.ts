import { createServer } from 'node:http';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { doctor } from '../../../cdk/cli/doctor.ts';
import {
  type Dynamo,
  createTables,
  dynamoEngines,
  startDynamo,
  testTables,
} from '../../../cdk/local/dynamo.ts';
import { listen } from '../../../cdk/local/ports.ts';
import { testTerminal } from './test-terminal.ts';

const { ledger } = testTables('doctor');
const ARGS = ['--table', ledger.name, '--region', 'us-east-1'];

describe.each(dynamoEngines())('fanfare doctor, on %s,', (engine) => {
  let dynamo: Dynamo;
  let client: DynamoDBClient;
  /** Statements that the database in question cannot read. */
  let unreadable = /^$/;
  const picky = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks);
      const headers = Object.entries(request.headers).flatMap(([name, value]) =>
        /^(x-amz|authorization|content-type)/.test(name) ? [[name, String(value)] as [string, string]] : [],
      );
      const refused = { Responses: [{ Error: { Code: 'ValidationError', Message: 'not well formed' } }] };
      const text = unreadable.test(body.toString())
        ? JSON.stringify(refused)
        : await (await fetch(dynamo.endpoint, { method: 'POST', headers, body })).text();
      response.setHeader('content-type', 'application/x-amz-json-1.0').end(text);
    })();
  });

  beforeAll(async () => {
    dynamo = await startDynamo({ engine });
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', `http://127.0.0.1:${await listen(picky, 0)}`);
    client = new DynamoDBClient({ region: 'us-east-1', endpoint: dynamo.endpoint });
    await createTables(client, [ledger]);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    client.destroy();
    picky.closeAllConnections();
    picky.close();
    await dynamo.close();
  });

  const items = async () => (await client.send(new ScanCommand({ TableName: ledger.name }))).Count;

  test('finds nothing wrong, and leaves nothing behind', async () => {
    const terminal = testTerminal('.');
    unreadable = /^$/;

    expect(await doctor(ARGS, terminal)).toBe(0);
    expect(terminal.said).toEqual([`The ledger ${ledger.name} reads every statement as it should.`]);
    expect(await items()).toBe(0);
  });

  test('names the statement that is not read, and what became of the item', async () => {
    const terminal = testTerminal('.');
    unreadable = /REMOVE/;

    expect(await doctor(ARGS, terminal)).toBe(1);
    expect(terminal.complained).toEqual([
      'an UPDATE with SET, REMOVE and a condition was answered ValidationError instead of written',
      'an UPDATE whose condition fails was answered written instead of conflict',
      'the item became {"a":3,"b":"z","old":true} instead of {"a":2,"b":"y"}',
    ]);
    expect(await items()).toBe(0);
  });
});

test('fanfare doctor says what to do when it does not know the table', async () => {
  await expect(doctor([], testTerminal('.'))).rejects.toThrow('name the stack, or its ledger table');
});
