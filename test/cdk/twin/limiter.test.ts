import { array, assert, nat, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ARRIVAL_TOLERANCE, type LimitRule, createLimiter } from '../../../cdk/local/twin/limiter.ts';

const RULE: LimitRule = { name: 'bot', limit: 30, perMs: 1_000, source: 'test' };

/** Sends at each time; returns the times that were accepted. */
function run(rule: LimitRule, times: readonly number[]) {
  let at = 0;
  const limiter = createLimiter(() => at);
  const accepted: number[] = [];
  for (const time of times) {
    at = time;
    if (limiter.arrive([{ rule, key: 'a' }])) continue;
    limiter.take([{ rule, key: 'a' }]);
    accepted.push(time);
  }
  return { accepted, limiter };
}

const mostWithin = (times: readonly number[], perMs: number) =>
  Math.max(0, ...times.map((end) => times.filter((time) => time > end - perMs && time <= end).length));

describe('limiter', () => {
  test('never accepts more than the limit in any sliding window', () => {
    const gaps = array(nat({ max: 80 }), { minLength: 1, maxLength: 200 });
    assert(
      property(gaps, (steps) => {
        let at = 0;
        const times = steps.map((step) => (at += step));
        const { accepted } = run(RULE, times);
        expect(mostWithin(accepted, RULE.perMs / ARRIVAL_TOLERANCE)).toBeLessThanOrEqual(RULE.limit);
      }),
    );
  });

  test('reports the busiest window of all arrivals, refused ones too', () => {
    const gaps = array(nat({ max: 80 }), { minLength: 1, maxLength: 200 });
    assert(
      property(gaps, (steps) => {
        let at = 0;
        const times = steps.map((step) => (at += step));
        const [report] = run(RULE, times).limiter.report();
        expect(report?.arrivalRatio).toBeCloseTo(mostWithin(times, RULE.perMs) / RULE.limit, 9);
        expect(report?.requests).toBe(times.length);
      }),
    );
  });

  test('accepts a sender that paces at the limit and arrives a little bunched', () => {
    const times = Array.from({ length: 300 }, (_, i) => Math.round(i * 34 + (i % 2) * 20));
    expect(run(RULE, times).accepted).toHaveLength(300);
  });

  test('tells the shortest time in which one more than the limit arrived', () => {
    const rule = { ...RULE, limit: 1 };
    expect(run(rule, [0, 1_020, 2_500]).limiter.report()[0]?.shortestMs).toBe(1_020);
    expect(run(rule, [0]).limiter.report()[0]?.shortestMs).toBeNull();
  });

  test('tolerates a burst where the rule does, but no lasting excess', () => {
    const judged = [
      { limit: 3, perMs: 1_000 },
      { limit: 10, perMs: 10_000 },
    ];
    const burst = run({ ...RULE, limit: 1, judged }, [0, 1, 2, 3, 4]);
    const lasting = run(
      { ...RULE, limit: 1, judged },
      Array.from({ length: 40 }, (_, i) => i * 500),
    );
    expect(burst.accepted).toEqual([0, 1, 2]);
    expect(lasting.accepted.length).toBeLessThan(25);
  });

  test('says how long to wait', () => {
    let at = 0;
    const limiter = createLimiter(() => at);
    const uses = [{ rule: { ...RULE, limit: 1 }, key: 'a' }];
    limiter.arrive(uses);
    limiter.take(uses);
    at = 400;
    expect(limiter.arrive(uses)?.waitMs).toBe(600);
  });

  test('counts recipients, letting the last message of a window through as SES does', () => {
    const limiter = createLimiter(() => 0);
    const uses = [{ rule: { ...RULE, limit: 14 }, key: 'account', cost: 20 }];
    expect(limiter.arrive(uses)).toBeUndefined();
    limiter.take(uses);
    expect(limiter.arrive(uses)).toBeDefined();
  });

  test('keeps scopes of other keys apart', () => {
    const limiter = createLimiter(() => 0);
    const rule = { ...RULE, limit: 1 };
    limiter.take([{ rule, key: 'a' }]);
    expect(limiter.arrive([{ rule, key: 'a' }])).toBeDefined();
    expect(limiter.arrive([{ rule, key: 'b' }])).toBeUndefined();
  });
});
