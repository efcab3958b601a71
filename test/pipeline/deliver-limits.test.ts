import { describe, expect, test } from 'vitest';
import type { ScopeSpec } from '../../lib/channel.ts';
import type { Rate } from '../../lib/core/catalog.ts';
import { FIRST_OPEN_MS } from '../../lib/core/breaker.ts';
import { CLAIM_LEAD_MS, HORIZON_MS } from '../../lib/core/slots.ts';
import {
  NOW,
  type Rig,
  catalogOf,
  chatChannel,
  destination,
  ok,
  packOf,
  record,
  status,
  useRigs,
} from './rig.ts';

const newRig = useRigs();

const events = (count: number, prefix = 'e') => Array.from({ length: count }, (_, n) => `${prefix}${n}`);
const perSecond = (limit: number) => ({ limit, perMs: 1_000 });
const bot = (limit: number): ScopeSpec<{ readonly url: string }> => ({
  name: 'bot',
  key: () => 'token',
  shared: true,
  ...perSecond(limit),
});

/** Most sends in any window of a second. */
function busiest(rig: Rig, to?: string): number {
  const times = rig.sent.filter((one) => to === undefined || one.destination === to).map(({ atMs }) => atMs);
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 1_000).length));
}

describe('a limited destination', () => {
  test('gets what it can take now, each in its slot, and the rest by the second', async () => {
    const rig = await newRig(chatChannel({ rate: perSecond(1) }));
    expect(await rig.run([record(events(5))])).toEqual([]);
    expect(rig.sent.map(({ atMs }) => atMs - NOW)).toEqual([CLAIM_LEAD_MS]);
    expect(rig.queue.map((one) => [one.message.delaySeconds, packOf(one).items.length])).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 1],
    ]);
    expect(rig.queue.every((one) => packOf(one).appointed)).toBe(true);
    expect(await rig.state('e4')).toBe('none');
  });

  test('the log tells when each send began', async () => {
    const rig = await newRig(chatChannel({ rate: perSecond(30) }));
    await rig.run([record(events(3))]);
    const attempts = rig.lines.filter(({ message }) => message === 'attempt');
    expect(attempts.map(({ fields }) => Date.parse(fields?.at ?? ''))).toEqual(
      rig.sent.map(({ atMs }) => Math.floor(atMs)),
    );
  });

  test('never hears more than its limit, and soon all of it, from several workers', async () => {
    const rig = await newRig(chatChannel({ rate: perSecond(30) }));
    const crew = [rig.newLimits(), rig.newLimits(), rig.newLimits()];
    await Promise.all(crew.map((limits, n) => rig.run([record(events(25, `a${n}-`))], { limits })));
    await rig.drain(undefined, { limits: crew[0]! });
    expect(rig.sent).toHaveLength(75);
    expect(busiest(rig)).toBeLessThanOrEqual(30);
    expect(rig.clock.ms - NOW).toBeLessThan(6_000);
  });

  test('a backlog costs few bookings', async () => {
    const rig = await newRig(chatChannel({ rate: perSecond(100) }));
    const limits = rig.newLimits();
    rig.store.sent.length = 0;
    await rig.run(
      Array.from({ length: 4 }, (_, n) => record(events(25, `b${n}-`))),
      { limits },
    );
    expect(rig.sent).toHaveLength(100);
    expect(rig.store.sent.filter((name) => name === 'UpdateItemCommand').length).toBeLessThanOrEqual(2);
  });

  test('what has not waited stands behind those that have, and an urgent one before all', async () => {
    const rig = await newRig(chatChannel({ rate: perSecond(1) }));
    const limits = rig.newLimits();
    await rig.run([record(events(25))], { limits });
    rig.clock.ms = NOW + 10_000;
    rig.sent.length = 0;
    await rig.run([record(['late'])], { limits });
    expect(rig.sent).toEqual([]);
    expect(rig.queue.at(-1)?.message.delaySeconds).toBeGreaterThan(14);
    await rig.run([record(['now'], { lane: 'urgent' })], { limits });
    expect(rig.sent.map(({ event }) => event)).toEqual(['now']);
  });

  test('an appointment beyond what a queue can delay is kept, and waited for in rounds', async () => {
    const rig = await newRig(chatChannel({ rate: { limit: 1, perMs: 60_000 } }));
    const limits = rig.newLimits();
    await rig.run([record(events(25))], { limits });
    await rig.drain(undefined, { limits });
    expect(rig.sent).toHaveLength(25);
    const gaps = rig.sent.slice(1).map(({ atMs }, index) => atMs - rig.sent[index]!.atMs);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(60_000);
    // Used at nearly its full pace, without a spinning queue.
    expect(rig.clock.ms - NOW).toBeLessThan(25 * 60_000 * 1.1);
    expect(rig.calls.filter((name) => name === 'enqueue').length).toBeLessThan(60);
  });

  test('a slot that was missed is booked anew', async () => {
    const rig = await newRig(chatChannel({ rate: perSecond(10) }));
    let pauses = 1;
    const wait = async (ms: number) => {
      await rig.clock.wait(ms < HORIZON_MS && pauses-- > 0 ? ms + 3_000 : ms);
    };
    await rig.run([record(['e1'])], { wait: (ms) => (ms === 1_000 ? rig.clock.wait(ms) : wait(ms)) });
    expect(rig.sent).toHaveLength(1);
    expect(rig.metrics.get('SlotsWasted')).toBe(1);
    expect(rig.sent[0]!.atMs - NOW).toBeGreaterThan(3_000);
  });

  test('without slots nothing is sent: the limits table fails', async () => {
    const rig = await newRig(chatChannel({ rate: perSecond(10) }));
    const limits = { ...rig.newLimits(), book: () => Promise.reject(new Error('no table')) };
    const message = record(['e1']);
    expect(await rig.run([message], { limits })).toEqual([message.messageId]);
    expect(rig.calls).not.toContain('claim');
    expect(rig.lines).toContainEqual(
      expect.objectContaining({ level: 'error', message: 'no slots could be booked' }),
    );
  });

  test('a worker whose clock is wrong books nothing, and says so', async () => {
    const rig = await newRig(chatChannel({ rate: perSecond(10) }));
    expect(await rig.run([record(['e1'])], { skewed: () => true })).toEqual([]);
    expect(rig.sent).toEqual([]);
    expect(rig.queue).toHaveLength(1);
    expect(rig.metrics.get('ClockSkewed')).toBe(1);
  });
});

describe('an unlimited destination', () => {
  test('gets everything at once, at most ten at a time, and is not waited for', async () => {
    const rig = await newRig();
    let inFlight = 0;
    let most = 0;
    rig.reply = async () => {
      most = Math.max(most, ++inFlight);
      await rig.clock.wait(50);
      inFlight--;
      return ok;
    };
    await rig.run([record(events(25))]);
    expect(most).toBe(10);
    expect(await rig.state('e24')).toBe('delivered');
  });
});

describe('a refusal for rate', () => {
  test('uses up no attempt, and stops every worker until the provider says', async () => {
    const rig = await newRig();
    rig.reply = () => status(429, { 'retry-after': '120' });
    expect(await rig.run([record(['e1'])])).toEqual([]);
    expect(await rig.state('e1')).toBe('retrying');
    expect(rig.queue.map((one) => [one.message.delaySeconds, packOf(one).items[0]?.n])).toEqual([[120, 1]]);
    expect(await rig.attempts('e1')).toEqual([]);

    rig.reply = () => ok;
    expect(await rig.run([record(['e2'])])).toEqual([]);
    expect(rig.sent).toHaveLength(1);
    await rig.drain();
    expect([await rig.state('e1'), await rig.state('e2')]).toEqual(['delivered', 'delivered']);
    expect(Math.min(...rig.sent.slice(1).map(({ atMs }) => atMs))).toBeGreaterThanOrEqual(NOW + 120_000);
  });

  test('stops the scope that it names, for all who share it', async () => {
    const rig = await newRig(chatChannel({ scopes: [bot(100)], rateHint: () => ({ scope: 'bot' }) }));
    rig.reply = () => status(429, { 'retry-after': '60' });
    await rig.run([record(['e1'])]);
    rig.reply = () => ok;
    await rig.run([record(['e2'], { destination: 'dev' })]);
    expect(rig.sent.map(({ event }) => event)).toEqual(['e1']);
    await rig.drain();
    expect(Math.min(...rig.sent.slice(1).map(({ atMs }) => atMs))).toBeGreaterThanOrEqual(NOW + 60_000);
  });

  test('that recurs slows everybody down, for a while', async () => {
    const rig = await newRig(chatChannel({ rate: perSecond(10) }));
    for (const n of [1, 2, 3]) {
      rig.reply = () => status(429, { 'retry-after': '2' });
      await rig.run([record([`r${n}`])]);
      rig.clock.ms += 5_000;
    }
    rig.reply = () => ok;
    const gapsOf = async (prefix: string) => {
      rig.sent.length = 0;
      const limits = rig.newLimits();
      // The first booking shows a new worker what others have learned.
      await rig.run([record([`${prefix}first`])], { limits });
      rig.clock.ms += 2_000;
      await rig.run([record(events(4, prefix))], { limits });
      return rig.sent.slice(2).map(({ atMs }, index) => atMs - rig.sent[index + 1]!.atMs);
    };
    expect(Math.min(...(await gapsOf('slow')))).toBeGreaterThan(190);
    rig.clock.ms += 600_000;
    expect(Math.max(...(await gapsOf('well')))).toBeLessThan(110);
  });

  test('of hours goes over the due index', async () => {
    const rig = await newRig();
    rig.reply = () => status(429, { 'retry-after': '7200' });
    await rig.run([record(['e1'])]);
    expect(rig.queue).toEqual([]);
    const items = await rig.store.items(rig.store.ledger);
    expect(items).toContainEqual(
      expect.objectContaining({
        state: 'retrying',
        attempt: 0,
        due: expect.stringMatching(/^DUE#/),
        content: expect.any(String),
      }),
    );
  });
});

describe('a rate that the provider states', () => {
  const policy = {
    kind: 'reply',
    status: 200,
    headers: { 'ratelimit-policy': '"d";q=2;w=1' },
    body: '',
  } as const;

  test('limits a destination that had none, at one write', async () => {
    const rig = await newRig();
    rig.reply = () => policy;
    const limits = rig.newLimits();
    await rig.run([record(events(3))], { limits });
    rig.clock.ms += 1_000;
    rig.sent.length = 0;
    await rig.run([record(events(12, 'f'))], { limits });
    await rig.drain(undefined, { limits });
    expect(rig.sent).toHaveLength(12);
    expect(busiest(rig)).toBeLessThanOrEqual(2);
  });
});

describe('several scopes', () => {
  const many = events(6, 'd');

  test('a bot’s limit holds over all its chats', async () => {
    const rig = await newRig(chatChannel({ rate: perSecond(10), scopes: [bot(20)] }));
    rig.catalog = catalogOf(...many.map((id) => destination(id)));
    const crew = [rig.newLimits(), rig.newLimits()];
    await Promise.all(
      crew.map((limits, n) =>
        rig.run(
          many.map((id) => record(events(10, `${n}-`), { destination: id })),
          { limits },
        ),
      ),
    );
    await rig.drain(undefined, { limits: crew[0]! });
    expect(rig.sent).toHaveLength(120);
    expect(busiest(rig)).toBeLessThanOrEqual(20);
    for (const id of many) expect(busiest(rig, id)).toBeLessThanOrEqual(10);
    // 120 sends at 20/s less the tolerance of a shared scope, and some for the way back.
    expect(rig.clock.ms - NOW).toBeLessThan(15_000);
  });

  test('a limit of the catalog holds over all it is for, beside their own, and for nobody else', async () => {
    const rig = await newRig(chatChannel());
    const limited = many.slice(0, 4);
    rig.catalog = {
      ...catalogOf(destination('d0', { rate: perSecond(2) }), ...many.slice(1).map((id) => destination(id))),
      limits: [{ id: 'gateway', rate: perSecond(10), destinations: limited }],
    };
    const crew = [rig.newLimits(), rig.newLimits()];
    const batch = (n: number) => many.map((id) => record(events(5, `${n}-`), { destination: id }));
    await Promise.all(crew.map((limits, n) => rig.run(batch(n), { limits })));
    await rig.drain(undefined, { limits: crew[0]! });
    expect(rig.sent).toHaveLength(60);
    const under = rig.sent.filter(({ destination: to }) => limited.includes(to));
    const times = under.map(({ atMs }) => atMs);
    expect(
      Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 1_000).length)),
    ).toBe(10);
    expect(busiest(rig, 'd0')).toBeLessThanOrEqual(2);
    expect(busiest(rig, 'd5')).toBe(10);
  });

  test('a chat that turns out to be full gives back what was booked of its bot', async () => {
    const rig = await newRig(chatChannel({ rate: perSecond(1), scopes: [bot(30)] }));
    const limits = rig.newLimits();
    await rig.run([record(['e0'], { destination: 'dev' })], { limits });
    const sharedTat = async () =>
      (await rig.store.items(rig.store.limits)).find(({ pk }) => pk.includes('chat:bot'))?.['tat'];
    const before = await sharedTat();
    // This worker has not heard of it.
    await rig.newLimits().push({ tenant: 'acme', id: 'destination:ops' }, NOW + 60_000);
    expect(await rig.run([record(['e1'])], { limits })).toEqual([]);
    expect(rig.sent.map(({ event }) => event)).toEqual(['e0']);
    expect(Number(await sharedTat())).toBeLessThanOrEqual(
      Math.max(Number(before), rig.clock.ms + CLAIM_LEAD_MS),
    );
    expect(rig.metrics.get('SlotsWasted')).toBeUndefined();
  });

  test('a chat that had to wait for its bot counts from its send, not from its slot', async () => {
    const rig = await newRig(chatChannel({ rate: perSecond(1), scopes: [bot(10)] }));
    // Two workers: what the one books for the bot, the other has not seen.
    const [theirs, mine] = [rig.newLimits(), rig.newLimits()];
    const others = events(8, 'x');
    rig.catalog = catalogOf(destination('ops'), ...others.map((id) => destination(id)));
    await Promise.all([
      ...others.map((id) => rig.run([record(['e'], { destination: id })], { limits: theirs })),
      (async () => {
        await rig.clock.wait(1);
        await rig.run([record(['e1', 'e2', 'e3'])], { limits: mine });
      })(),
    ]);
    await rig.drain(undefined, { limits: mine });
    const times = rig.sent.filter(({ destination: to }) => to === 'ops').map(({ atMs }) => atMs);
    expect(times).toHaveLength(3);
    expect(times[0]! - NOW).toBeGreaterThan(500);
    expect(Math.min(times[1]! - times[0]!, times[2]! - times[1]!)).toBeGreaterThanOrEqual(1_000);
  });

  test('sends go at the slowest scope’s pace, and none is left behind', async () => {
    const rig = await newRig(chatChannel({ rate: perSecond(100), scopes: [bot(200)] }));
    await rig.run([record(events(25))]);
    const gaps = rig.sent.slice(1).map(({ atMs }, index) => atMs - rig.sent[index]!.atMs);
    expect(rig.sent).toHaveLength(25);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(10.15);
    expect(rig.metrics.get('SlotsWasted')).toBeUndefined();
  });

  test('a batch costs its bot one write, however many chats it has', async () => {
    const rig = await newRig(chatChannel({ scopes: [bot(100)] }));
    rig.catalog = catalogOf(...many.map((id) => destination(id)));
    rig.store.sent.length = 0;
    await rig.run(many.map((id) => record(events(5), { destination: id })));
    expect(rig.sent).toHaveLength(30);
    expect(new Set(rig.sent.slice(0, 6).map(({ destination: to }) => to)).size).toBe(6);
    expect(rig.store.sent.filter((name) => name === 'UpdateItemCommand')).toHaveLength(1);
  });

  test('a chat’s backlog makes no line for its bot’s other chats', async () => {
    const rig = await newRig(chatChannel({ rate: perSecond(1), scopes: [bot(30)] }));
    const limits = rig.newLimits();
    await rig.run([record(events(25))], { limits });
    rig.clock.ms = NOW + 2_000;
    await rig.run([record(['e1'], { destination: 'dev' })], { limits });
    expect(rig.sent.at(-1)).toMatchObject({ destination: 'dev', atMs: NOW + 2_000 + CLAIM_LEAD_MS });
  });

  test('what a bot holds up stands in the bot’s line, the chats taking turns', async () => {
    const rig = await newRig(chatChannel({ scopes: [bot(10)] }));
    rig.catalog = catalogOf(...many.map((id) => destination(id)));
    rig.store.sent.length = 0;
    await rig.run(many.map((id) => record(events(10), { destination: id })));
    expect(rig.store.sent.filter((name) => name === 'UpdateItemCommand')).toHaveLength(2);
    const early = rig.queue.filter(({ message }) => message.delaySeconds === 1);
    expect(new Set(early.map((one) => packOf(one).destination)).size).toBe(6);
    await rig.drain();
    expect(busiest(rig)).toBeLessThanOrEqual(10);
    expect(rig.sent).toHaveLength(60);
  });

  test('a destination may say when it counts as broken', async () => {
    const rig = await newRig(chatChannel());
    const breaker = { sends: 2, failShare: 1, openMs: 5_000 };
    rig.catalog = catalogOf(destination('ops', { breaker }), destination('dev'));
    rig.reply = () => status(500);
    const limits = rig.newLimits();
    await rig.run([record(['e1', 'e2']), record(['e1', 'e2'], { destination: 'dev' })], { limits });
    const breakerOf = (id: string) => limits.recall({ tenant: 'acme', id: `destination:${id}` }).breaker;
    expect(breakerOf('ops')).toEqual({ state: 'open', untilMs: rig.clock.ms + 5_000, openMs: 5_000 });
    expect(breakerOf('dev')).toBeUndefined();
  });

  test('a probe below a bot gets a slot of both', async () => {
    const rig = await newRig(chatChannel({ rate: perSecond(1), scopes: [bot(100)] }));
    const limits = rig.newLimits();
    await limits.report({ tenant: 'acme', id: 'destination:ops' }, 0, 20);
    rig.clock.ms = NOW + FIRST_OPEN_MS;
    await rig.run([record(['e1', 'e2'])], { limits });
    expect(rig.sent.map(({ event }) => event)).toEqual(['e1']);
  });

  test('one bot’s open breaker stops one chat only', async () => {
    const rig = await newRig(chatChannel({ scopes: [bot(100)] }));
    const limits = rig.newLimits();
    await limits.report({ tenant: 'acme', id: 'destination:ops' }, 0, 20);
    await rig.run([record(['e1']), record(['e2'], { destination: 'dev' })], { limits });
    expect(rig.sent.map(({ event }) => event)).toEqual(['e2']);
  });
});

describe('the breaker', () => {
  const broken = async () => {
    const rig = await newRig();
    rig.reply = () => status(500);
    await rig.run([record(events(20))]);
    rig.sent.length = 0;
    rig.queue.length = 0;
    return rig;
  };

  test('opens when the destination is broken: what comes then waits, unclaimed', async () => {
    const rig = await broken();
    expect(await rig.run([record(events(5, 'f'))])).toEqual([]);
    expect(rig.sent).toEqual([]);
    expect(await rig.state('f0')).toBe('none');
    expect(rig.queue[0]?.message.delaySeconds).toBeGreaterThanOrEqual(FIRST_OPEN_MS / 1_000);
  });

  test('lets one delivery through as a probe, and the rest after it succeeds', async () => {
    const rig = await broken();
    rig.clock.ms += FIRST_OPEN_MS;
    rig.reply = () => ok;
    expect(await rig.run([record(events(5, 'f'))])).toEqual([]);
    expect(rig.sent.map(({ event }) => event)).toEqual(['f0']);
    await rig.drain();
    expect(rig.sent).toHaveLength(5);
    expect(rig.clock.ms).toBeLessThan(NOW + FIRST_OPEN_MS + 10_000);
  });

  test('a worker that saw somebody else’s probe looks again soon', async () => {
    const rig = await broken();
    rig.clock.ms += FIRST_OPEN_MS;
    const [prober, other] = [rig.newLimits(), rig.newLimits()];
    const scope = { tenant: 'acme', id: 'destination:ops' };
    await prober.peek([scope], 0);
    await prober.probe(scope, prober.recall(scope).breaker!, 'somebody');
    await rig.run([record(['f0'])], { limits: other });
    expect(rig.queue[0]?.message.delaySeconds).toBeLessThanOrEqual(5);
    await prober.endProbe(scope, 'somebody', true);
    rig.reply = () => ok;
    rig.clock.ms += 4_000;
    await rig.drain(undefined, { limits: other });
    expect(await rig.state('f0')).toBe('delivered');
    expect(rig.clock.ms).toBeLessThan(NOW + FIRST_OPEN_MS + 15_000);
  });

  test('shuts for twice as long after a probe that failed', async () => {
    const rig = await broken();
    rig.clock.ms += FIRST_OPEN_MS;
    await rig.run([record(['f0'])]);
    expect(rig.sent).toHaveLength(1);
    rig.clock.ms += 2 * FIRST_OPEN_MS - 1;
    await rig.run([record(['f1'])]);
    expect(rig.sent).toHaveLength(1);
    rig.clock.ms += 1;
    await rig.run([record(['f2'])]);
    expect(rig.sent).toHaveLength(2);
  });

  test.each<[string, Rate | undefined]>([
    ['without a limit', undefined],
    ['with one', { limit: 10, perMs: 1_000 }],
  ])('keeps nothing urgent for longer than half a minute after an outage, %s', async (_, rate) => {
    const rig = await newRig(chatChannel(rate && { rate }));
    const scope = { tenant: 'acme', id: 'destination:ops' };
    const limits = rig.newLimits();
    rig.reply = () => status(500);
    await limits.report(scope, 0, 20);
    const shut = async (by: string) => {
      rig.clock.ms = limits.recall(scope).breaker!.untilMs;
      await limits.probe(scope, limits.recall(scope).breaker!, by);
      await limits.endProbe(scope, by, false);
    };
    for (const by of ['a', 'b', 'c']) await shut(by);
    const shutAt = rig.clock.ms;
    expect(limits.recall(scope).breaker?.openMs).toBe(240_000);
    const worker = { limits: rig.newLimits() };
    await rig.run([record(['page'], { lane: 'urgent' })], worker);
    await rig.run([record(['note'])], worker);
    // One probe fails, and does not keep the others away for longer.
    await rig.drain(shutAt + 31_000, worker);
    expect(rig.sent.map(({ event }) => event)).toEqual(['page']);
    await limits.peek([scope], 0);
    expect(limits.recall(scope).breaker?.openMs).toBe(240_000);
    rig.reply = () => ok;
    await rig.run([record(['next'], { lane: 'urgent' })], worker);
    await rig.drain(shutAt + 70_000, worker);
    expect([await rig.state('next'), await rig.state('note')]).toEqual(['delivered', 'none']);
    await rig.run([record(['after'])], worker);
    expect(await rig.state('after')).toBe('delivered');
  });

  test('learns nothing from a probe that was never sent', async () => {
    const rig = await broken();
    rig.clock.ms += FIRST_OPEN_MS;
    await rig.run([record(['f0'])], { remainingMs: () => 0 });
    expect(rig.sent).toEqual([]);
    await rig.run([record(['f1'])]);
    expect(rig.sent).toEqual([]);
  });

  test('a probe keeps to the limits of its scopes', async () => {
    const rig = await newRig(chatChannel({ rate: { limit: 1, perMs: 120_000 } }));
    const limits = rig.newLimits();
    await rig.run([record(['e0'])], { limits });
    await limits.report({ tenant: 'acme', id: 'destination:ops' }, 0, 20);
    rig.clock.ms = NOW + FIRST_OPEN_MS + 1_000;
    await rig.run([record(['e1'])], { limits });
    expect(rig.sent.map(({ event }) => event)).toEqual(['e0']);
  });
});

describe('near the end of an invocation', () => {
  test('nothing new is begun: what is claimed is released, and comes again as the same attempt', async () => {
    const rig = await newRig();
    expect(await rig.run([record(['e1'])], { remainingMs: () => 7_999 })).toEqual([]);
    expect(rig.sent).toEqual([]);
    expect(rig.queue.map((one) => packOf(one).items[0]?.n)).toEqual([1]);
    expect(await rig.state('e1')).toBe('retrying');
    await rig.drain();
    expect(await rig.state('e1')).toBe('delivered');
  });

  test('a send’s deadline is what is left, less the time to write it down', async () => {
    const rig = await newRig();
    const timeouts: number[] = [];
    const post = async (_: unknown, { timeoutMs }: { readonly timeoutMs: number }) => {
      timeouts.push(timeoutMs);
      return { reply: ok, ms: 1 };
    };
    await rig.run([record(['e1'])], { post, remainingMs: () => 9_000 });
    await rig.run([record(['e2'])], { post, remainingMs: () => 60_000 });
    await rig.run([record(['e3'], { lane: 'urgent' })], { post, remainingMs: () => 60_000 });
    expect(timeouts).toEqual([4_000, 10_000, 5_000]);
  });

  test('a wait for a slot is counted, too', async () => {
    const rig = await newRig(chatChannel({ rate: perSecond(2) }));
    const deadline = NOW + 8_500;
    await rig.run([record(['e1', 'e2'])], { remainingMs: () => deadline - rig.clock.now() });
    expect(rig.sent.map(({ event }) => event)).toEqual(['e1']);
    expect(await rig.state('e2')).toBe('retrying');
  });
});
