import { expect, test } from 'vitest';
import { type Health, healthOf } from '../../lib/core/health.ts';
import type { ScopeState } from '../../lib/core/scope.ts';

const NOW = 1_000_000;
const counts = (successes: number, failures: number, ageMs = 10_000): ScopeState => ({
  successes,
  failures,
  windowAt: NOW - ageMs,
});

test.each<[string, ScopeState, Health['state']]>([
  ['was never seen', {}, 'healthy'],
  ['sent without failures', counts(20, 0), 'healthy'],
  ['failed once in many', counts(99, 1), 'degraded'],
  ['failed less than half', counts(6, 5), 'degraded'],
  ['failed half', counts(5, 5), 'unhealthy'],
  ['failed a minute ago', counts(0, 10, 60_000), 'healthy'],
  ['was asked to slow down again', { learned: { share: 0.7, atMs: NOW - 1_000 } }, 'degraded'],
  ['was asked once', { learned: { share: 1, atMs: NOW - 1_000 } }, 'healthy'],
  ['has its pace back', { learned: { share: 0.7, atMs: NOW - 200_000 } }, 'healthy'],
  ['rests', { breaker: { state: 'open', untilMs: NOW + 5, openMs: 9 } }, 'circuitOpen'],
  ['is probed', { ...counts(9, 1), breaker: { state: 'probing', untilMs: NOW, openMs: 9 } }, 'circuitOpen'],
])('a destination that %s is judged', (_, state, expected) => {
  expect(healthOf(state, NOW).state).toBe(expected);
});

test('what holds messages up is told', () => {
  const state: ScopeState = {
    ...counts(3, 1),
    breaker: { state: 'probing', untilMs: NOW + 35_000, openMs: 9 },
    learned: { share: 0.49, atMs: NOW },
    tat: NOW + 100,
    line: NOW + 5_000,
  };
  expect(healthOf(state, NOW)).toEqual({
    state: 'circuitOpen',
    sends: { sinceMs: NOW - 10_000, failed: 1, delivered: 3 },
    circuit: { probing: true, untilMs: NOW + 35_000 },
    paceShare: 0.49,
    nextSlotMs: NOW + 100,
    backlogUntilMs: NOW + 5_000,
  });
});

test('slots and lines of the past hold nobody up', () => {
  expect(healthOf({ tat: NOW, line: NOW - 1 }, NOW)).toEqual({ state: 'healthy' });
});
