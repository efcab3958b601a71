import { describe, expect, test } from 'vitest';
import type { DeliveryPack } from '../../lib/core/message.ts';
import type { Notification } from '../../lib/core/notification.ts';
import { mayMerge } from '../../lib/pipeline/deliver/may-merge.ts';
import { worksOf } from '../../lib/pipeline/deliver/work.ts';
import {
  LEASE_MS,
  NOW,
  type Rig,
  catalogOf,
  chatChannel,
  destination,
  ok,
  packOf,
  record,
  status,
  toRecord,
  useRigs,
} from './rig.ts';

const RATE = { limit: 1, perMs: 1_000 };
const PATIENT = { timeout: 60_000 };
const MINUTE = 60_000;
const HALF_MINUTE = 30_000;
const OPS = { tenant: 'acme', id: 'destination:ops' };
const newRig = useRigs();

type Item = DeliveryPack['items'][number];
type More = Partial<Item> & { readonly says?: Partial<Notification> };

const events = (count: number, name = 'e'): string[] =>
  Array.from({ length: count }, (_, n) => `${name}${n}`);

/** Packs as fan-out makes them. */
function packsFor(ids: readonly string[], more: More = {}, most = 25): string[] {
  const { says, ...others } = more;
  const pack = JSON.parse(record(ids).body) as DeliveryPack;
  const items = pack.items.map(({ notification, ...rest }): Item => {
    return { ...rest, notification: { ...notification, title: `<${notification.id}>`, ...says }, ...others };
  });
  return Array.from({ length: Math.ceil(ids.length / most) }, (_, k) =>
    JSON.stringify({ ...pack, items: items.slice(k * most, k * most + most) }),
  );
}

function post(rig: Rig, bodies: readonly string[], visibleAt = rig.clock.now()): void {
  rig.queue.push(...bodies.map((body) => ({ queue: 'own', message: { body }, visibleAt })));
}

async function slowChat(): Promise<Rig & { readonly told: string[][] }> {
  const rig = await newRig(chatChannel({ rate: RATE }));
  rig.catalog = catalogOf(destination('ops', { merge: true }));
  const told: string[][] = [];
  rig.reply = ({ event }, { body }) => {
    told.push(namesIn(event, body));
    return ok;
  };
  return Object.assign(rig, { told });
}

/** The events that a message tells of. */
function namesIn(event: string, body: string): string[] {
  const { text } = JSON.parse(body) as { text: string };
  return event.startsWith('together_') ? [...text.matchAll(/<(\w+)>/g)].map(([, name]) => name!) : [event];
}

/** A message of deliveries that waited too long. */
function together(ids: readonly string[], more: Partial<DeliveryPack> = {}, item: More = {}): string {
  const [body] = packsFor(ids, item, 100);
  return JSON.stringify({ ...(JSON.parse(body!) as DeliveryPack), together: 1, ...more });
}

/** With how many the deliveries of a batch were told, as its completion record has it. */
async function amongOf(rig: Rig): Promise<readonly number[]> {
  const items = await rig.store.items(rig.store.ledger);
  return items.flatMap(({ among }) => (among as readonly number[] | undefined) ?? []);
}

async function states(rig: Rig, ids: readonly string[]): Promise<string[]> {
  return await Promise.all(ids.map((id) => rig.state(id)));
}

describe('a line of more than a minute', () => {
  test('is told in few messages, within the limit, and each is on record', PATIENT, async () => {
    const rig = await slowChat();
    post(rig, packsFor(events(250)));
    await rig.drain();
    // The first minute's one by one, then three of up to a hundred.
    expect(rig.sent.length).toBeLessThan(70);
    expect(rig.sent.at(-1)!.atMs).toBeLessThan(NOW + 1.5 * MINUTE);
    const gaps = rig.sent.slice(1).map(({ atMs }, n) => atMs - rig.sent[n]!.atMs);
    expect(Math.min(...gaps)).toBeGreaterThan(RATE.perMs);
    expect(new Set(await states(rig, events(250)))).toEqual(new Set(['delivered']));
    expect(rig.metrics.get('Delivered')).toBe(250);
    expect(rig.metrics.get('Merged')).toBe(250 - rig.sent.length);
  });

  test('is told whole: one by one or in one message', PATIENT, async () => {
    const rig = await slowChat();
    post(rig, packsFor(events(105)));
    await rig.drain();
    expect(rig.told.flat().toSorted()).toEqual(events(105).toSorted());
    expect(Math.max(...rig.told.map(({ length }) => length))).toBeGreaterThan(30);
  });

  test('that grows by one message at a time gathers them', PATIENT, async () => {
    const rig = await slowChat();
    post(rig, packsFor(events(60, 'first')));
    for (const [n, id] of events(80, 'late').entries()) post(rig, packsFor([id]), NOW + n * 250);
    await rig.drain();
    expect(new Set(rig.told.flat()).size).toBe(140);
    expect(rig.sent.length).toBeLessThan(100);
  });

  test('is left by all workers so that they come back within the same second, a second of their destination', async () => {
    const momentOf = async (id: string) => {
      const rig = await slowChat();
      rig.catalog = catalogOf(destination(id, { merge: true }));
      await rig.newLimits().push({ tenant: 'acme', id: `destination:${id}` }, NOW + 5 * MINUTE);
      const times = [554, 9_001, 18_777, 29_998];
      for (const ms of times) {
        rig.clock.ms = NOW + ms;
        await rig.run([toRecord(together(['a', 'b'], { destination: id }))]);
      }
      rig.queue.forEach(({ visibleAt }, n) => expect(visibleAt - times[n]! - NOW).toBeLessThan(31_000));
      const [first = 0, ...others] = rig.queue.map(({ visibleAt }) => visibleAt);
      for (const other of others)
        expect((other - first + HALF_MINUTE + 999) % HALF_MINUTE).toBeLessThan(1_999);
      return Math.floor((first % HALF_MINUTE) / 1_000);
    };
    const ids = ['ops', 'dev', 'web', 'shop', 'bank'];
    expect(new Set(await Promise.all(ids.map(momentOf))).size).toBeGreaterThan(2);
  });

  test('of messages that were received one by one becomes few: they gather twice', PATIENT, async () => {
    const rig = await slowChat();
    await rig.newLimits().push(OPS, NOW + 5 * MINUTE);
    for (const body of packsFor(events(940), {}, 1)) await rig.run([toRecord(body)]);
    await rig.drain();
    expect(rig.told.flat().toSorted()).toEqual(events(940).toSorted());
    expect(rig.told.length).toBeLessThanOrEqual(12);
    expect(rig.metrics.get('Delivered')).toBe(940);
  });

  test('has nobody gather for ever', async () => {
    const rig = await slowChat();
    await rig.newLimits().push(OPS, NOW + 60 * MINUTE);
    await rig.run([toRecord(packsFor(['a'])[0]!)]);
    const seen: DeliveryPack[] = [];
    while (rig.queue.every(({ visibleAt }) => visibleAt < NOW + 10 * MINUTE)) {
      seen.push(packOf(rig.queue[0]!));
      rig.clock.ms = rig.queue[0]!.visibleAt;
      await rig.run(rig.receive());
    }
    expect(seen.map((pack) => pack.together)).toEqual([1, 2]);
    expect(rig.queue.map(packOf)).toMatchObject([{ together: 2, appointed: true }]);
  });

  test('has a full message stand in it, and one with room wait for more', async () => {
    const goesBack = async (count: number) => {
      const rig = await slowChat();
      await rig.newLimits().push(OPS, NOW + 5 * MINUTE);
      await rig.run([toRecord(together(events(count)))]);
      return rig.queue.map((one) => [packOf(one).together, packOf(one).appointed ?? false]);
    };
    expect(await goesBack(100)).toEqual([[1, true]]);
    expect(await goesBack(99)).toEqual([[2, false]]);
  });

  test('behind a refusal for minutes is told together when that is over', PATIENT, async () => {
    const rig = await slowChat();
    const { reply } = rig;
    rig.reply = (...args) =>
      rig.clock.now() < NOW + 3 * MINUTE ? status(429, { 'retry-after': '180' }) : reply(...args);
    post(rig, packsFor(events(100)));
    await rig.drain();
    expect(rig.told.flat().toSorted()).toEqual(events(100).toSorted());
    expect(rig.sent.length).toBeLessThan(20);
  });

  test('costs those that do not wait nothing', async () => {
    const calls = async (merge: boolean) => {
      const rig = await slowChat();
      rig.catalog = catalogOf(destination('ops', { merge }));
      const made: string[] = [];
      const { middlewareStack } = rig.store.ledger.client;
      const count = { step: 'initialize', name: 'count' } as const;
      middlewareStack.add(
        (next, { commandName = '' }) =>
          (args) => (made.push(commandName), next(args)),
        count,
      );
      post(rig, packsFor(events(20)));
      await rig.drain();
      middlewareStack.remove('count');
      return [...made, ...rig.calls];
    };
    const usual = await calls(false);
    expect(usual.length).toBeGreaterThan(20);
    expect(await calls(true)).toEqual(usual);
  });

  test('is left as it is where the destination wants that, and by a worker whose clock is wrong', async () => {
    const goesBack = async (merge: boolean, skewed: boolean) => {
      const rig = await slowChat();
      rig.catalog = catalogOf(destination('ops', { merge }));
      await rig.newLimits().push(OPS, NOW + 2 * MINUTE);
      await rig.run([toRecord(packsFor(['a', 'b'])[0]!)], { skewed: () => skewed });
      return rig.queue.map((one) => packOf(one).together ?? 0);
    };
    expect(await goesBack(true, false)).toEqual([1]);
    expect(await goesBack(false, false)).not.toContain(1);
    expect(await goesBack(true, true)).not.toContain(1);
  });
});

describe('deliveries that waited too long', () => {
  test('share one slot and one message, wherever they came from; what is for somebody else does not', async () => {
    const rig = await slowChat();
    rig.catalog = catalogOf(destination('ops', { merge: true }), destination('dev', { merge: true }));
    const batch = [together(['a', 'b']), together(['c']), together(['d'], { destination: 'dev' })];
    expect(await rig.run(batch.map(toRecord))).toEqual([]);
    expect(rig.told).toEqual(expect.arrayContaining([['a', 'b', 'c'], ['d']]));
    expect(rig.told).toHaveLength(2);
    expect(rig.metrics.get('Merged')).toBe(2);
    expect((await amongOf(rig)).filter((count) => count > 1)).toEqual([3, 3, 3]);
  });

  test('take one place in line and stay together, however long the line is', async () => {
    const rig = await slowChat();
    await rig.newLimits().push(OPS, NOW + 20 * MINUTE);
    await rig.run([together(['a', 'b']), together(events(40), { together: 2 })].map(toRecord));
    expect(rig.queue.map(packOf)).toMatchObject([{ together: 2, appointed: true }]);
    expect(packOf(rig.queue[0]!).items).toHaveLength(42);
    const next = await rig.newLimits().standInLine({ ...OPS, periodMs: 1_000 }, 1);
    expect(Math.floor(next / 1_000)).toBe((NOW + 20 * MINUTE) / 1_000 + 1);
    await rig.drain();
    expect(rig.told.map(({ length }) => length)).toEqual([42]);
  });

  test('whom a slot waits for have those who have none with them', async () => {
    const rig = await slowChat();
    await rig.newLimits().standInLine({ ...OPS, periodMs: 1_000 }, 30);
    await rig.run([toRecord(together(['new'])), toRecord(together(['old'], { appointed: true }))]);
    expect(rig.told).toEqual([['old', 'new']]);
  });

  test('are told without what somebody else has told, and without what has expired', async () => {
    const rig = await slowChat();
    await rig.run([toRecord(packsFor(['b'])[0]!)]);
    rig.clock.ms += 5_000;
    const batch = [together(['a', 'b', 'c']), together(['x'], {}, { expiresAtMs: NOW + 1_000 })];
    expect(await rig.run(batch.map(toRecord))).toEqual([]);
    expect(rig.told).toEqual([['b'], ['a', 'c']]);
    expect(await rig.state('x')).toBe('discarded');
  });

  test('are each sent alone when their message is refused: nobody knows for whose sake', async () => {
    const rig = await slowChat();
    rig.reply = ({ event }, { body }) =>
      namesIn(event, body).includes('bad') ? status(400) : (rig.told.push(namesIn(event, body)), ok);
    post(rig, [together(['a', 'bad', 'c'])]);
    await rig.drain();
    expect(rig.told.flat().toSorted()).toEqual(['a', 'c']);
    expect(await states(rig, ['a', 'bad', 'c'])).toEqual(['delivered', 'dead', 'delivered']);
    expect(await rig.attempts('a')).toEqual([]);
  });

  test('have a place in line each when they are sent alone, and do not crowd the queue until then', async () => {
    const rig = await slowChat();
    rig.reply = ({ event }) => (event.startsWith('together_') ? status(400) : ok);
    post(rig, [together(events(30))]);
    await rig.drain();
    expect(new Set(await states(rig, events(30)))).toEqual(new Set(['delivered']));
    // Once for its place, and now and then again for a slot that it just missed.
    expect(rig.metrics.get('Deferred')).toBeLessThan(2 * 30);
  });

  test('in doubt have an attempt on record each, and are tried again together', async () => {
    const rig = await slowChat();
    const answers = [status(503)];
    rig.reply = ({ event }, { body }) => (rig.told.push(namesIn(event, body)), answers.pop() ?? ok);
    post(rig, [together(['a', 'b', 'c'])]);
    await rig.drain();
    expect(rig.told).toEqual([
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ]);
    for (const id of ['a', 'b', 'c']) {
      expect(await rig.attempts(id)).toMatchObject([{ n: 1, outcome: 'maybe', reason: 'serverError' }]);
      expect(await rig.state(id)).toBe('delivered');
    }
  });

  test('count once where sends are counted', async () => {
    const rig = await slowChat();
    rig.reply = () => status(503);
    await rig.run([toRecord(together(events(25)))]);
    expect(rig.metrics.get('Failed')).toBe(1);
    expect(rig.metrics.get('Retried')).toBe(25);
    const [scope] = await rig.store.items(rig.store.limits);
    expect(scope).toMatchObject({ failures: 1 });
  });

  test('whose worker dies before it writes anything down are told again, each with that on record', async () => {
    const rig = await slowChat();
    const message = toRecord(together(['a', 'b']));
    const complete = () => Promise.reject(new Error('dies'));
    expect(await rig.run([message], { complete })).toEqual([message.messageId]);
    rig.clock.ms += LEASE_MS + 1;
    expect(await rig.run([message])).toEqual([]);
    expect(rig.told).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ]);
    for (const id of ['a', 'b'])
      expect(await rig.attempts(id)).toMatchObject([{ outcome: 'maybe', reason: 'crashed' }]);
  });

  test('are told one by one where the destination has ceased to want otherwise', async () => {
    const rig = await slowChat();
    rig.catalog = catalogOf(destination('ops', { merge: false }));
    post(rig, [together(['a', 'b'])]);
    await rig.drain();
    expect(rig.told).toEqual([['a'], ['b']]);
  });
});

describe('what is never told with others', () => {
  const chat = chatChannel({ rate: RATE });
  const work = (more: More, channel = chat, pack: Partial<DeliveryPack> = {}, merge = true) => {
    const body = { ...(JSON.parse(packsFor(['e'], more)[0]!) as DeliveryPack), ...pack };
    const options = { tenant: 'acme', destination: 'ops', merge };
    const target = channel.open({ url: 'https://ops.example/' }, options);
    return { ...worksOf(body, toRecord(''))[0]!, channel: 'chat', target };
  };
  const incident = { id: 'i', seq: 1 };

  test.each([
    ['what goes where nobody wants it', work({}, chat, {}, false)],
    ['what its provider knows by a key', work({}, chatChannel({ providerKey: { header: 'key' } }))],
    ['what is urgent', work({}, chat, { lane: 'urgent' })],
    ['what is critical', work({ says: { severity: 'critical' } })],
    ['a suspect', work({ alone: true })],
    ['what is sent without a claim', work({ mode: 'claimsOff' })],
    ['what is sent at most once', work({ mode: 'atMostOnce' })],
    ['what is recorded one by one', work({ mode: 'exactlyOnceRecorded' })],
    [
      'what somebody can answer',
      work({ says: { links: { acknowledge: 'https://api.example/v1/links/t' } } }),
    ],
    ['what may change a message', work({ incident }, chatChannel({ rate: RATE, edits: true }))],
    ['what an older one would undo', work({ incident }, chatChannel({ rate: RATE, newestOnly: true }))],
    ['what tells of many', work({ says: { topic: 'fanfare.digest' } })],
  ])('%s', (_, one) => expect(mayMerge(one)).toBe(false));

  test.each([
    ['anything else', work({})],
    ['what was tried before', work({ n: 3 })],
    ['an alert, where each message stands for itself', work({ incident })],
    ['an event, where messages can be changed', work({}, chatChannel({ rate: RATE, edits: true }))],
  ])('but %s is', (_, one) => expect(mayMerge(one)).toBe(true));
});
