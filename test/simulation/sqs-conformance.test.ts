import { setTimeout as sleep } from 'node:timers/promises';
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SendMessageBatchCommandOutput,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { queueUrl } from '../../cdk/local/aws-names.ts';
import { startSqs } from '../../cdk/local/sqs.ts';
import { createSqs } from './model/sqs.ts';

/** The model of SQS and the emulator, asked the same questions. */
interface Queues {
  send(entries: readonly Entry[]): Promise<Pick<SendMessageBatchCommandOutput, 'Successful' | 'Failed'>>;
  receive(queue?: 'work' | 'dead'): Promise<{ body: string; receipt: string; receives: number }[]>;
  remove(receipt: string): Promise<void>;
  extend(receipt: string, seconds: number): Promise<void>;
  pass(seconds: number): Promise<void>;
  close(): Promise<void>;
}

interface Entry {
  readonly Id: string;
  readonly MessageBody: string;
  readonly DelaySeconds?: number;
}

const VISIBILITY_SECONDS = 1;
const MAX_RECEIVES = 2;

async function openModel(): Promise<Queues> {
  let now = 0;
  const sqs = createSqs(
    [
      {
        url: 'work',
        visibilityMs: VISIBILITY_SECONDS * 1_000,
        maxReceives: MAX_RECEIVES,
        deadLetters: 'dead',
      },
      { url: 'dead', visibilityMs: VISIBILITY_SECONDS * 1_000, maxReceives: Infinity },
    ],
    { now: () => now },
  );
  return {
    send: async (Entries) =>
      sqs.run(new SendMessageBatchCommand({ QueueUrl: 'work', Entries: [...Entries] })) as never,
    receive: async (queue = 'work') =>
      sqs
        .receive(queue, 10, { pick: () => 0, twice: () => false })
        .map(({ body, receiptHandle, attributes }) => ({
          body,
          receipt: receiptHandle,
          receives: Number(attributes?.['ApproximateReceiveCount']),
        })),
    remove: async (receipt) => sqs.remove('work', [receipt]),
    extend: async (ReceiptHandle, VisibilityTimeout) => {
      const Entries = [{ Id: '0', ReceiptHandle, VisibilityTimeout }];
      sqs.run(new ChangeMessageVisibilityBatchCommand({ QueueUrl: 'work', Entries }));
    },
    pass: async (seconds) => void (now += seconds * 1_000),
    close: async () => {},
  };
}

async function openEmulator(): Promise<Queues> {
  const deadLetterTargetArn = 'arn:aws:sqs:us-east-1:000000000000:dead';
  const sqs = await startSqs({
    queues: [
      { name: 'dead', attributes: { VisibilityTimeout: String(VISIBILITY_SECONDS) } },
      {
        name: 'work',
        attributes: {
          VisibilityTimeout: String(VISIBILITY_SECONDS),
          RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: MAX_RECEIVES }),
        },
      },
    ],
  });
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new SQSClient({ endpoint: sqs.endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
  const urlOf = (name: string): string => queueUrl(sqs.endpoint, name);
  const QueueUrl = urlOf('work');
  return {
    send: (Entries) => client.send(new SendMessageBatchCommand({ QueueUrl, Entries: [...Entries] })),
    async receive(queue = 'work') {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl: urlOf(queue),
          MaxNumberOfMessages: 10,
          MessageSystemAttributeNames: ['ApproximateReceiveCount'],
        }),
      );
      return Messages.map(({ Body = '', ReceiptHandle = '', Attributes }) => ({
        body: Body,
        receipt: ReceiptHandle,
        receives: Number(Attributes?.ApproximateReceiveCount),
      }));
    },
    async remove(ReceiptHandle) {
      await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    },
    async extend(ReceiptHandle, VisibilityTimeout) {
      const Entries = [{ Id: '0', ReceiptHandle, VisibilityTimeout }];
      await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
    },
    pass: (seconds) => sleep(seconds * 1_000 + 100),
    async close() {
      client.destroy();
      await sqs.close();
    },
  };
}

describe.each([
  ['the model', openModel],
  ['fauxqs', openEmulator],
] as const)('a queue of %s', (_, open) => {
  let queues: Queues;
  beforeAll(async () => {
    queues = await open();
  });
  afterAll(() => queues.close());

  async function send(...bodies: readonly string[]): Promise<void> {
    await queues.send(bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody })));
  }

  async function drain(): Promise<void> {
    for (const { receipt } of await queues.receive()) await queues.remove(receipt);
  }

  test('hands a message out once while it is worked on, and again when nobody deletes it', async () => {
    await send('a');
    const [first] = await queues.receive();
    expect(first).toMatchObject({ body: 'a', receives: 1 });
    expect(await queues.receive()).toEqual([]);
    await queues.pass(VISIBILITY_SECONDS);
    const [second] = await queues.receive();
    expect(second).toMatchObject({ body: 'a', receives: 2 });
    expect(second?.receipt).not.toBe(first?.receipt);
    await queues.remove(second!.receipt);
    await queues.pass(VISIBILITY_SECONDS);
    expect(await queues.receive()).toEqual([]);
  });

  test('hides a message for as long as it is told, and shows it at once for none', async () => {
    await send('a');
    const [first] = await queues.receive();
    await queues.extend(first!.receipt, 0);
    const [second] = await queues.receive();
    await queues.extend(second!.receipt, 2 * VISIBILITY_SECONDS);
    await queues.pass(VISIBILITY_SECONDS);
    expect(await queues.receive()).toEqual([]);
    await queues.remove(second!.receipt);
  });

  test('keeps a delayed message back', async () => {
    await queues.send([{ Id: '0', MessageBody: 'later', DelaySeconds: 1 }]);
    expect(await queues.receive()).toEqual([]);
    await queues.pass(1);
    expect(await queues.receive()).toMatchObject([{ body: 'later' }]);
    await queues.pass(VISIBILITY_SECONDS);
    await drain();
  });

  test('gives what was received too often to the dead letters', async () => {
    await send('poison');
    for (let receive = 1; receive <= MAX_RECEIVES; receive++) {
      expect(await queues.receive()).toHaveLength(1);
      await queues.pass(VISIBILITY_SECONDS);
    }
    expect(await queues.receive()).toEqual([]);
    expect(await queues.receive('dead')).toMatchObject([{ body: 'poison' }]);
  });

  test('refuses the entry that it cannot carry, and takes the others', async () => {
    const { Successful = [], Failed = [] } = await queues.send([
      { Id: 'good', MessageBody: 'a' },
      { Id: 'bad', MessageBody: '\ufffe' },
    ]);
    expect(Successful.map(({ Id }) => Id)).toEqual(['good']);
    expect(Failed).toMatchObject([{ Id: 'bad', SenderFault: true }]);
    await drain();
  });

  test.each<[string, readonly Entry[]]>([
    ['no entries', []],
    ['eleven entries', Array.from({ length: 11 }, (__, index) => ({ Id: String(index), MessageBody: 'a' }))],
    ['the same id twice', [0, 1].map(() => ({ Id: '0', MessageBody: 'a' }))],
    ['more than 1 MiB', [0, 1].map((index) => ({ Id: String(index), MessageBody: 'a'.repeat(600_000) }))],
  ])('refuses a batch with %s', async (__, entries) => {
    await expect(queues.send(entries)).rejects.toThrow(/./);
    expect(await queues.receive()).toEqual([]);
  });
});
