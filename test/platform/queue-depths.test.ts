import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createQueueDepths } from '../../lib/platform/queue-depths.ts';

let server: Awaited<ReturnType<typeof startFauxqs>>;
let client: SQSClient;

beforeAll(async () => {
  server = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false });
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = new SQSClient({ endpoint: `http://127.0.0.1:${server.port}`, region: 'us-east-1', credentials });
});
afterAll(async () => {
  client.destroy();
  await server.stop();
});

async function newQueue(QueueName: string, Attributes: Record<string, string> = {}): Promise<string> {
  const { QueueUrl = '' } = await client.send(new CreateQueueCommand({ QueueName, Attributes }));
  return QueueUrl;
}

const send = (QueueUrl: string, DelaySeconds = 0) =>
  client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x', DelaySeconds }));

test('messages are counted by what they wait for, dead letters with their queue', async () => {
  const dead = await newQueue('events-dead');
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: dead, AttributeNames: ['QueueArn'] }),
  );
  const deadLetterTargetArn = Attributes?.QueueArn;
  const events = await newQueue('events', {
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 10 }),
  });
  const plain = await newQueue('plain');
  await Promise.all([send(events), send(events), send(events), send(events, 60), send(dead), send(dead, 60)]);
  await client.send(new ReceiveMessageCommand({ QueueUrl: events, MaxNumberOfMessages: 1 }));
  expect(await createQueueDepths(client)([events, plain])).toEqual([
    { waiting: 2, inFlight: 1, delayed: 1, deadLetters: 2 },
    { waiting: 0, inFlight: 0, delayed: 0, deadLetters: 0 },
  ]);
});

test('a queue that cannot be looked at is no empty queue', async () => {
  const missing = (await newQueue('other')).replace('other', 'missing');
  await expect(createQueueDepths(client)([missing])).rejects.toThrow('does not exist');
});
