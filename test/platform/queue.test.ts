import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import * as fc from 'fast-check';
import { startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createQueue, type QueueDeps } from '../../lib/platform/queue.ts';

interface Sent {
  readonly QueueUrl: string;
  readonly Entries: readonly {
    readonly Id: string;
    readonly MessageBody: string;
    readonly DelaySeconds?: number;
  }[];
}

/** An SQS that notes its calls; `fail` says of each entry of each call how it fares. */
function faultySqs(fail: (id: string, call: number) => 'ours' | 'theirs' | undefined = () => undefined) {
  const calls: Sent[] = [];
  const waits: number[] = [];
  const client = {
    send: async ({ input }: { input: Sent }) => {
      calls.push(input);
      const Failed = input.Entries.flatMap(({ Id }) => {
        const how = fail(Id, calls.length);
        return how === undefined ? [] : [{ Id, SenderFault: how === 'ours', Code: 'x' }];
      });
      return { Failed };
    },
  } as unknown as QueueDeps['client'];
  const queue = createQueue({ client, wait: async (ms) => void waits.push(ms) });
  return { queue, calls, waits };
}

const messages = (count: number) => Array.from({ length: count }, (_, n) => ({ body: `"${n}"` }));

describe('enqueueing', () => {
  test('takes as few calls as ten entries a call allow', async () => {
    const { queue, calls } = faultySqs();
    expect(await queue.enqueue('q', messages(25))).toEqual({ failed: [] });
    expect(calls.map(({ Entries }) => Entries.length)).toEqual([10, 10, 5]);
    await queue.enqueue('q', []);
    expect(calls).toHaveLength(3);
  });

  test('splits by bytes and by count, and loses, repeats and reorders nothing', async () => {
    const sizes = fc.array(fc.oneof(fc.nat(2_000), fc.integer({ min: 100_000, max: 250_000 })), {
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(sizes, async (bytes) => {
        const { queue, calls } = faultySqs();
        const bodies = bytes.map((size, n) => `${n}:${'ü'.repeat(size / 2)}`);
        await queue.enqueue(
          'q',
          bodies.map((body) => ({ body })),
        );
        const sizeOf = ({ Entries }: Sent) =>
          Entries.reduce((sum, one) => sum + Buffer.byteLength(one.MessageBody), 0);
        expect(calls.every((call) => call.Entries.length <= 10 && sizeOf(call) < 1_048_576)).toBe(true);
        expect(calls.flatMap(({ Entries }) => Entries.map(({ MessageBody }) => MessageBody))).toEqual(bodies);
      }),
      { numRuns: 50 },
    );
  });

  test('sends again only what SQS reported as failed, twice at most', async () => {
    const { queue, calls, waits } = faultySqs((id, call) =>
      id === '3' || (id === '5' && call === 1) ? 'theirs' : undefined,
    );
    expect(await queue.enqueue('q', messages(8))).toEqual({ failed: [3] });
    expect(calls.map(({ Entries }) => Entries.map(({ Id }) => Id).join())).toEqual([
      '0,1,2,3,4,5,6,7',
      '3,5',
      '3',
    ]);
    expect(waits).toEqual([50, 200]);
  });

  test('does not send again what SQS will never take', async () => {
    const { queue, calls } = faultySqs((id) => (id === '1' ? 'ours' : undefined));
    expect(await queue.enqueue('q', messages(3))).toEqual({ failed: [1] });
    expect(calls).toHaveLength(1);
  });

  test('reports a message too large for any call, and sends its neighbours', async () => {
    const { queue, calls } = faultySqs();
    const result = await queue.enqueue('q', [{ body: 'a' }, { body: 'x'.repeat(1_048_576) }, { body: 'b' }]);
    expect(result).toEqual({ failed: [1] });
    expect(calls.map(({ Entries }) => Entries.map(({ MessageBody }) => MessageBody))).toEqual([['a', 'b']]);
  });

  test('throws when a call fails as a whole', async () => {
    const client = { send: () => Promise.reject(new Error('no route')) } as unknown as QueueDeps['client'];
    await expect(createQueue({ client }).enqueue('q', messages(1))).rejects.toThrow('no route');
  });

  test.each([
    [0.2, 1],
    [-5, 0],
    [899.5, 900],
    [4_000, 900],
  ])('rounds a delay of %d s to %d', async (delaySeconds, expected) => {
    const { queue, calls } = faultySqs();
    await queue.enqueue('q', [{ body: 'a', delaySeconds }]);
    expect(calls[0]?.Entries[0]?.DelaySeconds).toBe(expected);
  });
});

describe('against SQS', () => {
  let server: Awaited<ReturnType<typeof startFauxqs>>;
  let client: SQSClient;
  let url: string;

  beforeAll(async () => {
    server = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false });
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    client = new SQSClient({ endpoint: `http://127.0.0.1:${server.port}`, region: 'us-east-1', credentials });
    const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: 'events' }));
    url = QueueUrl ?? '';
  });

  afterAll(async () => {
    client.destroy();
    await server.stop();
  });

  async function receiveAll(): Promise<{ body: string; handle: string }[]> {
    const received: { body: string; handle: string }[] = [];
    for (;;) {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10 }),
      );
      if (Messages.length === 0) return received;
      received.push(
        ...Messages.map(({ Body = '', ReceiptHandle = '' }) => ({ body: Body, handle: ReceiptHandle })),
      );
    }
  }

  test('twelve packs of 240 KiB, odd characters and groups get through and can be made visible again', async () => {
    const queue = createQueue({ client });
    const bodies = Array.from({ length: 12 }, (_, n) =>
      JSON.stringify(`${n} \ufffe \uffff \u{1f514} ${'x'.repeat(240_000)}`),
    );
    const sent = await queue.enqueue(
      url,
      bodies.map((body) => ({ body, groupId: 'tenant#destination' })),
    );
    expect(sent).toEqual({ failed: [] });
    const received = await receiveAll();
    const texts = received.map(({ body }) => JSON.parse(body) as string);
    expect(texts.toSorted()).toEqual(bodies.map((body) => JSON.parse(body) as string).toSorted());

    await queue.extend(
      url,
      received.map(({ handle }) => ({ receiptHandle: handle, seconds: 0 })),
    );
    expect(await receiveAll()).toHaveLength(12);
  });

  test('a receipt handle that has run out is no error', async () => {
    const gone = [{ receiptHandle: 'long-gone', seconds: 99_999 }];
    await expect(createQueue({ client }).extend(url, gone)).resolves.toBeUndefined();
  });
});
