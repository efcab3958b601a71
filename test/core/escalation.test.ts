import { describe, expect, test } from 'vitest';
import { type EscalationState, incidentOf, moveOf, nextStep, stepEvent } from '../../lib/core/escalation.ts';
import type { Event } from '../../lib/core/event.ts';

const NOW = Date.UTC(2026, 10, 21, 10);
const iso = (ms: number) => new Date(ms).toISOString();

const event = (id: string, atMs: number, more: Partial<Event> = {}): Event => ({
  id,
  topic: 'alert.firing',
  time: iso(atMs),
  lane: 'normal',
  dedupeKey: 'disk',
  data: { title: 'Disk full', status: 'firing' },
  ...more,
});
const resolved = (id: string, atMs: number) => event(id, atMs, { data: { status: 'resolved' } });
const incident = (state: EscalationState['state'], more: Partial<EscalationState> = {}): EscalationState => ({
  state,
  opener: 'e1',
  began: NOW,
  at: NOW,
  ttl: NOW / 1_000 + 60,
  ...more,
});

describe('what an event means for its incident', () => {
  test.each<[string, Event, EscalationState | undefined, string]>([
    ['the first opens it', event('e1', NOW), undefined, 'open'],
    ['a second run finds it opened', event('e1', NOW), incident('open'), 'opened'],
    [
      'a second run after somebody acknowledged it does nothing',
      event('e1', NOW),
      incident('acknowledged'),
      'none',
    ],
    ['a repeat changes nothing', event('e2', NOW), incident('open'), 'none'],
    ['a repeat of what is acknowledged wakes nobody', event('e2', NOW), incident('acknowledged'), 'none'],
    ['the end ends it', resolved('e2', NOW), incident('open'), 'end'],
    ['the end of what is acknowledged does, too', resolved('e2', NOW), incident('acknowledged'), 'end'],
    ['the end may come first', resolved('e2', NOW), undefined, 'end'],
    ['the same end twice is one', resolved('e2', NOW), incident('over', { resolvedAt: NOW }), 'ended'],
    [
      'what began before the end is late',
      event('e2', NOW - 1),
      incident('over', { resolvedAt: NOW }),
      'none',
    ],
    [
      'what begins after the end opens it again',
      event('e2', NOW + 1),
      incident('over', { resolvedAt: NOW }),
      'open',
    ],
    [
      'an alert that is back after its end, with its old beginning, opens it again',
      event('e1-r1', NOW + 300_000, { data: { status: 'firing', startsAt: iso(NOW - 1) } }),
      incident('over', { resolvedAt: NOW }),
      'open',
    ],
    [
      'but not what one of two sources tells a little after the end',
      event('e1-r1', NOW + 299_999, { data: { status: 'firing', startsAt: iso(NOW - 1) } }),
      incident('over', { resolvedAt: NOW }),
      'none',
    ],
    [
      'nor another alert of before the end',
      event('e2', NOW + 300_000, { data: { status: 'firing', startsAt: iso(NOW - 1) } }),
      incident('over', { resolvedAt: NOW }),
      'none',
    ],
    [
      'where all steps were taken a repeat begins anew',
      event('e2', NOW),
      incident('open', { spent: true }),
      'open',
    ],
    [
      'but not a copy of what was told before',
      event('e2', NOW),
      incident('open', { spent: true, raised: NOW }),
      'none',
    ],
    [
      'a reminder of an alert has the time of what it reminds of',
      event('e1-r1', NOW),
      incident('open', { spent: true, raised: NOW }),
      'open',
    ],
    [
      'a later reminder after an earlier one, too',
      event('e1-r10', NOW),
      incident('open', { opener: 'e1-r9', spent: true, raised: NOW }),
      'open',
    ],
    [
      'but no copy of an earlier reminder',
      event('e1-r1', NOW),
      incident('open', { opener: 'e1-r2', spent: true, raised: NOW }),
      'none',
    ],
    [
      'the end of what was before it is late',
      resolved('e2', NOW - 1),
      incident('open', { began: NOW }),
      'none',
    ],
    [
      'what is newer than what it is about goes on',
      event('e2', NOW + 1),
      incident('open', { began: NOW }),
      'again',
    ],
    [
      'also where somebody takes care',
      event('e2', NOW + 1),
      incident('acknowledged', { began: NOW }),
      'again',
    ],
    ['what is older changes nothing', event('e2', NOW - 1), incident('open', { began: NOW }), 'none'],
    ['its end may come at once', resolved('e2', NOW), incident('open', { began: NOW }), 'end'],
    [
      'what fires for long is told late, and is ended all the same',
      event('e2', NOW + 5, { data: { status: 'resolved', startsAt: iso(NOW - 9), endsAt: iso(NOW - 1) } }),
      incident('open', { began: NOW - 9, raised: NOW }),
      'end',
    ],
    [
      'a repeat of what has ended is late, whenever it is told',
      event('e2', NOW + 5, { data: { status: 'firing', startsAt: iso(NOW - 9) } }),
      incident('over', { resolvedAt: NOW - 1 }),
      'none',
    ],
    [
      'unless somebody has acknowledged it',
      event('e2', NOW),
      incident('acknowledged', { spent: true }),
      'none',
    ],
    ['and what has opened it is no repeat', event('e1', NOW), incident('open', { spent: true }), 'opened'],
    ['what is forgotten opens again', event('e2', NOW), incident('open', { ttl: NOW / 1_000 - 1 }), 'open'],
  ])('%s', (_, given, known, kind) => {
    expect(moveOf(given, known, NOW).kind).toBe(kind);
  });
});

test('steps follow each other, and begin anew as often as they should', () => {
  const step = { afterMs: 60_000, destinations: ['a'] };
  const all = [];
  const escalation = { steps: [step, step], repeat: 1 };
  for (let at = nextStep(escalation, { step: -1, round: 0 }); at; at = nextStep(escalation, at)) all.push(at);
  expect(all).toEqual([
    { step: 0, round: 0 },
    { step: 1, round: 0 },
    { step: 0, round: 1 },
    { step: 1, round: 1 },
  ]);
});

test('events with one key are one incident, and those without are one each', () => {
  expect(incidentOf(event('e1', NOW))).toBe(incidentOf(event('e2', NOW)));
  expect(incidentOf({ id: 'e1', dedupeKey: 'other' })).not.toBe(incidentOf(event('e1', NOW)));
  expect(incidentOf({ id: 'e1' })).toBe('e1');
  // A key that looks like an id must not meet it.
  expect(incidentOf({ id: 'x', dedupeKey: 'e1' })).not.toBe('e1');
});

test('the event of a step is urgent, goes where the step says, and lasts as long as the incident', () => {
  const at = { opener: 'e1', incident: 'i', route: 'r', step: 0, round: 0 };
  const first = event('e1', NOW, { expiresAt: iso(NOW + 1_000) });
  const made = stepEvent(first, at, { afterMs: 60_000, destinations: ['boss'] }, NOW);
  expect(made).toMatchObject({
    lane: 'urgent',
    to: ['boss'],
    time: iso(NOW + 60_000),
    scheduledAt: iso(NOW + 60_000),
    dedupeKey: 'disk',
    escalates: at,
    data: { title: 'Not acknowledged: Disk full' },
  });
  expect(made).not.toHaveProperty('expiresAt');
  const again = stepEvent(made, { ...at, step: 1 }, { afterMs: 60_000, destinations: ['boss'] }, NOW);
  expect(again.data['title']).toBe('Not acknowledged: Disk full');
  expect(again.id).not.toBe(made.id);
});
