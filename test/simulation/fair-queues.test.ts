import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { parseDeliveryPack } from '../../lib/core/message.ts';
import { send } from '../../lib/pipeline/fan-out/send.ts';
import { createQueue } from '../../lib/platform/queue.ts';
import { NO_FAULTS } from './faults.ts';
import { createFunction, createMapping } from './lambda.ts';
import { createSqs } from './model/sqs.ts';
import type { Outside } from './process.ts';
import { createRandom } from './random.ts';
import { createWorld } from './world.ts';

const SECONDS = 20;
/** What a batch takes, however many deliveries it holds: 8 at a time, up to 10 messages each, about 90 a second. */
const WORK_MS = [200, 800] as const;
const CONSUMERS = { concurrency: 8, batchSize: 10 };

interface Day {
  /** Deliveries a second of each tenant. */
  readonly rates: Readonly<Record<string, number>>;
  /** Whether SQS is told which group a message belongs to. */
  readonly isGrouped: boolean;
}

/** How long the deliveries of the quiet tenant spent between fan-out and the end of their batch; the 95th percentile. */
async function quietWait({ rates, isGrouped }: Day): Promise<number> {
  const world = createWorld(0);
  const random = createRandom(1);
  const sqs = createSqs([{ url: 'chat', visibilityMs: 180_000, maxReceives: 100, kind: 'fair' }], {
    now: world.now,
    onVisible: (_, atMs) => mapping.wake(atMs),
  });
  const outside: Outside = {
    world,
    random,
    faults: () => NO_FAULTS,
    tell: () => {},
    calls: new Map(),
    crashes: 0,
    callsAtCrash: undefined,
    crashPoints: [],
  };
  const begun = new Map<string, number>();
  const waits: number[] = [];
  const target = createFunction(
    {
      name: 'deliver',
      timeoutMs: 30_000,
      clock: () => () => 0,
      start: (process) => async (records: readonly { readonly body: string }[]) => {
        await process.wait(random.between(...WORK_MS));
        for (const { body } of records) {
          const parsed = parseDeliveryPack(body);
          if (!parsed.ok || parsed.message.tenant !== 'quiet') continue;
          waits.push(...parsed.message.items.map((one) => world.now() - begun.get(one.notification.id)!));
        }
        return [];
      },
    },
    outside,
  );
  const mapping = createMapping({ queue: 'chat', target, ...CONSUMERS }, sqs, outside);
  const client = {
    send: async (command: SendMessageBatchCommand) => {
      if (!isGrouped) for (const entry of command.input.Entries ?? []) delete entry.MessageGroupId;
      return sqs.run(command);
    },
  } as unknown as SQSClient;
  const { enqueue } = createQueue({ client });

  function fanOut(tenant: string, id: string): void {
    begun.set(id, world.now());
    const notification = { id, topic: 'a', time: '2027-01-01T00:00:00Z', title: 'Title', text: '' };
    const delivery = { notification, n: 1, since: world.now() };
    const place = { tenant, destination: 'ops', channel: 'chat', lane: 'normal', order: undefined } as const;
    void send([{ source: id, ...place, delivery }], { enqueue, queues: { chat: 'chat' }, ownQueue: '' });
  }

  for (const [tenant, rate] of Object.entries(rates)) {
    for (let index = 0; index < SECONDS * rate; index++) {
      world.at((index * 1_000) / rate, () => fanOut(tenant, `${tenant}-${index}`));
    }
  }
  await world.run(10 * 60_000);
  expect(waits).toHaveLength(SECONDS * rates['quiet']!);
  return waits.toSorted((a, b) => a - b)[Math.floor(waits.length * 0.95)]!;
}

test('a quiet tenant beside a flood of 100 to 1 waits as if it were alone, by the groups of its messages', async () => {
  const alone = await quietWait({ rates: { quiet: 2 }, isGrouped: true });
  const rates = { quiet: 2, noisy: 200 };
  expect(await quietWait({ rates, isGrouped: true })).toBeLessThanOrEqual(2 * alone);
  // Without them SQS knows nobody: the quiet ones wait in the backlog of the others.
  expect(await quietWait({ rates, isGrouped: false })).toBeGreaterThan(5 * alone);
});
