import { describe, expect, test } from 'vitest';
import type { Topic } from '../../lib/core/catalog.ts';
import { priorityOf } from '../../lib/core/priority.ts';
import { SEVERITIES } from '../../lib/core/severity.ts';
import { DEFAULT_TERMS } from '../../lib/core/terms.ts';
import { compileUrgency } from '../../lib/core/urgency.ts';

const entries: readonly Topic[] = [
  { id: 'all', topics: ['*'], priorities: { error: 'urgent', critical: 'high' } },
  { id: 'codes', topics: ['login.*'], lane: 'urgent' },
  { id: 'page', topics: ['login.page'], mode: 'atMostOnce' },
  { id: 'bulk', topics: ['bulk.*'], lane: 'normal', priorities: { info: 'medium' } },
];
const urgencyOf = compileUrgency(entries);

describe('the lane of an event', () => {
  test.each([
    [{ topic: 'orders' }, 'normal'],
    [{ topic: 'orders', lane: 'urgent' }, 'urgent'],
    [{ topic: 'orders', severity: 'error' }, 'urgent'],
    [{ topic: 'orders', severity: 'error', lane: 'normal' }, 'urgent'],
    [{ topic: 'orders', severity: 'critical' }, 'normal'],
    [{ topic: 'login.code' }, 'urgent'],
    [{ topic: 'login.code', lane: 'normal' }, 'normal'],
    [{ topic: 'login.page' }, 'urgent'],
    [{ topic: 'bulk.mail', severity: 'critical' }, 'urgent'],
    [{ topic: 'bulk.mail', severity: 'error' }, 'normal'],
    [{ topic: 'bulk.mail', lane: 'urgent' }, 'urgent'],
  ] as const)('%o: %s', (event, lane) => {
    expect(urgencyOf(event).lane).toBe(lane);
    expect(compileUrgency(entries.toReversed())(event).lane).toBe(lane);
  });

  test('is told by severity where no settings say anything', () => {
    for (const severity of SEVERITIES)
      expect(DEFAULT_TERMS({ topic: 'a', severity })).toEqual({
        lane: severity === 'critical' ? 'urgent' : 'normal',
      });
  });
});

test('priority is what the closest entry with priorities says, and what it leaves out has its default', () => {
  const of = (topic: string, severity: 'critical' | 'error' | 'info') =>
    priorityOf({ severity, ...urgencyOf({ topic, severity }) });
  expect(of('orders', 'critical')).toBe('high');
  expect(of('orders', 'error')).toBe('urgent');
  expect(of('orders', 'info')).toBe('low');
  expect(of('bulk.mail', 'info')).toBe('medium');
  expect(of('bulk.mail', 'critical')).toBe('urgent');
});
