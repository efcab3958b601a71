import { type IncomingHttpHeaders, createServer } from 'node:http';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { listen } from '../../cdk/local/ports.ts';
import { leanClient } from '../../lib/platform/lean-client.ts';

/** How a table answers, one call after the other. */
type Answer = 'item' | 'half' | 'refusal';

const BODIES: Readonly<Record<Answer, string>> = {
  item: JSON.stringify({ Item: { pk: { S: 'ä'.repeat(100_000) } } }),
  half: '{"Item":{"pk":{"S":"',
  refusal: JSON.stringify({ __type: 'com.amazonaws#ResourceNotFoundException', message: 'no table' }),
};

let answers: Answer[] = [];
const headers: IncomingHttpHeaders[] = [];
const server = createServer((incoming, outgoing) => {
  headers.push(incoming.headers);
  const answer = answers.shift() ?? 'item';
  const body = BODIES[answer];
  if (answer === 'half') {
    // Promises more than it sends.
    outgoing.writeHead(200, { 'content-length': Buffer.byteLength(body) + 100 });
    outgoing.write(body, () => outgoing.destroy());
  } else outgoing.writeHead(answer === 'refusal' ? 400 : 200).end(body);
});
let client: DynamoDBClient;

beforeAll(async () => {
  client = leanClient(
    new DynamoDBClient({
      endpoint: `http://127.0.0.1:${await listen(server, 0)}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'one', secretAccessKey: 'two' },
      maxAttempts: 3,
    }),
  );
});
afterAll(() => {
  client.destroy();
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  answers = [];
  headers.length = 0;
});

const get = () => client.send(new GetItemCommand({ TableName: 't', Key: { pk: { S: 'a' } } }));

test('an answer in many pieces is read whole', async () => {
  expect((await get()).Item?.['pk']?.S).toBe('ä'.repeat(100_000));
});

test('a call is signed, and tells nobody about the SDK', async () => {
  await get();
  expect(headers[0]?.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=one\//);
  expect(headers[0]?.['user-agent']).toBeUndefined();
});

test('an answer that breaks off is asked for again', async () => {
  answers = ['half', 'half', 'item'];
  expect((await get()).Item).toBeDefined();
  expect(headers).toHaveLength(3);
});

test('one that always breaks off is an error', async () => {
  answers = ['half', 'half', 'half'];
  await expect(get()).rejects.toThrow('aborted');
  expect(headers).toHaveLength(3);
});

test('a refusal is the error that the SDK makes of it', async () => {
  answers = ['refusal'];
  await expect(get()).rejects.toMatchObject({ name: 'ResourceNotFoundException', message: 'no table' });
});
