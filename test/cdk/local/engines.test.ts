import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EngineAddresses, connectQueues } from '../../../cdk/local/engines.ts';
import { createSqsCall } from '../../../cdk/local/sqs-api.ts';
import { startEngines } from '../../kill/engines-process.ts';

const QueueUrl = 'http://local/000000000000/Work';

let dir: string;
let addresses: EngineAddresses;
let stop: () => Promise<void>;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fanfare-engines-'));
  ({ addresses, stop } = await startEngines({ dir, queues: [{ name: 'Work', attributes: {} }] }));
});
afterAll(async () => {
  await stop();
  rmSync(dir, { recursive: true, force: true });
});

test('queues in a process of their own tell how much they hold', async () => {
  const { depth } = connectQueues(addresses);
  const call = createSqsCall(addresses.sqs);
  await call('SendMessage', { QueueUrl, MessageBody: 'now' });
  await call('SendMessage', { QueueUrl, MessageBody: 'later', DelaySeconds: 60 });
  expect(await depth('Work')).toEqual({ ready: 1, delayed: 1, inFlight: 0 });

  await call('ReceiveMessage', { QueueUrl });

  expect(await depth('Work')).toEqual({ ready: 0, delayed: 1, inFlight: 1 });
});

test('a receive that waits there ends when it is asked to', async () => {
  const { endWaiting } = connectQueues(addresses);
  const waiting = createSqsCall(addresses.sqs)('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 20 });
  const asking = setInterval(endWaiting, 50);

  expect(await waiting).toEqual({});
  clearInterval(asking);
});

test('engines end together', async () => {
  await stop();

  for (const url of [addresses.sqs, addresses.twinUrl, addresses.dynamodb])
    await expect(fetch(url)).rejects.toThrow('fetch failed');
});
