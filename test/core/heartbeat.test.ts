import { describe, expect, test } from 'vitest';
import { draftOfAlert, firingIdentityOf, identityOf } from '../../lib/core/alert.ts';
import type { Heartbeat, Pulse, Stop } from '../../lib/core/heartbeat.ts';
import { endOf, firingEvent, firingOf, spanWords } from '../../lib/core/heartbeat-alert.ts';
import { stepOf } from '../../lib/core/heartbeat-step.ts';
import { isLaterReminder } from '../../lib/core/repeat.ts';
import { DEFAULT_TERMS } from '../../lib/core/terms.ts';

const AT = Date.UTC(2026, 10, 21, 10);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const heartbeat: Heartbeat = { id: 'backup', everyMs: 10 * MINUTE, graceMs: 2 * MINUTE };
const DEADLINE = AT + 12 * MINUTE;
const ok: Pulse = { state: 'ok', lastMs: AT, hasBeaten: true };
const stop: Stop = { sinceMs: DEADLINE, lastMs: AT, heartbeat };
const told = { atMs: DEADLINE, repeat: 0 };
const late: Pulse = { ...ok, state: 'late', stop };
const raised: Pulse = { ...late, stop: { ...stop, told } };
const back = (more: object = {}): Pulse => ({
  ...ok,
  lastMs: DEADLINE + MINUTE,
  state: 'back',
  stop: { ...stop, told, endedMs: DEADLINE + MINUTE, ...more },
});

/** A step in short: what is told, how it stands then, and when it is looked at next, from 10:00. */
function step(pulse: Pulse, nowMs: number, of: Heartbeat | undefined, dueMs = nowMs) {
  const { tell, next, look } = stepOf(pulse, of, dueMs, nowMs);
  return [tell?.what ?? '', next.state, typeof look === 'number' ? (look - AT) / MINUTE : look];
}

describe('a heartbeat that is looked at', () => {
  test.each<[string, Pulse, number, Heartbeat | undefined, unknown[]]>([
    ['beats', ok, AT + 5 * MINUTE, heartbeat, ['', 'ok', 12]],
    ['is not late within its grace', ok, DEADLINE - 1, heartbeat, ['', 'ok', 12]],
    ['is late once that is over, which is noted first', ok, DEADLINE, heartbeat, ['', 'late', 'now']],
    ['is told when that is noted', late, DEADLINE, heartbeat, ['stop', 'late', 17]],
    [
      'is told again and again, for those who were kept from it',
      raised,
      DEADLINE,
      heartbeat,
      ['again', 'late', 17],
    ],
    ['is back', back(), DEADLINE + 2 * MINUTE, heartbeat, ['end', 'ok', 25]],
    [
      'is back before anybody is known to have been told',
      back({ told: undefined }),
      DEADLINE + 2 * MINUTE,
      heartbeat,
      ['both', 'ok', 25],
    ],
    [
      'is back, and was not looked at until it could have stopped again',
      back(),
      DEADLINE + HOUR,
      heartbeat,
      ['end', 'ok', 72],
    ],
    [
      'may be late by its new settings, and is back then',
      raised,
      DEADLINE + MINUTE,
      { ...heartbeat, everyMs: HOUR },
      ['', 'back', 'now'],
    ],
    ['is gone', ok, AT + MINUTE, undefined, ['', 'gone', 'never']],
    [
      'is gone while it was late, and that is over first',
      raised,
      DEADLINE + MINUTE,
      undefined,
      ['', 'back', 'now'],
    ],
    ['is gone, and its end is told', back(), DEADLINE + MINUTE, undefined, ['end', 'gone', 'never']],
  ])('%s', (_, pulse, nowMs, of, expected) => {
    expect(step(pulse, nowMs, of)).toEqual(expected);
  });

  test('has a minute of grace when it says nothing of it', () => {
    const { graceMs: _, ...plain } = heartbeat;
    expect(step(ok, AT + 11 * MINUTE - 1, plain)).toEqual(['', 'ok', 11]);
    expect(step(ok, AT + 11 * MINUTE, plain)).toEqual(['', 'late', 'now']);
  });

  test('remembers when it stopped, in the settings of then, and what it was told since', () => {
    const { next } = stepOf(ok, heartbeat, DEADLINE, DEADLINE + 30_000);
    expect(next).toEqual({ ...ok, state: 'late', stop });
    const at = { atMs: DEADLINE + 30_000, repeat: 0 };
    expect(stepOf(next, heartbeat, DEADLINE, DEADLINE + 30_000).next).toEqual({
      ...late,
      stop: { ...stop, told: at },
    });
    expect(stepOf(raised, heartbeat, DEADLINE, DEADLINE + MINUTE).next).toEqual(raised);
  });
});

test('a stop that shorter settings begin anew, without a beat since the last, is another one', () => {
  const ended = { ...ok, endedMs: DEADLINE + MINUTE };
  expect(stepOf(ended, heartbeat, DEADLINE, DEADLINE + HOUR / 20).next.stop?.sinceMs).toBe(
    DEADLINE + HOUR / 20,
  );
  const before = { ...ok, endedMs: DEADLINE - MINUTE };
  expect(stepOf(before, heartbeat, DEADLINE, DEADLINE).next.stop?.sinceMs).toBe(DEADLINE);
});

describe('after the timers stood still', () => {
  const DUE = DEADLINE;

  test('a heartbeat has the time from one beat to the next again, an hour at most, before it is late', () => {
    const nowMs = DUE + 5 * MINUTE;
    expect(step(ok, nowMs, heartbeat, DUE)).toEqual(['', 'ok', 17 + 12]);
    const daily = { ...heartbeat, everyMs: 24 * HOUR };
    const dueMs = AT + 24 * HOUR + 2 * MINUTE;
    expect(step(ok, dueMs + HOUR, daily, dueMs)).toEqual(['', 'ok', 24 * 60 + 2 + 60 + 62]);
  });

  test('it has it once: timers that are always late do not keep it quiet', () => {
    const { next, look } = stepOf(ok, heartbeat, DUE, DUE + HOUR);
    expect(step(next, Number(look) + HOUR, heartbeat, Number(look))).toEqual(['', 'late', 'now']);
    const beaten = { ...next, lastMs: AT + 2 * HOUR };
    expect(step(beaten, AT + 5 * HOUR, heartbeat, AT + 3 * HOUR)).toEqual(['', 'ok', 5 * 60 + 12]);
  });

  test('a look that is a little late changes nothing', () => {
    expect(step(ok, DUE + 5 * MINUTE - 1, heartbeat, DUE)).toEqual(['', 'late', 'now']);
  });
});

describe('its alert', () => {
  test('says which heartbeat it is, since when, and how bad that is', () => {
    const draft = draftOfAlert(firingOf(stop), DEADLINE);
    expect(draft).toMatchObject({
      topic: 'alert.firing',
      source: 'heartbeat',
      subject: 'HeartbeatStopped',
      severity: 'error',
      time: '2026-11-21T10:12:00.000Z',
      data: {
        title: '[FIRING] HeartbeatStopped (backup)',
        text: 'Heartbeat "backup" has stopped\nNo beat since 2026-11-21T10:00:00.000Z; one is due every 10 minutes.',
        labels: { alertname: 'HeartbeatStopped', heartbeat: 'backup', instance: 'backup', severity: 'error' },
        startsAt: '2026-11-21T10:12:00.000Z',
      },
    });
    expect(draft.dedupeKey).toBe(draftOfAlert(endOf(stop), DEADLINE).dedupeKey);
  });

  test('speaks the words of its settings; labels that say which it is cannot be replaced', () => {
    const labels = { instance: 'db1', team: 'data', heartbeat: 'x' };
    const own = { ...heartbeat, title: 'No backup', severity: 'critical', labels } as const;
    expect(firingOf({ ...stop, heartbeat: own })).toMatchObject({
      labels: { instance: 'db1', team: 'data', heartbeat: 'backup', severity: 'critical' },
      annotations: { summary: 'No backup' },
    });
  });

  test('is one alert from its beginning to its end, and another one at the next stop', () => {
    const [first, end] = [firingOf(stop), endOf({ ...stop, endedMs: DEADLINE + MINUTE })];
    expect(end).toMatchObject({ status: 'resolved', endsAtMs: DEADLINE + MINUTE, labels: first.labels });
    expect(firingIdentityOf(end)).toBe(identityOf(first));
    expect(identityOf(firingOf({ ...stop, sinceMs: DEADLINE + HOUR }))).not.toBe(identityOf(first));
    const renamed = { ...stop, heartbeat: { ...heartbeat, labels: { team: 'x' } } };
    expect(identityOf(firingOf(renamed))).toBe(identityOf(first));
  });

  test('is told by the same event however often, and by a reminder of then when it is told again', () => {
    const event = firingEvent(stop, told, DEFAULT_TERMS);
    expect(event).toMatchObject({ id: identityOf(firingOf(stop)), lane: 'normal' });
    expect(firingEvent(stop, { atMs: DEADLINE + MINUTE, repeat: 0 }, DEFAULT_TERMS)).toEqual(event);
    const again = firingEvent(stop, { atMs: DEADLINE + HOUR, repeat: 2 }, DEFAULT_TERMS);
    expect(again).toEqual({ ...event, id: `${event.id}-r2`, time: '2026-11-21T11:12:00.000Z' });
    expect(isLaterReminder(again.id, event.id)).toBe(true);
  });

  test('never ends before it began, whatever a clock says', () => {
    expect(endOf({ ...stop, endedMs: DEADLINE - 5 }).endsAtMs).toBe(DEADLINE);
  });
});

test.each([
  [MINUTE, '1 minute'],
  [90_000, '90 seconds'],
  [5 * MINUTE, '5 minutes'],
  [HOUR, '1 hour'],
  [36 * HOUR, '36 hours'],
  [7 * 24 * HOUR, '7 days'],
  [12_500, '12.5 seconds'],
])('%i ms are told as %s', (ms, words) => {
  expect(spanWords(ms)).toBe(words);
});
