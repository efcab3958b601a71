import { describe, expect, test } from 'vitest';
import type { EventRecord } from '../../lib/core/event-record.ts';
import { judgeAlert, judgeEvent, latestReminders } from '../../lib/core/repeat.ts';

const NOW = Date.UTC(2026, 10, 21, 10);
const MINUTE = 60_000;
const record = (more: Partial<EventRecord> = {}): EventRecord => ({
  hash: 'h',
  at: NOW,
  ttl: NOW / 1000 + 60,
  ...more,
});
const records = (entries: Record<string, EventRecord>) => new Map(Object.entries(entries));
const expired = NOW / 1000 - 1;

describe('an event posted again', () => {
  test.each([
    ['never seen', {}, 'h', { kind: 'fresh', id: 'e' }],
    ['the same', { e: record() }, 'h', { kind: 'duplicate', id: 'e' }],
    ['another body', { e: record() }, 'other', { kind: 'mismatch', id: 'e' }],
    [
      'after its record expired',
      { e: record({ ttl: expired }) },
      'other',
      { kind: 'fresh', id: 'e', replaces: expired },
    ],
  ])('%s', (_, known, hash, verdict) => {
    expect(judgeEvent('e', hash, records(known), NOW)).toEqual(verdict);
  });
});

describe('an alert posted again', () => {
  const judge = (known: Record<string, EventRecord>, firing?: string) =>
    judgeAlert({ identity: 'al', firing }, records(known), NOW);

  test('is fresh the first time', () => {
    expect(judge({})).toEqual({ kind: 'fresh', id: 'al' });
  });

  test('is a duplicate within the repeat interval', () => {
    expect(judge({ al: record({ at: NOW - 5 * MINUTE + 1 }) })).toEqual({ kind: 'duplicate', id: 'al' });
  });

  test('is a reminder after the repeat interval', () => {
    const reminder = {
      kind: 'fresh',
      id: 'al-r1',
      reminder: { head: 'al', repeat: 1, seenTtl: record().ttl },
    };
    expect(judge({ al: record({ at: NOW - 5 * MINUTE, repeat: 0 }) })).toEqual(reminder);
  });

  test('counts its reminders, and measures from the latest', () => {
    const al = record({ at: NOW - 60 * MINUTE, repeat: 3, latestId: 'al-r3', latestAt: NOW - MINUTE });
    expect(judge({ al, 'al-r3': record() })).toEqual({ kind: 'duplicate', id: 'al-r3' });
    const older = { ...al, latestAt: NOW - 6 * MINUTE };
    expect(judge({ al: older, 'al-r3': record() })).toMatchObject({ id: 'al-r4', reminder: { repeat: 4 } });
  });

  test.each([
    [{ al: record({ hasDead: true }) }, 'al-r1'],
    [
      { al: record({ repeat: 1, latestId: 'al-r1', latestAt: NOW }), 'al-r1': record({ hasDead: true }) },
      'al-r2',
    ],
  ])('is never swallowed while a delivery of the latest event is dead', (known, id) => {
    expect(judge(known as unknown as Record<string, EventRecord>)).toMatchObject({ kind: 'fresh', id });
  });

  test('is news again when its record has expired', () => {
    expect(judge({ al: record({ ttl: expired }) })).toEqual({ kind: 'fresh', id: 'al', replaces: expired });
  });

  test('tells an end only to those who heard the beginning', () => {
    expect(judge({}, 'began')).toEqual({ kind: 'neverFiring', id: 'al' });
    expect(judge({ began: record({ ttl: expired }) }, 'began')).toMatchObject({ kind: 'neverFiring' });
    expect(judge({ began: record() }, 'began')).toEqual({ kind: 'fresh', id: 'al' });
  });
});

test('judging takes the records of the latest reminders', () => {
  const known = records({ a: record({ latestId: 'a' }), b: record({ latestId: 'b-r2' }), c: record() });
  const alerts = ['a', 'b', 'c', 'd'].map((identity) => ({ identity }));
  expect(latestReminders(alerts, known)).toEqual(['b-r2']);
});
