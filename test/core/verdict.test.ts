import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Outcome, Reason } from '../../lib/core/outcome.ts';
import { REASONS } from '../../lib/core/outcome.ts';
import { CHAT_RETRY_MS, WEBHOOK_RETRY_MS } from '../../lib/core/retry-schedule.ts';
import { MAX_AGE_MS, decide, overdue } from '../../lib/core/verdict.ts';

const NOW = 1_764_000_000_000;
const DAY = 86_400_000;
const policy = { retryMs: [1_000, 10_000, 100_000] };

const after = (outcome: Outcome, n = 1, ageMs = 0, random = 0.5) =>
  decide(outcome, { n, since: NOW - ageMs }, policy, NOW, random);

describe('a verdict', () => {
  test('an accepted message is delivered, with the provider’s id', () => {
    expect(after({ kind: 'delivered', providerId: 'x' })).toEqual({ kind: 'delivered', providerId: 'x' });
  });

  test('a target that is gone ends the delivery by rule', () => {
    expect(after({ kind: 'gone', reason: 'clientError' })).toEqual({ kind: 'discarded', reason: 'gone' });
  });

  test('a refusal for good is dead at once', () => {
    expect(after({ kind: 'reject', reason: 'tooLarge' })).toEqual({
      kind: 'dead',
      reason: 'rejected',
      cause: 'tooLarge',
      ambiguous: false,
    });
  });

  test.each([
    [1, 0, 800],
    [1, 0.5, 1_000],
    [1, 0.999, 1_200],
    [2, 0.5, 10_000],
    [3, 0.5, 100_000],
  ])('attempt %i with chance %d comes again after %i ms', (n, random, waitMs) => {
    expect(after({ kind: 'retry', reason: 'network' }, n, 0, random)).toEqual({
      kind: 'retry',
      atMs: NOW + waitMs,
      reason: 'network',
      ambiguous: false,
    });
  });

  test.each(['retry', 'maybe'] as const)('the last attempt of the schedule is dead (%s)', (kind) => {
    expect(after({ kind, reason: 'serverError' }, 4)).toEqual({
      kind: 'dead',
      reason: 'exhausted',
      cause: 'serverError',
      ambiguous: kind === 'maybe',
    });
  });

  test.each(['authError', 'clientError', 'blocked'] as const)(
    'what rarely heals (%s) is asked three times',
    (reason) => {
      const kinds = [1, 2, 3].map((n) => after({ kind: 'retry', reason }, n).kind);
      expect(kinds).toEqual(['retry', 'retry', 'dead']);
    },
  );

  test.each([
    [undefined, 1_000],
    [0, 1_000],
    [500, 1_000],
    [5_000, 5_000],
    [DAY, DAY],
  ])('a hint of %s ms is heeded when it is longer than the schedule', (afterMs, waitMs) => {
    const hint = afterMs === undefined ? {} : { afterMs };
    expect(after({ kind: 'retry', reason: 'serverError', ...hint })).toMatchObject({ atMs: NOW + waitMs });
  });

  test.each([
    [undefined, 1_000],
    [120_000, 120_000],
  ])('a refusal for rate uses up no attempt, not even the last one (hint %s)', (afterMs, waitMs) => {
    const hint = afterMs === undefined ? {} : { afterMs };
    expect(after({ kind: 'retry', reason: 'rateLimited', ...hint }, 4)).toEqual({
      kind: 'again',
      atMs: NOW + waitMs,
      reason: 'rateLimited',
    });
  });

  test('what may be sent at most once is given up, even by a clock that lies behind', () => {
    const once = { retryMs: [], doubt: { kind: 'giveUp' } } as const;
    const verdict = decide(
      { kind: 'maybe', reason: 'network' },
      { n: 1, since: NOW + 2_000 },
      once,
      NOW,
      0.5,
    );
    expect(verdict).toEqual({ kind: 'dead', reason: 'ambiguous', cause: 'network', ambiguous: true });
  });

  test('what would come again beyond its age is given up now', () => {
    for (const cause of ['rateLimited', 'network'] as const) {
      const late = after({ kind: 'retry', reason: cause, afterMs: DAY }, 1, MAX_AGE_MS - DAY + 1);
      expect(late).toEqual({ kind: 'dead', reason: 'expiredInRetry', cause, ambiguous: false });
    }
  });
});

describe('the schedules', () => {
  const attemptsOf = (retryMs: readonly number[], random: () => number, tookMs: number): number => {
    const since = NOW;
    let now = NOW;
    for (let n = 1; ; n++) {
      now += tookMs;
      const verdict = decide(
        { kind: 'maybe', reason: 'serverError' },
        { n, since },
        { retryMs },
        now,
        random(),
      );
      if (verdict.kind !== 'retry') return n;
      expect(verdict.atMs - since).toBeLessThanOrEqual(MAX_AGE_MS);
      now = verdict.atMs;
    }
  };

  test.each([
    ['webhooks', WEBHOOK_RETRY_MS, 10],
    ['chats', CHAT_RETRY_MS, 9],
  ])(
    'a receiver that always fails sees all attempts of %s, whatever jitter and work take',
    (_, retryMs, attempts) => {
      const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
      fc.assert(
        fc.property(fc.infiniteStream(chance), fc.integer({ min: 0, max: 60_000 }), (random, tookMs) => {
          expect(attemptsOf(retryMs, () => random.next().value ?? 0, tookMs)).toBe(attempts);
        }),
      );
    },
  );

  test('every verdict lies ahead, within the age cap', () => {
    const outcomes = fc.record({
      kind: fc.constantFrom('retry' as const, 'maybe' as const),
      reason: fc.constantFrom<Reason>(...REASONS),
      afterMs: fc.nat(DAY),
    });
    fc.assert(
      fc.property(
        outcomes,
        fc.integer({ min: 1, max: 12 }),
        fc.nat(MAX_AGE_MS),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (outcome, n, ageMs, random) => {
          const verdict = decide(
            outcome,
            { n, since: NOW - ageMs },
            { retryMs: WEBHOOK_RETRY_MS },
            NOW,
            random,
          );
          if (!('atMs' in verdict)) return;
          expect(verdict.atMs).toBeGreaterThanOrEqual(NOW);
          expect(verdict.atMs - (NOW - ageMs)).toBeLessThanOrEqual(MAX_AGE_MS);
        },
      ),
    );
  });
});

describe('in doubt', () => {
  const DOUBTS = {
    resend: { kind: 'resend' },
    'resend while known': { kind: 'resend', withinMs: DAY },
    hold: { kind: 'hold', forMs: DAY },
    'give up': { kind: 'giveUp' },
  } as const;
  const decided = (doubt: keyof typeof DOUBTS, kind: 'maybe' | 'retry', ageMs: number) => {
    const tried = { n: 1, since: NOW - ageMs };
    return decide({ kind, reason: 'timeout' }, tried, { ...policy, doubt: DOUBTS[doubt] }, NOW, 0.5);
  };

  test.each([
    ['resend', 'maybe', 0, 'retry'],
    ['resend while known', 'maybe', DAY - 1, 'retry'],
    ['resend while known', 'maybe', DAY, 'dead'],
    ['hold', 'maybe', 0, 'held'],
    ['give up', 'maybe', 0, 'dead'],
    ['resend while known', 'retry', DAY, 'retry'],
    ['hold', 'retry', 0, 'retry'],
    ['give up', 'retry', 0, 'retry'],
  ] as const)('%s after a %s, %i ms old: %s', (doubt, kind, ageMs, verdict) => {
    expect(decided(doubt, kind, ageMs).kind).toBe(verdict);
  });

  test('what is given up is ambiguous, and what is held is so within the age cap', () => {
    expect(decided('give up', 'maybe', 0)).toMatchObject({ reason: 'ambiguous', ambiguous: true });
    expect(decided('hold', 'maybe', 0)).toMatchObject({ untilMs: NOW + DAY });
    expect(decided('hold', 'maybe', MAX_AGE_MS - 5)).toMatchObject({ untilMs: NOW + 5 });
    expect(decided('hold', 'maybe', MAX_AGE_MS + 5)).toMatchObject({ untilMs: NOW });
  });
});

describe('an end that the event brought', () => {
  const failed = (kind: 'retry' | 'maybe', reason: Reason, expiresAtMs: number) =>
    decide({ kind, reason }, { n: 1, since: NOW, expiresAtMs }, policy, NOW, 0.5);

  test.each([
    ['retry', 'network'],
    ['maybe', 'serverError'],
    ['retry', 'rateLimited'],
  ] as const)('is kept by the next attempt (%s, %s)', (kind, reason) => {
    expect(['retry', 'again']).toContain(failed(kind, reason, NOW + 1_000).kind);
    expect(failed(kind, reason, NOW + 999)).toMatchObject({ kind: 'dead', reason: 'expiredInRetry' });
  });

  test.each([
    [1, NOW - 1, 'expired'],
    [2, NOW - 1, 'expiredInRetry'],
    [1, NOW, undefined],
    [2, undefined, undefined],
  ])('ends attempt %i whose turn comes too late (%s): %s', (n, expiresAtMs, reason) => {
    const verdict = overdue({ n, since: NOW, expiresAtMs }, NOW);
    expect(verdict && 'reason' in verdict ? verdict.reason : verdict).toBe(reason);
  });
});
