import { afterEach, expect, test } from 'vitest';
import { type ChatSettings, destinationOf } from '../../load/limiter/chat.ts';
import { costOf, paceOf } from '../../load/limiter/pace.ts';
import { type World, type WorldOptions, openWorld, toldIn } from '../../load/limiter/world.ts';

/** The whole measurement is `node load/limiter.ts`; these are short runs of it, for the promises it keeps. */
/** A thousand calls to the emulator. */
const SLOW = { timeout: 60_000 };
let world: World;
const open = async (options: WorldOptions): Promise<World> => (world = await openWorld(options));
afterEach(() => world.close());

const names = (prefix: string, count: number) => Array.from({ length: count }, (_, n) => `${prefix}${n}`);
const bot = (limit: number) =>
  ({ name: 'bot', key: () => 'token', shared: true, limit, perMs: 1_000 }) as const;

test('a scope that ten destinations share is used up, never exceeded, at few writes; urgent ones go first', async () => {
  const destinations = names('d', 10);
  await open({ scopes: [bot(100)], destinations });
  for (const id of destinations) world.post(id, names(`${id}-`, 60), { pack: 10 });
  names('u', 5).forEach((event, n) => world.post('d0', [event], { atMs: 700 * n, lane: 'urgent' }));
  await world.run(3);

  const { busiest, use } = paceOf(world.sent, 100);
  expect(world.sent).toHaveLength(605);
  expect(busiest).toBeLessThanOrEqual(100);
  // Of 6 s; what is lost is lost where the first slots end and the first appointments begin.
  expect(use).toBeGreaterThanOrEqual(0.95);
  const { writesPerSend, writesPerDenial, receives } = costOf(world);
  expect(writesPerSend).toBeLessThanOrEqual(0.25);
  expect(writesPerDenial).toBeLessThanOrEqual(0.1);
  expect(receives).toBeLessThanOrEqual(2.3);
  const urgent = world.sent.filter(({ event }) => event.startsWith('u'));
  expect(urgent).toHaveLength(5);
  for (const { atMs, receivedMs } of urgent) expect(atMs - receivedMs).toBeLessThanOrEqual(1_100);
});

test('one send a second is kept to, and made', async () => {
  await open({ rate: { limit: 1, perMs: 1_000 }, destinations: ['d'] });
  world.post('d', names('e', 60), { pack: 10 });
  await world.run(3);
  const { busiest, use } = paceOf(world.sent, 1);
  expect(busiest).toBe(1);
  expect(use).toBeGreaterThanOrEqual(0.95);
});

test('members of a shared scope keep to their own limits, too', async () => {
  const destinations = names('d', 3);
  await open({ rate: { limit: 100, perMs: 1_000 }, scopes: [bot(200)], destinations });
  for (const id of destinations) world.post(id, names(`${id}-`, 200));
  await world.run(6);
  expect(paceOf(world.sent, 200).busiest).toBeLessThanOrEqual(200);
  for (const id of destinations) {
    const { busiest } = paceOf(
      world.sent.filter(({ destination }) => destination === id),
      100,
    );
    expect(busiest).toBeLessThanOrEqual(100);
  }
});

test('slots that a process missed together are booked anew together', async () => {
  const destinations = names('d', 10);
  await open({ scopes: [bot(100)], destinations, stallMs: 100 });
  for (const id of destinations) world.post(id, names(`${id}-`, 30), { pack: 25 });
  await world.run(3);
  expect(world.sent).toHaveLength(300);
  expect(paceOf(world.sent, 100).busiest).toBeLessThanOrEqual(100);
  const { wasted, writesPerSend } = costOf(world);
  expect(wasted).toBeGreaterThan(50);
  expect(writesPerSend * world.sent.length).toBeLessThan(wasted / 2);
});

test('bots below one limit of the catalog take turns in it, at few writes', async () => {
  const destinations = ['a', 'b'].flatMap((letter) => names(letter, 5));
  const scope = { ...bot(30), key: (settings: ChatSettings) => destinationOf(settings).slice(0, 1) };
  const limits = [{ id: 'tenant', rate: { limit: 50, perMs: 1_000 } }];
  await open({ scopes: [scope], limits, destinations });
  for (const id of destinations) world.post(id, names(`${id}-`, 40), { pack: 4 });
  await world.run(3);
  const { busiest, use } = paceOf(world.sent, 50);
  expect(world.sent).toHaveLength(400);
  expect(busiest).toBeLessThanOrEqual(50);
  for (const letter of ['a', 'b']) {
    const ofBot = world.sent.filter(({ destination }) => destination.startsWith(letter));
    expect(paceOf(ofBot, 30).busiest).toBeLessThanOrEqual(30);
  }
  // When each booked alone, they kept each other out for as long as their own sends took: 0.6.
  expect(use).toBeGreaterThanOrEqual(0.75);
  expect(costOf(world).writesPerSend).toBeLessThanOrEqual(0.4);
});

/** A bot's chats of 1/s that get a message every three seconds, beside one with a backlog. */
async function besideBacklog(backlog: number, pack: number, rounds: number, merges: boolean) {
  const chats = names('c', 9);
  const options = { scopes: [bot(30)], destinations: [...chats, 'busy'], merges };
  await open({ rate: { limit: 1, perMs: 1_000 }, ...options });
  world.post('busy', names('b', backlog), { pack });
  chats.forEach((chat, n) =>
    names(chat, rounds).forEach((event, round) =>
      world.post(chat, [event], { atMs: 3_000 + round * 3_000 + n * 199 }),
    ),
  );
  await world.run(3, (rounds + 1) * 3_000 + 1_000);
  const idle = world.sent.filter(({ destination }) => destination !== 'busy');
  expect(idle).toHaveLength(9 * rounds);
  const waits = idle.map(({ atMs, sinceMs }) => atMs - sinceMs).toSorted((a, b) => a - b);
  return {
    p95: waits[Math.floor(waits.length * 0.95)],
    busy: world.sent.filter((one) => !idle.includes(one)),
  };
}

test('a chat’s backlog does not slow the other chats of its bot', async () => {
  const { p95 } = await besideBacklog(200, 10, 6, false);
  // Alone they take 74 ms.
  expect(p95).toBeLessThanOrEqual(150);
});

test('nor does one whose end is told together', SLOW, async () => {
  const { p95, busy } = await besideBacklog(400, 1, 32, true);
  expect(p95).toBeLessThanOrEqual(150);
  expect(toldIn(busy)).toBe(400);
  expect(paceOf(busy, 1).busiest).toBe(1);
});
