import { describe, expect, test } from 'vitest';
import { fanOutOrderedStep } from '../../functions/wiring/fan-out-ordered-step.ts';
import { ingestDeps } from '../../functions/wiring/ingest-deps.ts';
import { stateOn } from '../../functions/wiring/state.ts';
import { parseEntryInput } from '../../lib/core/catalog-input.ts';
import { EMPTY_CATALOG, type Topic } from '../../lib/core/catalog.ts';
import {
  type OutgoingMessage,
  type QueueRecord,
  parseDeliveryPack,
  parseEventPack,
} from '../../lib/core/message.ts';
import { type Item, ingest } from '../../lib/pipeline/ingest.ts';
import { type CheckDeps, checkEntries } from '../../lib/pipeline/manage/check-entries.ts';
import { inOrder } from '../../lib/pipeline/ordered/in-order.ts';
import { useRigs } from './rig.ts';

const newRig = useRigs();

interface Sent {
  readonly queue: string;
  readonly message: OutgoingMessage;
}

const TOPIC: Topic = { id: 'orders', topics: ['orders.*'], ordered: true, orderingKey: 'data.key' };

/** Ingest and fan-out of ordered topics on a real ledger and catalog; `refuses` says what SQS does not take. */
async function open(topics: readonly Topic[] = [TOPIC]) {
  const { store, telemetry, clock } = await newRig();
  const { client } = store.ledger;
  const tables = { catalog: store.catalog.name, ledger: store.ledger.name, limits: store.limits.name };
  const state = stateOn({ client, tables, now: clock.now, wait: async () => undefined, telemetry });
  const sent: Sent[] = [];
  const calls: string[][] = [];
  let made = 0;
  const world = {
    sent,
    calls,
    refuses: (_message: OutgoingMessage): boolean => false,
    catalogFails: false,
    enqueue: async (queue: string, messages: readonly OutgoingMessage[]) => {
      calls.push(messages.map(({ groupId = '' }) => groupId));
      const failed = messages.flatMap((message, index) => (world.refuses(message) ? [index] : []));
      sent.push(...messages.filter((_, i) => !failed.includes(i)).map((message) => ({ queue, message })));
      return { failed };
    },
    post: (items: readonly Item[]) =>
      ingest(
        { tenant: 'acme', items },
        ingestDeps(state, {
          enqueue: world.enqueue,
          queues: { normal: 'events', urgent: 'urgent' },
          orderedQueue: 'ordered',
          topics: async () => {
            if (world.catalogFails) throw new Error('throttled');
            return { topics };
          },
          newId: () => `id${made++}`,
        }),
      ),
    /** The fan-out of what ingest sent to the ordered queue. */
    fanOut: (records: readonly QueueRecord[]) => {
      const step = fanOutOrderedStep(
        { ...state, catalogs: { get: async () => catalog } },
        {
          enqueue: world.enqueue,
          deliverQueue: 'deliver',
          ownQueue: 'ordered',
          payloadOf: () => 'text',
          maxAgeMs: 1e9,
        },
      );
      return step(records, { deadlineMs: Infinity, requestId: 'r' });
    },
    records: () =>
      sent
        .filter(({ queue }) => queue === 'ordered')
        .map(({ message }, at): QueueRecord => ({
          messageId: `m${at}`,
          receiptHandle: `r${at}`,
          body: message.body,
          attributes: { MessageGroupId: message.groupId!, ApproximateReceiveCount: '1' },
        })),
  };
  const catalog = {
    ...EMPTY_CATALOG,
    topics,
    routes: [{ id: 'r', order: 1, destinations: ['ops', 'dev'] }],
  };
  return world;
}

const event = (id: string, key: string, topic = 'orders.paid'): Item => ({
  ok: true,
  draft: { id, topic, data: { key }, severity: id.startsWith('urgent') ? 'critical' : 'info' },
});
const eventsIn = ({ message }: Sent): string[] => {
  const parsed = parseEventPack(message.body);
  return parsed.ok ? parsed.message.items.map(({ id }) => id) : [];
};
const deliveriesIn = (sent: readonly Sent[], to: string): string[] =>
  sent.flatMap(({ message }) => {
    const parsed = parseDeliveryPack(message.body);
    if (!parsed.ok || parsed.message.destination !== to) return [];
    return parsed.message.items.map(({ notification }) => notification.id);
  });

describe('ingest', () => {
  test('sends events of ordered topics to their queue, a group for each key, whatever their lane', async () => {
    const world = await open();
    await world.post([event('a1', 'a'), event('urgent', 'a'), event('b1', 'b'), event('x', 'a', 'other')]);
    const [first, second, rest] = world.sent.toSorted((a, b) => b.queue.localeCompare(a.queue));
    expect([first, second].map((one) => [one!.queue, eventsIn(one!)])).toEqual([
      ['ordered', ['a1', 'urgent']],
      ['ordered', ['b1']],
    ]);
    expect(first!.message.groupId).not.toBe(second!.message.groupId);
    expect([rest!.queue, rest!.message.dedupeId]).toEqual(['events', undefined]);
  });

  test('sends nothing of a group behind a pack that SQS did not take', async () => {
    const world = await open();
    const items = Array.from({ length: 25 }, (_, n) => event(`a${n}`, 'a'));
    world.refuses = ({ body }) => body.includes('"a10"');
    const { receipts } = await world.post([...items, event('b', 'b')]);
    const accepted = receipts.map(({ kind }) => kind === 'accepted');
    expect(accepted).toEqual([...Array(10).fill(true), ...Array(15).fill(false), true]);
  });

  test('lets no post be dropped as a duplicate of one that was not recorded', async () => {
    const world = await open();
    await world.post([event('a1', 'a')]);
    const [{ message }] = world.sent as [Sent];
    const again = await open();
    await again.post([event('warm-up', 'z')]);
    await again.post([event('a1', 'a')]);
    expect(again.sent.at(-1)!.message.groupId).toBe(message.groupId);
    expect(again.sent.at(-1)!.message.dedupeId).not.toBe(message.dedupeId);
  });

  test('takes nothing while nobody can say what is ordered', async () => {
    const world = await open();
    world.catalogFails = true;
    await expect(world.post([event('a1', 'a')])).rejects.toMatchObject({ problem: { slug: 'unavailable' } });
    expect(world.sent).toEqual([]);
  });
});

describe('fan-out', () => {
  test('sends deliveries in the order of their key, a group for each destination', async () => {
    const world = await open();
    const items = Array.from({ length: 25 }, (_, n) => event(`a${n}`, 'a'));
    await world.post(items);
    const records = world.records();
    world.sent.length = 0;
    expect(await world.fanOut(records)).toEqual([]);
    const ids = items.map((_, n) => `a${n}`);
    expect([deliveriesIn(world.sent, 'ops'), deliveriesIn(world.sent, 'dev')]).toEqual([ids, ids]);
    expect(new Set(world.sent.map(({ queue }) => queue))).toEqual(new Set(['deliver']));
    expect(new Set(world.sent.map(({ message }) => message.groupId)).size).toBe(2);
  });

  test('leaves packs behind one that failed, of its group only', async () => {
    const world = await open();
    await world.post([...Array.from({ length: 25 }, (_, n) => event(`a${n}`, 'a')), event('b', 'b')]);
    const records = world.records();
    world.sent.length = 0;
    world.refuses = ({ body }) => body.includes('"dev"') && body.includes('"a10"');
    const failed = await world.fanOut(records);
    expect(failed).toHaveLength(2);
    expect(deliveriesIn(world.sent, 'dev')).toEqual(expect.arrayContaining(['a0', 'b']));
    expect(deliveriesIn(world.sent, 'dev').filter((id) => id !== 'b')).toEqual(
      Array.from({ length: 10 }, (_, n) => `a${n}`),
    );
  });

  test('names a second run of the same deliveries like the first, and other deliveries differently', async () => {
    const world = await open();
    await world.post([event('a1', 'a'), event('b1', 'b')]);
    const records = world.records();
    world.sent.length = 0;
    await world.fanOut(records);
    const ids = world.sent.map(({ message }) => message.dedupeId);
    world.sent.length = 0;
    await world.fanOut(records);
    expect(world.sent.map(({ message }) => message.dedupeId)).toEqual(ids);
    expect(new Set(ids).size).toBe(4);
  });
});

test('a catalog with an ordered topic is refused where the stack has no queues for it', async () => {
  const parsed = parseEntryInput('topic', 'orders', { topics: ['orders.*'], ordered: true });
  if (!parsed.ok) throw new Error('not accepted at all');
  const check = (hasOrdered: boolean) =>
    checkEntries('acme', [parsed.value], [], { hasOrdered } as CheckDeps);
  expect(await check(true)).toEqual([]);
  expect(await check(false)).toMatchObject([
    { pointer: '/ordered', detail: expect.stringContaining('the setting ordered: true') },
  ]);
});

describe('enqueueing in order', () => {
  test('sends one message of a group at a time, and other groups beside it', async () => {
    const calls: string[][] = [];
    const enqueue = inOrder(async (_, messages) => {
      calls.push(messages.map(({ body }) => body));
      return { failed: messages.flatMap(({ body }, index) => (body === 'a2' ? [index] : [])) };
    });
    const messages = ['a1', 'a2', 'a3', 'b1'].map((body) => ({ body, groupId: body.charAt(0) }));
    expect(await enqueue('q', messages)).toEqual({ failed: [1, 2] });
    expect(calls).toEqual([['a1', 'b1'], ['a2']]);
  });

  test('knows what is safe when a later call fails as a whole', async () => {
    let asked = 0;
    const enqueue = inOrder(async () => {
      if (++asked > 1) throw new Error('no');
      return { failed: [] };
    });
    expect(await enqueue('q', [{ body: '1' }, { body: '2' }, { body: '3' }])).toEqual({ failed: [1, 2] });
  });
});
