import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Dynamo, createTables, startDynamo, testTables } from '../../../cdk/local/dynamo.ts';
import { init } from '../../../cdk/cli/init.ts';
import { createCredentials } from '../../../lib/stores/credentials.ts';
import { testTerminal } from './test-terminal.ts';

const { catalog } = testTables('init');
const resource = (logicalId: string, physicalId: string, type: string) =>
  `<member><PhysicalResourceId>${physicalId}</PhysicalResourceId><LogicalResourceId>${logicalId}</LogicalResourceId><ResourceType>${type}</ResourceType></member>`;

/** What CloudFormation answers, by action and page. */
const ANSWERS: Readonly<Record<string, string>> = {
  DescribeStacks:
    '<r><Stacks><member><StackName>Fanfare</StackName><Outputs>' +
    '<member><OutputKey>Next</OutputKey><OutputValue>x</OutputValue></member>' +
    '<member><OutputKey>ApiUrl</OutputKey><OutputValue>https://a.example/?x&amp;y</OutputValue></member>' +
    '</Outputs></member></Stacks></r>',
  ListStackResources: `<r>${resource('CatalogAlarm', 'alarm', 'AWS::CloudWatch::Alarm')}<NextToken>page 2</NextToken></r>`,
  'ListStackResources page 2': `<r>${resource('FanfareStateCatalog1', catalog.name, 'AWS::DynamoDB::GlobalTable')}</r>`,
};

describe('fanfare init', () => {
  let dynamo: Dynamo;
  let client: DynamoDBClient;
  const seen: string[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const form = new URLSearchParams(Buffer.concat(chunks).toString());
      seen.push(request.headers.authorization ?? '');
      const answer = ANSWERS[[form.get('Action'), form.get('NextToken')].filter(Boolean).join(' ')];
      const known = form.get('StackName') === 'Fanfare' && answer !== undefined;
      response.writeHead(known ? 200 : 400).end(known ? answer : '<e><Message>no such stack</Message></e>');
    })();
  });

  beforeAll(async () => {
    dynamo = await startDynamo();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', dynamo.endpoint);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
    client = new DynamoDBClient({ region: 'us-east-1' });
    await createTables(client, [catalog]);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    client.destroy();
    server.closeAllConnections();
    server.close();
    await dynamo.close();
  });

  const terminal = () =>
    testTerminal('.', {
      AWS_ENDPOINT_URL_CLOUDFORMATION: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    });

  test('finds the table of the stack, makes a key that works, and shows it once', async () => {
    const shown = terminal();
    const { said } = shown;
    expect(await init(['--stack', 'Fanfare', '--region', 'us-east-1', '--scopes', 'send'], shown)).toBe(0);
    const [key = ''] = /fan_live_\w{12}_[\w-]{43}/.exec(said.join('\n')) ?? [];
    const { authenticate } = createCredentials({ client, table: catalog.name, now: Date.now });
    expect(await authenticate({ 'x-api-key': key })).toMatchObject({ tenant: 'default', scopes: ['send'] });
    expect(said.join('\n').split(key)).toHaveLength(2);
    expect(said.join('\n')).toContain('https://a.example/?x&y');
    expect(seen.at(-1)).toMatch(/^AWS4-HMAC-SHA256 .*\/us-east-1\/cloudformation\/aws4_request/);
  });

  test.each([
    ['no stack', [], 'name the stack'],
    ['an unknown stack', ['--stack', 'Other', '--region', 'us-east-1'], 'CloudFormation: no such stack'],
    ['an unknown scope', ['--stack', 'Fanfare', '--scopes', 'send,all'], '--scopes takes some of'],
    ['a bad tenant', ['--stack', 'Fanfare', '--tenant', 'A#B'], 'a tenant is named by'],
  ])('given %s says what to do', async (_, args, message) => {
    await expect(init(args, terminal())).rejects.toThrow(message);
  });
});
