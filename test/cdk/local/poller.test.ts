import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { queueUrl } from '../../../cdk/local/aws-names.ts';
import { type LocalFunction, createLocalFunction } from '../../../cdk/local/local-function.ts';
import { type Poller, startPoller } from '../../../cdk/local/poller.ts';
import { type SqsCall, createSqsCall } from '../../../cdk/local/sqs-api.ts';
import { type Sqs, startSqs } from '../../../cdk/local/sqs.ts';
import { createStats } from '../../../cdk/local/stats.ts';

/** Does what the body of each message says, and prints what it was given. */
const STUB = `
export const handler = async ({ Records }, context) => {
  for (const record of Records) console.log(JSON.stringify({ ...record, left: context.getRemainingTimeInMillis() }));
  const bodies = Records.map(({ body }) => body);
  if (bodies.includes('throw')) throw new Error('no');
  if (bodies.includes('hang')) await new Promise((resolve) => setTimeout(resolve, 60_000));
  if (bodies.includes('exit')) process.exit(3);
  return { batchItemFailures: Records.filter(({ body }) => body === 'fail').map((r) => ({ itemIdentifier: r.messageId })) };
};`;

const QUEUE = 'Work';
const URL_OF_QUEUE = queueUrl('http://local', QUEUE);
/** The start of a thread counts, which takes its time on a busy machine. */
const TIMEOUT_MS = 2_000;

let folder: string;
let sqs: Sqs;
let call: SqsCall;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fanfare-poller-'));
  writeFileSync(join(folder, 'index.mjs'), STUB);
  const RedrivePolicy = JSON.stringify({
    deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:Dead',
    maxReceiveCount: 2,
  });
  sqs = await startSqs({
    queues: [
      { name: QUEUE, attributes: { VisibilityTimeout: '3', RedrivePolicy } },
      { name: 'Dead', attributes: {} },
    ],
  });
  call = createSqsCall(sqs.endpoint);
});
afterAll(async () => {
  await sqs.close();
  rmSync(folder, { recursive: true });
});

let poller: Poller;
let target: LocalFunction;
afterEach(async () => {
  await poller.stop();
  await target.stop();
  await call('PurgeQueue', { QueueUrl: URL_OF_QUEUE });
});

interface Seen {
  readonly body: string;
  readonly left: number;
  readonly eventSourceARN: string;
  readonly attributes: Readonly<Record<string, string>>;
}

function work(isolate = false): { readonly seen: Seen[]; readonly failed: string[] } {
  const seen: Seen[] = [];
  const failed: string[] = [];
  const spec = {
    label: 'Stub',
    name: 'Stub',
    file: join(folder, 'index.mjs'),
    handler: 'handler',
    env: {},
    timeoutMs: TIMEOUT_MS,
    memoryMb: 128,
    statements: [],
  };
  target = createLocalFunction({
    spec,
    env: {},
    isolate,
    cap: 2,
    stats: createStats([]),
    onLine: (line) => seen.push(JSON.parse(line) as Seen),
    onFailure: (text) => failed.push(text),
  });
  poller = startPoller({
    mapping: { queue: QUEUE, target: 'Stub', batchSize: 10, maximumConcurrency: 2, partial: true },
    queueUrl: URL_OF_QUEUE,
    cap: 2,
    call,
    endWaiting: sqs.endWaiting,
    invoke: (event) => target.invoke(event),
  });
  return { seen, failed };
}

const send = (body: string) => call('SendMessage', { QueueUrl: URL_OF_QUEUE, MessageBody: body });
async function isEmpty(): Promise<void> {
  const nothing = { ready: 0, delayed: 0, inFlight: 0 };
  await expect.poll(() => sqs.depth(QUEUE), { timeout: 10_000 }).toEqual(nothing);
}

test.each([
  ['thread', false],
  ['process', true],
])(
  'a function in a %s gets records as Lambda hands them over, and what succeeds is deleted',
  async (_, isolate) => {
    const { seen } = work(isolate);
    await send('fine');

    await isEmpty();
    await expect.poll(() => seen[0]).toBeDefined();
    expect(seen[0]).toMatchObject({
      body: 'fine',
      eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:Work',
      attributes: { ApproximateReceiveCount: '1', SentTimestamp: expect.stringMatching(/^\d{13}$/) },
    });
    expect(seen[0]?.left).toBeGreaterThan(0);
    expect(seen[0]?.left).toBeLessThanOrEqual(TIMEOUT_MS);
  },
);

test.each([
  ['throws', 'throw', 'Error: no', false],
  ['runs out of time', 'hang', 'Task timed out after 2.00 seconds', false],
  ['ends its thread', 'exit', 'exited with 3', false],
  ['ends its process', 'exit', 'exited with 3', true],
])(
  'a function that %s is told about and gets its message again, up to the dead-letter queue',
  async (_, body, text, isolate) => {
    const dead = sqs.depth('Dead').ready;
    const { seen, failed } = work(isolate);
    await send(body);

    await expect.poll(() => sqs.depth('Dead').ready, { timeout: 15_000 }).toBe(dead + 1);
    expect(failed.length).toBe(2);
    expect(failed[0]).toContain(text);
    const receives = () => seen.map(({ attributes }) => attributes['ApproximateReceiveCount']);
    await expect.poll(receives).toEqual(['1', '2']);
  },
);

test('only the failed messages of a batch come again', async () => {
  const { seen } = work();
  await call('SendMessageBatch', {
    QueueUrl: URL_OF_QUEUE,
    Entries: ['fine', 'fail', 'fine'].map((MessageBody, i) => ({ Id: String(i), MessageBody })),
  });

  await expect.poll(() => seen.filter(({ body }) => body === 'fail').length, { timeout: 10_000 }).toBe(2);
  expect(seen.filter(({ body }) => body === 'fine').length).toBe(2);
});

test('a poller that stops finishes the batch in hand', async () => {
  const { seen } = work();
  await Promise.all(Array.from({ length: 5 }, () => send('fine')));
  await expect.poll(() => seen.length).toBeGreaterThan(0);
  await poller.stop();

  expect(sqs.depth(QUEUE)).toEqual({ ready: 5 - seen.length, delayed: 0, inFlight: 0 });
});
