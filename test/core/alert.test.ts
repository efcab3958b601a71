import { describe, expect, test } from 'vitest';
import {
  type Alert,
  draftOfAlert,
  fingerprintOf,
  firingIdentityOf,
  identityOf,
  severityOf,
} from '../../lib/core/alert.ts';

const NOW = Date.UTC(2026, 10, 21, 10);
const MINUTE = 60_000;

const firing: Alert = {
  source: 'alertmanager',
  name: 'HighErrorRate',
  status: 'firing',
  labels: { alertname: 'HighErrorRate', instance: 'api-1:9090', severity: 'page' },
  annotations: { summary: 'Requests fail', description: '7 % of them.' },
  fingerprint: 'f1',
  startsAtMs: NOW - 5 * MINUTE,
};
const resolved: Alert = { ...firing, status: 'resolved', endsAtMs: NOW - MINUTE };

describe('draftOfAlert', () => {
  test('tells people what fires where, in the words of its author', () => {
    expect(draftOfAlert(firing, NOW)).toEqual({
      topic: 'alert.firing',
      source: 'alertmanager',
      subject: 'HighErrorRate',
      time: '2026-11-21T09:55:00.000Z',
      severity: 'critical',
      dedupeKey: 'f1',
      data: {
        title: '[FIRING] HighErrorRate (api-1:9090)',
        text: 'Requests fail\n7 % of them.',
        status: 'firing',
        alertname: 'HighErrorRate',
        labels: firing.labels,
        annotations: firing.annotations,
        startsAt: '2026-11-21T09:55:00.000Z',
        fingerprint: 'f1',
      },
    });
  });

  test('tells the end at its own time', () => {
    const draft = draftOfAlert(resolved, NOW);
    expect(draft).toMatchObject({ topic: 'alert.resolved', time: '2026-11-21T09:59:00.000Z' });
    expect(draft.data).toMatchObject({ title: '[RESOLVED] HighErrorRate (api-1:9090)', endsAt: draft.time });
  });

  test('shows the labels when nobody wrote a text', () => {
    const { data } = draftOfAlert({ ...firing, annotations: {} }, NOW);
    expect(data['text']).toBe('alertname: HighErrorRate\ninstance: api-1:9090\nseverity: page');
  });

  test.each([
    ['too long ago to be news', NOW - 8 * 86_400_000],
    ['in the future', NOW + 10 * MINUTE],
    ['unknown', undefined],
  ])('is of now when its beginning is %s', (_, startsAtMs) => {
    const { startsAtMs: _given, ...rest } = firing;
    const draft = draftOfAlert(startsAtMs === undefined ? rest : { ...rest, startsAtMs }, NOW);
    expect(draft.time).toBe('2026-11-21T10:00:00.000Z');
  });
});

describe('identityOf', () => {
  test('is the same for a repeat, whatever its texts say now', () => {
    expect(identityOf({ ...firing, annotations: {} })).toBe(identityOf(firing));
  });

  test.each([
    ['status', resolved],
    ['fingerprint', { ...firing, fingerprint: 'f2' }],
    ['beginning', { ...firing, startsAtMs: NOW }],
    ['source', { ...firing, source: 'prometheus' as const }],
  ])('differs by %s', (_, other) => {
    expect(identityOf(other)).not.toBe(identityOf(firing));
  });

  test('a resolved alert knows the identity under which it fired', () => {
    expect(firingIdentityOf(resolved)).toBe(identityOf(firing));
    expect(firingIdentityOf(firing)).toBeUndefined();
  });

  test('a resolved alert that does not say when it began cannot know', () => {
    const { startsAtMs: _, ...rest } = resolved;
    expect(firingIdentityOf(rest)).toBeUndefined();
  });
});

describe('fingerprintOf', () => {
  test("keeps the source's own", () => expect(fingerprintOf('abc', 'A', {})).toBe('abc'));

  test('is SHA-256 over name and labels in any order', () => {
    const fingerprint = fingerprintOf(undefined, 'A', { b: '1', a: '2' });
    expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(fingerprintOf('', 'A', { a: '2', b: '1' })).toBe(fingerprint);
    expect(fingerprintOf('', 'B', { a: '2', b: '1' })).not.toBe(fingerprint);
  });
});

test.each([
  ['critical', 'critical'],
  ['PAGE', 'critical'],
  ['p2', 'error'],
  [' warn ', 'warning'],
  ['informational', 'info'],
  ['trace', 'debug'],
  ['weird', undefined],
  ['constructor', undefined],
  [undefined, undefined],
])('severity %s means %s', (word, severity) => {
  expect(severityOf(word)).toBe(severity);
});
