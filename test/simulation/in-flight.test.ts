import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { NO_FAULTS } from './faults.ts';
import { createSqs } from './model/sqs.ts';
import { createRandom } from './random.ts';
import { drawScenario } from './scenario.ts';
import { simulate } from './simulate.ts';

/*
 * A standard queue has at most about 120,000 messages in flight, then it hands out no more (SQS developer guide,
 * "Amazon SQS message quotas"). Here the quota is two.
 */

const QUOTA = 2;
const SEEDS = Array.from({ length: 8 }, (_, index) => index + 1);

test(
  'F37: queues that hand out no more let everything in and lose nothing',
  { timeout: 120_000 },
  async () => {
    for (const seed of SEEDS) {
      const drawn = drawScenario(createRandom(seed).fork('scenario'));
      const { violations } = await simulate({ seed, scenario: { ...drawn, maxInFlight: QUOTA } });
      expect({ seed, violations }).toEqual({ seed, violations: [] });

      // Producers notice nothing of it.
      const calm = { ...drawn, faults: NO_FAULTS, outage: undefined };
      const [free, narrow] = [
        await simulate({ seed, scenario: calm }),
        await simulate({ seed, scenario: { ...calm, maxInFlight: QUOTA } }),
      ];
      expect(narrow.accepted).toBe(free.accepted);
      expect(narrow.violations).toEqual([]);
    }
  },
);

test('the model hands out what fits into the quota, and the rest when something is deleted', () => {
  const sqs = createSqs([{ url: 'work', visibilityMs: 1_000, maxReceives: 9, maxInFlight: QUOTA }], {
    now: () => 0,
  });
  const Entries = ['a', 'b', 'c'].map((MessageBody) => ({ Id: MessageBody, MessageBody }));
  sqs.run(new SendMessageBatchCommand({ QueueUrl: 'work', Entries }));
  const receive = () => sqs.receive('work', 10, { pick: () => 0, twice: () => false });
  const [first, second] = receive();
  expect([second?.body, receive()]).toEqual(['b', []]);
  sqs.remove('work', [first!.receiptHandle]);
  expect(receive().map(({ body }) => body)).toEqual(['c']);
});
