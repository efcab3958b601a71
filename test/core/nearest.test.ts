import { expect, test } from 'vitest';
import { nearest } from '../../lib/core/nearest.ts';

const KNOWN = ['id', 'topic', 'severity', 'source'];

test.each([
  ['sverity', 'severity'],
  ['Severity', 'severity'],
  ['serverity', 'severity'],
  ['sauce', 'source'],
  ['topics', 'topic'],
])('%s is meant to be %s', (word, meant) => {
  expect(nearest(word, KNOWN)).toBe(`did you mean ${meant}? known are id, topic, severity, source`);
});

test.each(['x', 'detail-type', '', 'severity'.repeat(100)])('%s is like none of them', (word) => {
  expect(nearest(word, KNOWN)).toBe('known are id, topic, severity, source');
});
