import { type IncomingHttpHeaders, type ServerResponse, createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import {
  BatchExecuteStatementCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { listen } from '../../cdk/local/ports.ts';
import { leanClient } from '../../lib/platform/lean-client.ts';

/** How a table answers, one call after the other. */
type Answer = 'item' | 'half' | 'refusal' | 'conflict' | 'statements' | 'nulls' | 'nonsense' | 'unavailable';

const NESTED = { L: [{ M: { ä: { S: '"\n\ud83d\ude00' } } }, { NULL: true }, { BOOL: false }, { N: '1e3' }] };

const BODIES: Readonly<Record<Answer, string>> = {
  item: JSON.stringify({ Item: { pk: { S: 'ä'.repeat(100_000) } } }),
  half: '{"Item":{"pk":{"S":"',
  nonsense: '{"Item":',
  unavailable: '<html>',
  refusal: JSON.stringify({ __type: 'com.amazonaws#ResourceNotFoundException', message: 'no table' }),
  conflict: JSON.stringify({
    __type: 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException',
    message: 'The conditional request failed',
    Item: { nested: NESTED },
  }),
  statements: JSON.stringify({
    Responses: [{ TableName: 't' }, { Error: { Code: 'DuplicateItem', Item: { nested: NESTED } } }],
  }),
  nulls: JSON.stringify({ Responses: null }),
};
const STATUS: Partial<Readonly<Record<Answer, number>>> = { refusal: 400, conflict: 400, unavailable: 503 };

let answers: Answer[] = [];
const headers: IncomingHttpHeaders[] = [];
const bodies: unknown[] = [];
const server = createServer((incoming, outgoing) => {
  headers.push(incoming.headers);
  void text(incoming).then((body) => answerTo(body, outgoing));
});

function answerTo(given: string, outgoing: ServerResponse): void {
  bodies.push(JSON.parse(given));
  const answer = answers.shift() ?? 'item';
  const body = BODIES[answer];
  if (answer === 'half') {
    // Promises more than it sends.
    outgoing.writeHead(200, { 'content-length': Buffer.byteLength(body) + 100 });
    outgoing.write(body, () => outgoing.destroy());
  } else outgoing.writeHead(STATUS[answer] ?? 200).end(body);
}
let client: DynamoDBClient;
/** How often the first one has looked for its endpoint. */
let looks = 0;
let plain: DynamoDBClient;

beforeAll(async () => {
  const config: DynamoDBClientConfig = {
    endpoint: `http://127.0.0.1:${await listen(server, 0)}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'one', secretAccessKey: 'two' },
    maxAttempts: 3,
  };
  const lean = new DynamoDBClient({ ...config, cacheMiddleware: true });
  const { endpointProvider } = lean.config;
  lean.config.endpointProvider = (...args) => (looks++, endpointProvider(...args));
  client = leanClient(lean);
  plain = new DynamoDBClient(config);
});
afterAll(() => {
  client.destroy();
  plain.destroy();
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  answers = [];
  headers.length = 0;
  bodies.length = 0;
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

test('a signer that could not be made is made by the next call', async () => {
  const made: (() => void)[] = [
    () => {
      throw new Error('no region yet');
    },
  ];
  const signer = async () => {
    made.pop()?.();
    return { sign: async <T>(request: T) => request };
  };
  const { endpoint, region, credentials } = client.config;
  const own = leanClient(new DynamoDBClient({ endpoint: endpoint!, region, credentials, signer }));
  const call = () => own.send(new GetItemCommand({ TableName: 't', Key: { pk: { S: 'a' } } }));
  await expect(call()).rejects.toThrow('no region yet');
  expect((await call()).Item).toBeDefined();
  own.destroy();
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

/** What each of the two clients sends, and makes of the answer. */
async function both<T>(answer: Answer, act: (one: DynamoDBClient) => Promise<T>) {
  answers = [answer, answer];
  const outputs = [await act(client), await act(plain)];
  return { bodies, outputs };
}

test('statements are sent and answered as by the SDK itself', async () => {
  const Statements = [
    { Statement: 'INSERT', Parameters: [NESTED, { S: '' }], ReturnValuesOnConditionCheckFailure: undefined },
    { Statement: 'UPDATE', Parameters: [{ N: '0' }] },
  ];
  const seen = await both('statements', async (one) => {
    const { Responses } = await one.send(new BatchExecuteStatementCommand({ Statements }));
    return Responses;
  });
  expect(seen.bodies[0]).toEqual(seen.bodies[1]);
  expect(seen.outputs[0]).toEqual(seen.outputs[1]);
  expect(seen.outputs[0]?.[1]?.Error?.Item).toEqual({ nested: NESTED });
});

test('what is null in an answer is missing, as by the SDK itself', async () => {
  const seen = await both('nulls', async (one) => {
    const { Responses = 'none' } = await one.send(new BatchExecuteStatementCommand({ Statements: [] }));
    return Responses;
  });
  expect(seen.outputs).toEqual(['none', 'none']);
});

test('a failed condition brings the item as by the SDK itself', async () => {
  const Item = { pk: { S: 'ä' }, nested: NESTED };
  const seen = await both('conflict', (one) =>
    one.send(new PutItemCommand({ TableName: 't', Item })).catch((error: unknown) => error),
  );
  expect(seen.bodies[0]).toEqual(seen.bodies[1]);
  const error = { name: 'ConditionalCheckFailedException', Item: { nested: NESTED } };
  expect(seen.outputs).toMatchObject([error, error]);
});

test('calls at the same time have each their own input and output', async () => {
  const found = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      client.send(new GetItemCommand({ TableName: `t${n}`, Key: { pk: { S: String(n) } } })),
    ),
  );
  expect(found.every(({ Item }) => Item?.['pk'])).toBe(true);
  const tables = new Set(bodies.map((body) => (body as { readonly TableName: string }).TableName));
  expect(tables.size).toBe(20);
});

test('an endpoint is looked for once, also by calls at the same time', async () => {
  await get();
  const before = looks;
  await Promise.all(Array.from({ length: 5 }, get));
  expect([before > 0, looks]).toEqual([true, before]);
});

test.each(['nonsense', 'unavailable'] as const)('%s is judged as by the SDK itself', async (answer) => {
  const seen = async (one: DynamoDBClient) => {
    answers = [answer, answer, answer];
    headers.length = 0;
    const command = new GetItemCommand({ TableName: 't', Key: { pk: { S: 'a' } } });
    const error: unknown = await one.send(command).catch((thrown: unknown) => thrown);
    const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } };
    return { name, status: $metadata?.httpStatusCode, tries: headers.length };
  };
  const ours = await seen(client);
  expect(ours).toEqual(await seen(plain));
  expect(ours).toMatchObject({ name: 'SyntaxError', tries: answer === 'unavailable' ? 3 : 1 });
});
