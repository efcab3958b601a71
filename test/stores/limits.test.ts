import { describe, expect, test } from 'vitest';
import { FIRST_OPEN_MS, PROBE_MS, WINDOW_MS } from '../../lib/core/breaker.ts';
import type { Booked, ScopeRef } from '../../lib/core/scope.ts';
import { HORIZON_MS, onGrid, periodOf } from '../../lib/core/slots.ts';
import { type Limits, createLimits } from '../../lib/stores/limits.ts';
import { NOW, describeOnEngines } from './engines.ts';

let count = 0;

const scopeOf = (limit: number, perMs = 1_000): ScopeRef => ({
  tenant: 'acme',
  id: `destination:s${count++}`,
  periodMs: periodOf({ limit, perMs }),
});

/** Numbers that look random and are the same in every run. */
function* chances(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

describeOnEngines('limits', (store) => {
  const worker = (): Limits => createLimits(store().limits, store());
  const ahead = () => ({ endMs: store().now() + HORIZON_MS });
  const workers = (n: number) => Array.from({ length: n }, worker);
  const slotsOf = async (limits: Limits, scope: ScopeRef, want: number, fromMs = store().now()) => {
    const booked = await limits.book(scope, want, fromMs, ahead());
    if (booked.kind === 'full') return [];
    const { first, periodMs, count: got } = booked.slots;
    return Array.from({ length: got }, (_, i) => first + i * periodMs);
  };

  describe('slots', () => {
    test.each([
      [10, 1_000, 1],
      [100, 1_000, 2],
      [5, 2_000, 3],
    ])('of several workers never exceed %i per %i ms in any window', async (limit, perMs, seed) => {
      const scope = scopeOf(limit, perMs);
      const crew = workers(4);
      const chance = chances(seed);
      const slots: number[] = [];
      store().clock.ms = NOW;
      while (store().clock.ms < NOW + 4_000) {
        const wants = crew.map(() => Math.floor(chance.next().value * 30) - 10);
        const booked = await Promise.all(
          crew.map((limits, index) => slotsOf(limits, scope, Math.max(0, wants[index]!))),
        );
        slots.push(...booked.flat());
        store().clock.ms += Math.floor(chance.next().value * 250);
      }
      slots.sort((a, b) => a - b);
      const worst = Math.max(
        ...slots.map((slot) => slots.filter((other) => other >= slot && other < slot + perMs).length),
      );
      expect(worst).toBeLessThanOrEqual(limit);
      expect(slots.length).toBeGreaterThan((3_000 / perMs) * limit * 0.9);
    });

    test('lie no further ahead than the horizon, and are refused beyond it without a call', async () => {
      const scope = scopeOf(10);
      const limits = worker();
      store().clock.ms = NOW;
      const slots = await slotsOf(limits, scope, 50);
      expect(slots.at(-1)).toBeLessThanOrEqual(NOW + HORIZON_MS);
      store().sent.length = 0;
      expect(await limits.book(scope, 1, NOW, ahead())).toEqual({
        kind: 'full',
        untilMs: expect.any(Number),
      });
      expect(store().sent).toEqual([]);
    });

    test('cost one write, the first time too', async () => {
      const scope = scopeOf(100);
      const limits = worker();
      store().sent.length = 0;
      await slotsOf(limits, scope, 5);
      await slotsOf(limits, scope, 5);
      expect(store().sent).toEqual(['UpdateItemCommand', 'UpdateItemCommand']);
    });

    test('a worker that has not seen the scope learns from one refusal where it stands', async () => {
      const scope = scopeOf(100);
      store().clock.ms = NOW;
      const mine = await slotsOf(worker(), scope, 10);
      const theirs = await slotsOf(worker(), scope, 10);
      expect(theirs[0]! - mine.at(-1)!).toBeCloseTo(scope.periodMs, 0);
    });

    test.each([1, 30, 100, 333])(
      'of %i/s can be given back as long as nobody booked behind them',
      async (limit) => {
        const scope = scopeOf(limit);
        const [a, b] = workers(2) as [Limits, Limits];
        store().clock.ms = NOW;
        const [first, second] = [await a.book(scope, 1, NOW, ahead()), await a.book(scope, 7, NOW, ahead())];
        if (first.kind === 'full' || second.kind === 'full') throw new Error('no slots');
        expect(await a.move(scope, first.tat, first.slots.first)).toBe(false);
        expect(await b.move(scope, second.tat, second.slots.first)).toBe(true);
        expect(await b.move(scope, first.tat, first.slots.first)).toBe(true);
        expect((await slotsOf(b, scope, 1))[0]).toBe(NOW);
      },
    );
  });

  describe('places', () => {
    const held = (owner: string, most: number) => ({ owner, count: most, untilMs: NOW + 10_000 });

    test('are as many as there are, whoever takes them when', async () => {
      const scope = scopeOf(1);
      const [a, b, c] = workers(3) as [Limits, Limits, Limits];
      store().clock.ms = NOW;
      expect(await a.takePlaces(scope, held('a', 4), 10)).toBe(4);
      // What is remembered of a scope may be wrong; a reply that was lost makes nobody take twice.
      expect(await b.takePlaces(scope, held('b', 25), 10)).toBe(6);
      expect(await a.takePlaces(scope, held('a', 4), 10)).toBe(4);
      store().clock.ms = NOW + 9_999;
      expect(await c.takePlaces(scope, held('c', 1), 10)).toBe(0);
    });

    test('are free when they are left, or lapse', async () => {
      const scope = scopeOf(1);
      const [a, b, c] = workers(3) as [Limits, Limits, Limits];
      store().clock.ms = NOW;
      await a.takePlaces(scope, held('a', 4), 10);
      await b.takePlaces(scope, held('b', 6), 10);
      await a.leavePlaces(scope, 'a');
      await a.leavePlaces(scope, 'a');
      expect(await c.takePlaces(scope, held('c', 9), 10)).toBe(4);
      store().clock.ms = NOW + 10_000;
      expect(await a.takePlaces(scope, held('d', 9), 10)).toBe(9);
    });

    test('are taken and left by many at once', async () => {
      const scope = scopeOf(1);
      const many = workers(5);
      store().clock.ms = NOW;
      const got = await Promise.all(many.map((limits, n) => limits.takePlaces(scope, held(`w${n}`, 2), 10)));
      expect(got).toEqual([2, 2, 2, 2, 2]);
      await Promise.all(many.map((limits, n) => limits.leavePlaces(scope, `w${n}`)));
      expect(await worker().takePlaces(scope, held('a', 10), 10)).toBe(10);
    });

    test('go to one of many who want the last', async () => {
      const scope = scopeOf(1);
      store().clock.ms = NOW;
      const got = await Promise.all(
        workers(5).map((limits, n) => limits.takePlaces(scope, held(`w${n}`, 10), 10)),
      );
      expect(got.toSorted((a, b) => a - b)).toEqual([0, 0, 0, 0, 10]);
    });
  });

  describe('a reservation', () => {
    test('keeps a scope free between two times, for one of many workers', async () => {
      const scope = scopeOf(10);
      store().clock.ms = NOW;
      const won = await Promise.all(
        workers(5).map((limits) => limits.reserve(scope, NOW + 100, NOW + 400.03)),
      );
      expect(won.filter(Boolean)).toHaveLength(1);
      expect((await slotsOf(worker(), scope, 1))[0]).toBe(onGrid(NOW + 400.03));
    });

    test('is refused where others have booked, and then known', async () => {
      const scope = scopeOf(10);
      store().clock.ms = NOW;
      const [a, b] = workers(2) as [Limits, Limits];
      await slotsOf(a, scope, 3);
      expect(await b.reserve(scope, NOW + 100, NOW + 200)).toBe(false);
      expect(b.recall(scope).tat).toBe(a.recall(scope).tat);
      expect(await b.reserve(scope, b.recall(scope).tat!, NOW + 900)).toBe(true);
    });

    test('of a broken destination is its probe’s alone', async () => {
      const scope = scopeOf(10);
      const limits = worker();
      store().clock.ms = NOW;
      await limits.report(scope, 0, 20);
      store().clock.ms = NOW + FIRST_OPEN_MS;
      const now = store().now();
      await limits.probe(scope, limits.recall(scope).breaker!, 'p');
      expect(await limits.reserve(scope, now, now + 100)).toBe(false);
      expect(await limits.reserve(scope, now, now + 100, 'p')).toBe(true);
    });
  });

  describe('whole posts', () => {
    const first = (booked: Booked) => (booked.kind === 'booked' ? booked.slots.first - NOW : undefined);

    test('get all their slots or none, in one write', async () => {
      const scope = scopeOf(10);
      const limits = worker();
      store().clock.ms = NOW;
      store().sent.length = 0;
      expect(first(await limits.bookWhole(scope, 8))).toBe(0);
      expect(await limits.bookWhole(scope, 5)).toMatchObject({ kind: 'full' });
      expect(first(await limits.bookWhole(scope, 3))).toBeCloseTo(8 * scope.periodMs, 0);
      expect(store().sent).toEqual(['UpdateItemCommand', 'UpdateItemCommand']);
    });

    test('of any size fit into an idle scope, whose debt holds for every worker', async () => {
      const scope = scopeOf(10);
      store().clock.ms = NOW;
      expect(first(await worker().bookWhole(scope, 500))).toBe(0);
      const late = await worker().bookWhole(scope, 1);
      expect(late).toMatchObject({ kind: 'full' });
      store().clock.ms = late.kind === 'full' ? late.untilMs + 1 : NOW;
      expect(await worker().bookWhole(scope, 500)).toMatchObject({ kind: 'booked' });
    });

    test('are let in at once by many workers that have not seen the scope', async () => {
      const scope = scopeOf(1_000);
      store().clock.ms = NOW;
      const booked = await Promise.all(workers(30).map((limits) => limits.bookWhole(scope, 10)));
      const firsts = booked.map(first).toSorted((a = 0, b = 0) => a - b);
      expect(firsts).toEqual(booked.map((_, index) => index * onGrid(10 * scope.periodMs)));
    });
  });

  test('a push stops every worker, and a shorter one does not shorten it', async () => {
    const scope = scopeOf(100);
    const [a, b] = workers(2) as [Limits, Limits];
    store().clock.ms = NOW;
    await a.push(scope, NOW + 120_000);
    await b.push(scope, NOW + 60_000);
    expect(await b.book(scope, 1, NOW, ahead())).toEqual({ kind: 'full', untilMs: NOW + 120_000 });
    store().clock.ms = NOW + 120_000;
    expect(await slotsOf(b, scope, 1)).toEqual([NOW + 120_000]);
  });

  test('a push of a whole day is remembered beyond its end', async () => {
    const scope = scopeOf(100);
    store().clock.ms = NOW;
    await worker().push(scope, NOW + 24 * 3_600_000);
    const items = await store().items(store().limits);
    const { ttl } = items.find(({ pk, sk }) => `${pk}${sk}`.includes(scope.id))!;
    // DynamoDB's clock may differ from ours: an hour is left for that.
    expect(ttl).toBeGreaterThanOrEqual(NOW / 1_000 + 25 * 3_600);
  });

  test('what a provider states is written once, and seen by every worker with its next booking', async () => {
    const scope = scopeOf(100);
    const [a, b] = workers(2) as [Limits, Limits];
    store().clock.ms = NOW;
    store().sent.length = 0;
    for (let i = 0; i < 5; i++) await a.learn(scope, { limit: 5, perMs: 2_000 });
    expect(store().sent).toEqual(['UpdateItemCommand']);
    await b.book(scope, 1, NOW, ahead());
    expect(b.recall(scope).learned).toMatchObject({ rate: { limit: 5, perMs: 2_000 } });
    await b.learn(scope, { limit: 6, perMs: 2_000 });
    // It has not seen the other one's; after its first try it has.
    await a.learn(scope, { limit: 7, perMs: 2_000 });
    expect(a.recall(scope).learned).toMatchObject({ rate: { limit: 6, perMs: 2_000 } });
    await a.learn(scope, { limit: 7, perMs: 2_000 });
    expect(a.recall(scope).learned).toMatchObject({ rate: { limit: 7, perMs: 2_000 } });
  });

  test('what a receiver answered is seen by every worker; of two answers the one that holds longer stands', async () => {
    const scope = scopeOf(100);
    const [a, b] = workers(2) as [Limits, Limits];
    store().clock.ms = NOW;
    const refusal = { outcome: { kind: 'retry', reason: 'settings' }, detail: 'no' } as const;
    const refused = { question: 'q', untilMs: NOW + 60_000, refusal };
    const agreed = { question: 'q', untilMs: NOW + 86_400_000 };
    await a.consent(scope, refused);
    await b.peek([scope], 0);
    expect(b.recall(scope).consent).toEqual(refused);
    await b.consent(scope, agreed);
    await a.consent(scope, refused);
    expect(a.recall(scope).consent).toEqual(agreed);
    await a.consent(scope, { ...refused, question: 'another' });
    expect(a.recall(scope).consent?.question).toBe('another');
  });

  test('a push notes the refusal, and keeps what was learned', async () => {
    const scope = scopeOf(100);
    const limits = worker();
    store().clock.ms = NOW;
    await limits.learn(scope, { limit: 5, perMs: 2_000 });
    await limits.push(scope, NOW + 1_000);
    store().clock.ms += 5_000;
    store().sent.length = 0;
    await limits.push(scope, NOW + 10_000);
    expect(store().sent).toEqual(['UpdateItemCommand']);
    const { learned } = limits.recall(scope);
    expect(learned?.rate).toEqual({ limit: 5, perMs: 2_000 });
    expect(learned?.share).toBeLessThan(0.75);
  });

  test('places in line follow one another, whoever takes them', async () => {
    const scope = scopeOf(1);
    store().clock.ms = NOW;
    const crew = workers(5);
    const firsts = await Promise.all(crew.map((limits) => limits.standInLine(scope, 10)));
    const steps = firsts.toSorted((a, b) => a - b).map((first) => (first - NOW) / scope.periodMs);
    expect(steps.map(Math.round)).toEqual([0, 10, 20, 30, 40]);
    store().clock.ms = NOW + 3_600_000;
    expect(await crew[0]!.standInLine(scope, 1)).toBe(NOW + 3_600_000);
  });

  test('a look at many scopes is one call, and lasts as long as it is fresh', async () => {
    const limits = worker();
    const scopes = Array.from({ length: 20 }, () => scopeOf(1));
    await worker().push(scopes[3]!, NOW + 5);
    store().clock.ms = NOW;
    store().sent.length = 0;
    await limits.peek(scopes, 5_000);
    await limits.peek(scopes, 5_000);
    expect(store().sent).toEqual(['BatchGetItemCommand']);
    expect(limits.recall(scopes[3]!)).toMatchObject({ tat: NOW + 5 });
    expect(limits.recall(scopes[4]!)).toEqual({});
    store().clock.ms += 5_001;
    await limits.peek(scopes, 5_000);
    expect(store().sent).toHaveLength(2);
  });

  describe('the breaker', () => {
    const opened = async (limits: Limits, scope = scopeOf(100)): Promise<ScopeRef> => {
      store().clock.ms = NOW;
      await limits.report(scope, 0, 20);
      return scope;
    };

    test('opens when failures prevail, counted over workers', async () => {
      const scope = scopeOf(100);
      const [a, b] = workers(2) as [Limits, Limits];
      store().clock.ms = NOW;
      expect([await a.report(scope, 1, 9), await b.report(scope, 1, 8), await a.report(scope, 0, 1)]).toEqual(
        [false, false, true],
      );
      expect(await b.book(scope, 1, NOW, ahead())).toEqual({ kind: 'full', untilMs: NOW + FIRST_OPEN_MS });
    });

    test('costs a healthy destination no write, and counts its successes with the next failure', async () => {
      const scope = scopeOf(100);
      const limits = worker();
      store().clock.ms = NOW;
      store().sent.length = 0;
      for (let i = 0; i < 10; i++) await limits.report(scope, 10, 0);
      expect(store().sent).toEqual([]);
      expect(await limits.report(scope, 0, 30)).toBe(false);
      expect(limits.recall(scope)).toMatchObject({ successes: 100, failures: 30 });
    });

    test('forgets what is older than a minute', async () => {
      const scope = scopeOf(100);
      const limits = worker();
      store().clock.ms = NOW;
      await limits.report(scope, 0, 15);
      await limits.report(scope, 50, 0);
      store().clock.ms += WINDOW_MS;
      expect(await limits.report(scope, 0, 10)).toBe(false);
      expect(limits.recall(scope)).toMatchObject({ successes: 0, failures: 10 });
    });

    test('lets one of many workers probe, once its time is up', async () => {
      const scope = await opened(worker());
      const { breaker } = await (async () => {
        const looking = worker();
        await looking.peek([scope], 0);
        return looking.recall(scope);
      })();
      store().clock.ms += FIRST_OPEN_MS;
      const won = await Promise.all(workers(10).map((limits, n) => limits.probe(scope, breaker!, `w${n}`)));
      expect(won.filter(Boolean)).toHaveLength(1);
    });

    test('lets the probe alone book, and heals after it for everybody', async () => {
      const [prober, other] = workers(2) as [Limits, Limits];
      const scope = await opened(prober);
      await other.book(scope, 1, NOW, ahead());
      store().clock.ms = NOW + FIRST_OPEN_MS;
      const now = store().clock.ms;
      expect(await prober.probe(scope, prober.recall(scope).breaker!, 'p')).toBe(true);
      expect(await other.probe(scope, other.recall(scope).breaker!, 'o')).toBe(false);
      expect((await other.book(scope, 1, now, ahead())).kind).toBe('full');
      expect((await prober.book(scope, 1, now, ahead())).kind).toBe('full');
      expect((await prober.book(scope, 1, now, { ...ahead(), probeOwner: 'p' })).kind).toBe('booked');
      // A shared scope knows nothing of the breaker below it.
      const shared = { ...scope, id: 'chat:bot:1' };
      expect((await prober.book(shared, 1, now, { ...ahead(), probeOwner: 'p' })).kind).toBe('booked');
      await prober.endProbe(scope, 'p', true);
      expect((await worker().book(scope, 1, now, ahead())).kind).toBe('booked');
      expect(await prober.report(scope, 0, 19)).toBe(false);
      expect(await prober.report(scope, 0, 1)).toBe(true);
    });

    test('stays shut twice as long after a probe that failed', async () => {
      const limits = worker();
      const scope = await opened(limits);
      store().clock.ms = NOW + FIRST_OPEN_MS;
      await limits.probe(scope, limits.recall(scope).breaker!, 'p');
      await limits.endProbe(scope, 'somebody else', true);
      await limits.endProbe(scope, 'p', false);
      const untilMs = NOW + FIRST_OPEN_MS + 2 * FIRST_OPEN_MS;
      expect(limits.recall(scope).breaker).toEqual({ state: 'open', untilMs, openMs: 2 * FIRST_OPEN_MS });
      expect(await worker().book(scope, 1, NOW, ahead())).toEqual({ kind: 'full', untilMs });
    });

    test('gives up a probe that falls silent', async () => {
      const limits = worker();
      const scope = await opened(limits);
      store().clock.ms = NOW + FIRST_OPEN_MS;
      await limits.probe(scope, limits.recall(scope).breaker!, 'silent');
      store().clock.ms += PROBE_MS;
      expect(await limits.probe(scope, limits.recall(scope).breaker!, 'next')).toBe(true);
    });
  });

  test('every item begins with its tenant, and ends some day', async () => {
    for (const item of await store().items(store().limits)) {
      expect(item.pk).toMatch(/^T#acme#S#/);
      expect(item['ttl']).toBeGreaterThan(NOW / 1000);
    }
  });
});
