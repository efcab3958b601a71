import { PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import type { Context, SQSBatchResponse } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { keys } from '../../lib/core/keys.ts';
import { ENV } from '../../lib/platform/env.ts';
import { fromAttributes, toAttributes } from '../../lib/stores/table.ts';
import { startLocalAws } from './local-aws.ts';

/*
 * Messages that nobody should have sent, and their end: recorded and dead, never thrown at, never in the way of
 * the message beside them. The functions are called as they are deployed.
 */

type Consumer = 'fan-out' | 'deliver' | 'dead-letters';
type Handler = (event: object, context: Context) => Promise<SQSBatchResponse>;

let aws: Awaited<ReturnType<typeof startLocalAws>>;
let handlers: Record<Consumer, Handler>;
beforeAll(async () => {
  aws = await startLocalAws();
  const deliver = aws.newQueue('deliver');
  vi.stubEnv(ENV.ownQueue, deliver);
  vi.stubEnv(ENV.deliverQueues, JSON.stringify({ http: deliver, urgent: deliver }));
  vi.stubEnv(ENV.eventsQueue, aws.newQueue('events'));
  vi.stubEnv(ENV.eventsUrgentQueue, aws.newQueue('events-urgent'));
  vi.stubEnv(ENV.maxEventAgeSeconds, '900');
  vi.stubEnv(ENV.timeoutSeconds, '30');
  vi.stubEnv(ENV.secretsFile, '/dev/null');
  vi.resetModules();
  const [fanOut, deliverer, deadLetters] = await Promise.all([
    import('../../functions/fan-out.ts'),
    import('../../functions/deliver.ts'),
    import('../../functions/dead-letters.ts'),
  ]);
  handlers = {
    'fan-out': fanOut.handler,
    deliver: deliverer.handler,
    'dead-letters': deadLetters.handler,
  };
});
afterAll(() => aws.stop());

const time = new Date().toISOString();
let made = 0;
const events = (more: object = {}) => ({
  v: 1,
  kind: 'events',
  tenant: 'acme',
  pack: `p${made++}`,
  items: [{ id: `e${made}`, topic: 'a', time, lane: 'normal', data: {} }],
  ...more,
});
const deliveries = (more: object = {}, item: object = {}) => ({
  v: 1,
  kind: 'deliveries',
  tenant: 'acme',
  destination: 'gone',
  lane: 'normal',
  items: [
    {
      notification: { id: `d${made++}`, topic: 'a', time, title: 'T', text: '' },
      n: 1,
      since: Date.now(),
      ...item,
    },
  ],
  ...more,
});
/** What each consumer reads. */
const GOOD = { 'fan-out': events, deliver: deliveries, 'dead-letters': deliveries } as const;
const CONSUMERS = Object.keys(GOOD) as Consumer[];

const recordOf = (body: unknown) => {
  const messageId = `m${made++}`;
  return {
    messageId,
    receiptHandle: `r-${messageId}`,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    attributes: {},
  };
};
const run = (consumer: Consumer, event: object) =>
  handlers[consumer](event, { awsRequestId: 'lambda-1', getRemainingTimeInMillis: () => 30_000 } as Context);

async function ledger() {
  const { Items = [] } = await aws.client.send(new ScanCommand({ TableName: aws.tables.ledger.name }));
  return Items.map(fromAttributes);
}

const poisoned = async (messageId: string) =>
  (await ledger()).find(({ pk }) => pk === keys.poison(messageId).pk);

/** Whether the message beside the bad one was worked on. */
async function isDone({ body }: { readonly body: string }): Promise<boolean> {
  const { pack, items } = JSON.parse(body) as { pack?: string; items: { notification?: { id: string } }[] };
  const id = items[0]?.notification?.id;
  return (await ledger()).some(({ pk, sk, state }) =>
    id === undefined ? sk === pack : pk.endsWith(`#E#${id}`) && ['discarded', 'dead'].includes(String(state)),
  );
}

describe.each(CONSUMERS)('%s', (consumer) => {
  test.each<[row: number, name: string, bad: (good: object) => unknown]>([
    [81, 'a body that is not JSON', () => '{"v":1,'],
    [81, 'an empty body', () => ''],
    [82, 'an unknown version', (good) => ({ ...good, v: 0 })],
    [83, 'no tenant', (good) => ({ ...good, tenant: undefined })],
    [83, 'a tenant that would leave its keys', (good) => ({ ...good, tenant: 'acme#E#x' })],
    [85, 'a body of 1 MiB', () => 'x'.repeat(1_048_576)],
    [85, 'JSON of 1 MiB', (good) => ({ ...good, v: 'x'.repeat(1_048_000) })],
    [85, 'JSON a hundred thousand levels deep', () => `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    [88, 'a message of another system', () => ({ Type: 'Notification', Message: 'hello' })],
    [88, 'a message of S3', () => ({ Records: [{ eventSource: 'aws:s3' }] })],
  ])('row %i: %s is recorded and ends', async (_, __, bad) => {
    const [wrong, right] = [recordOf(bad(GOOD[consumer]())), recordOf(GOOD[consumer]())];
    expect(await run(consumer, { Records: [wrong, right] })).toEqual({ batchItemFailures: [] });
    expect(await poisoned(wrong.messageId)).toMatchObject({ state: 'dead', reason: 'poison' });
    expect(await isDone(right)).toBe(true);
  });

  test('row 82: a version of a later release stays until somebody can read it', async () => {
    const [later, right] = [recordOf({ ...GOOD[consumer](), v: 2 }), recordOf(GOOD[consumer]())];
    const failures = [{ itemIdentifier: later.messageId }];
    expect(await run(consumer, { Records: [later, right] })).toEqual({ batchItemFailures: failures });
    expect(await poisoned(later.messageId)).toBeUndefined();
    expect(await isDone(right)).toBe(true);
  });

  test.each([
    ['nothing', undefined],
    ['a text', 'x'],
    ['an object', {}],
  ])('row 84: Records that are %s end nothing but themselves', async (_, Records) => {
    aws.lines.length = 0;
    expect(await run(consumer, { Records })).toEqual({ batchItemFailures: [] });
    expect(aws.lines.join('')).toContain('event cannot be read as queue records');
  });

  test('row 84: a record that is none is passed over', async () => {
    const right = recordOf(GOOD[consumer]());
    expect(await run(consumer, { Records: [null, 'x', {}, right] })).toEqual({ batchItemFailures: [] });
    expect(await isDone(right)).toBe(true);
  });
});

describe('deliver', () => {
  const stateOf = async (body: object) => {
    const id = (body as ReturnType<typeof deliveries>).items[0]?.notification.id;
    return (await ledger()).find(({ pk, sk }) => pk.endsWith(`#E#${id}`) && sk.startsWith('delivery#'));
  };

  test('row 86: an attempt above the cap ends, and sends nothing', async () => {
    const wild = deliveries({}, { n: 1_000_000 });
    expect(await run('deliver', { Records: [recordOf(wild), recordOf(deliveries())] })).toEqual({
      batchItemFailures: [],
    });
    expect((await stateOf(wild))?.['state']).toBeOneOf(['dead', 'discarded']);
  });

  test('row 87: a lease that ran out is taken over', async () => {
    const late = deliveries();
    const { id } = late.items[0]!.notification;
    const claim = { owner: 'them', k: 0, i: 0, attempt: 1, takeovers: 0, state: 'sending' };
    const times = { leaseUntil: Date.now() - 1, ttl: Math.ceil(Date.now() / 1000) + 3_600 };
    await aws.client.send(
      new PutItemCommand({
        TableName: aws.tables.ledger.name,
        Item: toAttributes({ ...keys.claim('acme', id, 'gone'), ...claim, ...times }),
      }),
    );
    expect(await run('deliver', { Records: [recordOf(late)] })).toEqual({ batchItemFailures: [] });
    expect(await stateOf(late)).toMatchObject({ state: 'discarded', reason: 'destinationDeleted' });
  });
});
