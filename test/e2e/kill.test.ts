import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { arrivalsOf } from '../kill/judge.ts';
import { type Folder, openFolder } from './child.ts';
import { type Driver, FIXTURES, TEST, driver } from './rig.ts';

const EVENTS = 2_000;
const BATCH = 100;
const WANTED = 3 * EVENTS;
/** A lease lasts 35 s, and what waited for its end comes again within 20 s. */
const RECOVERY = { timeout: 90_000, interval: 500 };

const BATCHES = Array.from({ length: EVENTS / BATCH }, (_, batch) =>
  Array.from({ length: BATCH }, (_one, n) => ({
    id: `event-${batch * BATCH + n}`,
    topic: 'load.test',
    data: { title: `Event ${batch * BATCH + n}` },
  })),
);

async function totalOf(user: Driver): Promise<number> {
  return (await user.inbox('last=1'))[0]?.id ?? 0;
}

let folder: Folder;
beforeAll(() => {
  folder = openFolder();
});
afterAll(() => folder.remove());

test(
  'a stack that is killed in its work loses nothing, and accounts for what it sends twice',
  TEST,
  async () => {
    const flags = ['start', '--port', '0', '--twin-port', '0', '--quiet'];
    const killed = folder.start(...flags, '--catalog', join(FIXTURES, 'catalog.load.yaml'));
    const before = driver(await killed.ready());
    const unanswered: typeof BATCHES = [];
    const posting = (async () => {
      for (const batch of BATCHES) await before.post('/v1/events', batch).catch(() => unanswered.push(batch));
    })();
    await vi.waitUntil(async () => (await totalOf(before)) >= WANTED / 3, RECOVERY);
    const { code } = await killed.signal('SIGKILL');
    await posting;
    expect(code).toBeNull();

    const restarted = folder.start(...flags);
    const after = driver(await restarted.ready());
    expect(await totalOf(after)).toBeLessThan(WANTED);
    // Who got no answer posts again; what was taken all the same is known by its ids.
    for (const batch of unanswered) await after.post('/v1/events', batch);
    await vi.waitUntil(
      async () => (await totalOf(after)) >= WANTED && arrivalsOf(await after.inbox()).size === WANTED,
      RECOVERY,
    );

    const twice = [...arrivalsOf(await after.inbox())].filter(([, times]) => times > 1);
    const unexplained: string[] = [];
    for (const [id, times] of twice) {
      const [event = '', destination] = id.split(':');
      const { attempts = [] } = (await after.delivery(event, destination)) ?? {};
      const ambiguous = attempts.filter(({ outcome }) => outcome === 'maybe');
      if (ambiguous.length < times - 1) unexplained.push(id);
    }
    expect(unexplained).toEqual([]);
    expect((await restarted.signal('SIGINT')).code).toBe(0);
  },
);
