import { setTimeout as sleep } from 'node:timers/promises';
import {
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

/** The model of a FIFO queue and the emulator, asked the same questions, one message at a time. */
interface Fifo {
  send(entries: readonly Entry[]): Promise<Pick<SendMessageBatchCommandOutput, 'Failed'>>;
  receive(queue?: 'work.fifo' | 'dead.fifo'): Promise<{ body: string; receipt: string } | undefined>;
  remove(receipt: string, queue?: 'work.fifo' | 'dead.fifo'): Promise<void>;
  pass(seconds: number): Promise<void>;
  close(): Promise<void>;
}

interface Entry {
  readonly Id: string;
  readonly MessageBody: string;
  readonly MessageGroupId?: string;
  readonly MessageDeduplicationId?: string;
  readonly DelaySeconds?: number;
}

const VISIBILITY_SECONDS = 1;
const MAX_RECEIVES = 2;

async function openModel(): Promise<Fifo> {
  let now = 0;
  const common = { visibilityMs: VISIBILITY_SECONDS * 1_000, kind: 'fifo' } as const;
  const sqs = createSqs(
    [
      { ...common, url: 'work.fifo', maxReceives: MAX_RECEIVES, deadLetters: 'dead.fifo' },
      { ...common, url: 'dead.fifo', maxReceives: Infinity },
    ],
    { now: () => now },
  );
  return {
    send: async (Entries) =>
      sqs.run(new SendMessageBatchCommand({ QueueUrl: 'work.fifo', Entries: [...Entries] })) as never,
    async receive(queue = 'work.fifo') {
      const [one] = sqs.receive(queue, 1, { pick: () => 0, twice: () => false });
      return one && { body: one.body, receipt: one.receiptHandle };
    },
    remove: async (receipt, queue = 'work.fifo') => sqs.remove(queue, [receipt]),
    pass: async (seconds) => void (now += seconds * 1_000),
    close: async () => {},
  };
}

async function openEmulator(): Promise<Fifo> {
  const deadLetterTargetArn = 'arn:aws:sqs:us-east-1:000000000000:dead.fifo';
  const common = {
    FifoQueue: 'true',
    VisibilityTimeout: String(VISIBILITY_SECONDS),
    DeduplicationScope: 'messageGroup',
    FifoThroughputLimit: 'perMessageGroupId',
  };
  const sqs = await startSqs({
    queues: [
      { name: 'dead.fifo', attributes: common },
      {
        name: 'work.fifo',
        attributes: {
          ...common,
          RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: MAX_RECEIVES }),
        },
      },
    ],
  });
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new SQSClient({ endpoint: sqs.endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
  const urlOf = (name: string): string => queueUrl(sqs.endpoint, name);
  return {
    send: (Entries) =>
      client.send(new SendMessageBatchCommand({ QueueUrl: urlOf('work.fifo'), Entries: [...Entries] })),
    async receive(queue = 'work.fifo') {
      const { Messages: [one] = [] } = await client.send(
        new ReceiveMessageCommand({ QueueUrl: urlOf(queue), MaxNumberOfMessages: 1 }),
      );
      return one && { body: one.Body ?? '', receipt: one.ReceiptHandle ?? '' };
    },
    async remove(ReceiptHandle, queue = 'work.fifo') {
      await client.send(new DeleteMessageCommand({ QueueUrl: urlOf(queue), ReceiptHandle }));
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
] as const)('a FIFO queue of %s', (_, open) => {
  let fifo: Fifo;
  let ids = 0;
  beforeAll(async () => {
    fifo = await open();
  });
  afterAll(() => fifo.close());

  const entry = (body: string, group: string, dedupe = `d${ids++}`): Entry => {
    return { Id: body, MessageBody: body, MessageGroupId: group, MessageDeduplicationId: dedupe };
  };
  async function take(): Promise<string | undefined> {
    const one = await fifo.receive();
    if (one) await fifo.remove(one.receipt);
    return one?.body;
  }

  test('gives out a group in its order, and nothing of it while one is in flight', async () => {
    await fifo.send([entry('a1', 'a'), entry('a2', 'a')]);
    await fifo.send([entry('b1', 'b')]);
    const first = await fifo.receive();
    expect(first?.body).toBe('a1');
    const other = await fifo.receive();
    expect(other?.body).toBe('b1');
    expect(await fifo.receive()).toBeUndefined();
    await fifo.remove(first!.receipt);
    expect(await take()).toBe('a2');
    await fifo.remove(other!.receipt);
    expect(await take()).toBeUndefined();
  });

  test('gives out again, in its place, what nobody deletes', async () => {
    await fifo.send([entry('a1', 'a'), entry('a2', 'a')]);
    expect((await fifo.receive())?.body).toBe('a1');
    await fifo.pass(VISIBILITY_SECONDS);
    expect([await take(), await take(), await take()]).toEqual(['a1', 'a2', undefined]);
  });

  // Of another group it would be taken (`DeduplicationScope: messageGroup`), which fauxqs 2.4.1 does not know.
  test('drops what it has seen of a group, even when that is gone', async () => {
    await fifo.send([entry('a1', 'a', 'same')]);
    expect(await take()).toBe('a1');
    const { Failed = [] } = await fifo.send([entry('a2', 'a', 'same'), entry('a3', 'a')]);
    expect(Failed).toEqual([]);
    expect([await take(), await take()]).toEqual(['a3', undefined]);
  });

  test('gives what was received too often to the dead letters, and goes on with the next', async () => {
    await fifo.send([entry('a1', 'a'), entry('a2', 'a')]);
    for (let receive = 1; receive <= MAX_RECEIVES; receive++) {
      expect((await fifo.receive())?.body).toBe('a1');
      await fifo.pass(VISIBILITY_SECONDS);
    }
    expect(await take()).toBe('a2');
    const dead = await fifo.receive('dead.fifo');
    expect(dead?.body).toBe('a1');
    await fifo.remove(dead!.receipt, 'dead.fifo');
  });

  test('refuses a message without a group', async () => {
    const { Failed = [] } = await fifo
      .send([{ Id: '0', MessageBody: 'a', MessageDeduplicationId: 'd' }])
      .catch(() => ({ Failed: [{ Id: '0', SenderFault: true }] }));
    expect(Failed).toMatchObject([{ Id: '0', SenderFault: true }]);
    expect(await take()).toBeUndefined();
  });
});
