import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { queueUrl } from '../../../cdk/local/aws-names.ts';
import { createSqsCall } from '../../../cdk/local/sqs-api.ts';
import { startSqs } from '../../../cdk/local/sqs.ts';

const QUEUES = [{ name: 'Q', attributes: { VisibilityTimeout: '600' } }];
const QueueUrl = queueUrl('http://local', 'Q');

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fanfare-sqs-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

test('fauxqs is the version whose parts are wired here', () => {
  const { version } = JSON.parse(readFileSync('node_modules/fauxqs/package.json', 'utf8')) as {
    version: string;
  };

  expect(version).toBe('2.4.1');
});

test('listens on the loopback interface only', async () => {
  const sqs = await startSqs({ queues: QUEUES });

  expect(new URL(sqs.endpoint).hostname).toBe('127.0.0.1');
  await sqs.close();
});

interface Received {
  readonly Messages?: readonly { readonly Body: string; readonly ReceiptHandle: string }[];
}

describe('with a folder', () => {
  test('messages survive a restart, those in flight and delayed too', async () => {
    const first = await startSqs({ queues: QUEUES, dir });
    const call = createSqsCall(first.endpoint);
    for (const MessageBody of ['one', 'two', 'three']) await call('SendMessage', { QueueUrl, MessageBody });
    await call('SendMessage', { QueueUrl, MessageBody: 'later', DelaySeconds: 600 });
    const { Messages = [] } = await call<Received>('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 2 });
    await call('DeleteMessage', { QueueUrl, ReceiptHandle: Messages[0]?.ReceiptHandle });
    await first.close();

    const second = await startSqs({ queues: QUEUES, dir });
    expect(second.depth('Q')).toEqual({ ready: 2, delayed: 1, inFlight: 0 });
    await second.close();
  });

  test('a queue takes over attributes that have changed', async () => {
    await (await startSqs({ queues: QUEUES, dir })).close();
    const sqs = await startSqs({ queues: [{ name: 'Q', attributes: { VisibilityTimeout: '0' } }], dir });
    const call = createSqsCall(sqs.endpoint);
    await call('SendMessage', { QueueUrl, MessageBody: 'x' });

    await call('ReceiveMessage', { QueueUrl });
    const again = await call<Received>('ReceiveMessage', { QueueUrl });
    expect(again.Messages?.length).toBe(1);
    await sqs.close();
  });

  test('a message can be handed back at once', async () => {
    const sqs = await startSqs({ queues: QUEUES, dir });
    const call = createSqsCall(sqs.endpoint);
    await call('SendMessage', { QueueUrl, MessageBody: 'x' });
    const { Messages = [] } = await call<Received>('ReceiveMessage', { QueueUrl });

    await call('ChangeMessageVisibility', {
      QueueUrl,
      ReceiptHandle: Messages[0]?.ReceiptHandle,
      VisibilityTimeout: 0,
    });
    expect(sqs.depth('Q').ready).toBe(1);
    await sqs.close();
  });

  test('kill -9 loses no message whose sending was answered', async () => {
    const program = `
      import { startSqs } from ${JSON.stringify(join(process.cwd(), 'cdk/local/sqs.ts'))};
      const sqs = await startSqs(${JSON.stringify({ queues: QUEUES, dir })});
      console.log(sqs.endpoint);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [endpoint] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const call = createSqsCall(endpoint);

    let answered = 0;
    const sendTen = async (): Promise<boolean> => {
      const Entries = Array.from({ length: 10 }, (_, i) => ({
        Id: String(i),
        MessageBody: 'x'.repeat(2_000),
      }));
      await call('SendMessageBatch', { QueueUrl, Entries });
      answered += 10;
      if (answered === 500) await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 });
      return answered < 1_000 || child.kill('SIGKILL');
    };
    const sender = async (): Promise<void> => {
      while (await sendTen().catch(() => false));
    };
    await Promise.all([sender(), sender(), sender()]);

    const sqs = await startSqs({ queues: QUEUES, dir });
    const { ready, inFlight } = sqs.depth('Q');
    expect(answered).toBeGreaterThanOrEqual(1_000);
    expect(ready).toBeGreaterThanOrEqual(answered);
    expect(inFlight).toBe(0);
    await sqs.close();
  });
});
