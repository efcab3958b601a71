import { describe, expect, test } from 'vitest';
import {
  type Breaker,
  countsAgainst,
  lookAgainMs,
  mayProbe,
  nextOpenMs,
  probeFromMs,
  shouldOpen,
} from '../../lib/core/breaker.ts';
import { type Outcome, REASONS } from '../../lib/core/outcome.ts';

describe('the breaker', () => {
  test.each<[Outcome, boolean]>([
    [{ kind: 'delivered' }, false],
    [{ kind: 'gone', reason: 'clientError' }, false],
    [{ kind: 'reject', reason: 'serverError' }, false],
    [{ kind: 'retry', reason: 'rateLimited' }, false],
    [{ kind: 'retry', reason: 'authError' }, false],
    [{ kind: 'maybe', reason: 'timeout' }, true],
  ])('%j counts against the destination: %s', (outcome, expected) => {
    expect(countsAgainst(outcome)).toBe(expected);
  });

  test('only what the destination or the way to it did counts', () => {
    const counted = REASONS.filter((reason) => countsAgainst({ kind: 'retry', reason }));
    expect(counted).toEqual(['serverError', 'timeout', 'network', 'dns', 'tls']);
  });

  test.each([
    [0, 19, false],
    [0, 20, true],
    [4, 16, true],
    [5, 15, false],
    [1_000, 100, false],
  ])('%i good and %i bad sends open it: %s', (successes, failures, expected) => {
    expect(shouldOpen({ successes, failures })).toBe(expected);
  });

  test.each([
    [{ sends: 5, failShare: 0.5 }, 2, 3, true],
    [{ sends: 5, failShare: 0.5 }, 3, 2, false],
    [{ sends: 5, failShare: 0.5 }, 0, 4, false],
    [{ sends: 2, failShare: 1 }, 1, 99, false],
  ])('by the rule %j, %i good and %i bad sends open it: %s', (rule, successes, failures, expected) => {
    expect(shouldOpen({ successes, failures }, rule)).toBe(expected);
  });

  test('stays shut twice as long after each failed probe, ten minutes at most', () => {
    const times = [30_000];
    while (times.length < 8) times.push(nextOpenMs(times.at(-1) ?? 0));
    expect(times).toEqual([30_000, 60_000, 120_000, 240_000, 480_000, 600_000, 600_000, 600_000]);
  });

  test('is looked at again when its time is up, or soon while somebody probes', () => {
    const breaker = { untilMs: 35_000, openMs: 30_000 };
    expect(lookAgainMs({ ...breaker, state: 'open' }, 0)).toBe(35_000);
    expect(lookAgainMs({ ...breaker, state: 'probing' }, 0)).toBe(2_000);
    expect(lookAgainMs({ ...breaker, state: 'probing' }, 34_000)).toBe(35_000);
  });

  test('is probed by what is urgent half a minute after the last probe, however long it stays shut', () => {
    const at = (untilMs: number, openMs: number, state: Breaker['state'] = 'open') =>
      probeFromMs({ state, untilMs, openMs }, 'urgent');
    expect([at(600_000, 600_000), at(30_000, 30_000), at(5_000, 5_000)]).toEqual([30_000, 30_000, 5_000]);
    expect(at(35_000, 600_000, 'probing')).toBe(35_000);
    expect(mayProbe({ state: 'open', untilMs: 600_000, openMs: 600_000 }, 30_000)).toBe(false);
  });

  test('lets a probe through once its time is up', () => {
    const breaker = { state: 'open', untilMs: 100, openMs: 30_000 } as const;
    expect([99, 100].map((now) => mayProbe(breaker, now))).toEqual([false, true]);
  });
});
