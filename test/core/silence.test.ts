import { describe, expect, test } from 'vitest';
import type { Event } from '../../lib/core/event.ts';
import { type Silence, compileSilences, silenceState } from '../../lib/core/silence.ts';
import { parseSilenceInput } from '../../lib/core/silence-input.ts';

const NOW = Date.UTC(2026, 10, 26, 12);
const HOUR = 3_600_000;

const silence = (more: Partial<Silence> = {}): Silence => ({
  id: 'one',
  topics: ['disk.*'],
  startsAt: NOW - HOUR,
  endsAt: NOW + HOUR,
  reason: 'maintenance',
  at: NOW - HOUR,
  ...more,
});
const event = (more: Partial<Event> = {}): Event => ({
  id: 'e1',
  topic: 'disk.full',
  time: '2026-11-26T12:00:00Z',
  lane: 'normal',
  data: { host: 'db1' },
  ...more,
});
const NIGHT = { from: '22:00', to: '06:00', zone: 'UTC' };

describe('a silence', () => {
  test.each<[string, Partial<Silence>, number, string]>([
    ['holds from its first moment', {}, NOW - HOUR, 'active'],
    ['does not hold before', {}, NOW - HOUR - 1, 'pending'],
    ['has ended at its end', {}, NOW + HOUR, 'ended'],
    ['rests while its window is shut', { every: NIGHT }, NOW, 'resting'],
    ['holds while it is open', { every: NIGHT, endsAt: NOW + 24 * HOUR }, NOW + 11 * HOUR, 'active'],
    ['ends although its window is open', { every: NIGHT, endsAt: NOW + 10 * HOUR }, NOW + 11 * HOUR, 'ended'],
  ])('%s', (_, more, atMs, expected) => {
    expect(silenceState(silence(more), atMs)).toBe(expected);
  });

  test('that recurs without an end never ends', () => {
    const { endsAt: _, ...endless } = silence({ every: NIGHT });
    expect(silenceState(endless, NOW + 10_000 * HOUR + 11 * HOUR)).toBe('resting');
  });

  test.each<[string, Partial<Silence>, Partial<Event>, readonly string[]]>([
    ['by topic', {}, {}, ['one']],
    ['not another topic', {}, { topic: 'cpu.hot' }, []],
    ['by pattern', { match: { data: { host: ['db1'] } } }, {}, ['one']],
    ['only where the pattern fits, too', { match: { data: { host: ['db2'] } } }, {}, []],
    ['by expression', { when: 'data.host == "db1"' }, {}, ['one']],
    ['only where the expression holds, too', { when: 'severity >= "error"' }, {}, []],
    ['for its destinations', { destinations: ['ops'] }, {}, ['one']],
    ['for no others', { destinations: ['dev'] }, {}, []],
    ['only in its time', { startsAt: NOW + 1 }, {}, []],
  ])('keeps events back %s', (_, more, about, expected) => {
    const rules = compileSilences([silence(more)])(NOW)(event(about))('ops');
    expect(rules).toEqual(expected.map((id) => `silenced:${id}`));
  });

  test('does not stand in the way of another', () => {
    const two = [silence({ destinations: ['dev'] }), silence({ id: 'two' }), silence({ id: 'three' })];
    const rulesFor = compileSilences(two)(NOW)(event());
    expect([rulesFor('ops'), rulesFor('dev')]).toEqual([
      ['silenced:two', 'silenced:three'],
      ['silenced:one', 'silenced:two', 'silenced:three'],
    ]);
  });
});

describe('the body of a silence', () => {
  const good = { topics: ['disk.*'], endsAt: '2026-11-26T13:00:00Z', reason: 'maintenance' };

  test('is read, and starts now unless it says when', () => {
    expect(parseSilenceInput(good, NOW)).toEqual({
      ok: true,
      value: { topics: ['disk.*'], startsAt: NOW, endsAt: NOW + HOUR, reason: 'maintenance' },
    });
    const later = { ...good, startsAt: '2026-11-26T14:30:00+02:00' };
    expect(parseSilenceInput(later, NOW)).toMatchObject({ value: { startsAt: NOW + HOUR / 2 } });
  });

  test('may recur for ever', () => {
    const { endsAt: _, ...recurring } = { ...good, every: { ...NIGHT, days: ['sat', 'sun'] } };
    expect(parseSilenceInput(recurring, NOW)).toMatchObject({ ok: true, value: { startsAt: NOW } });
  });

  test.each<[string, object, string[]]>([
    ['nothing to silence', { topics: undefined }, ['']],
    ['no end', { endsAt: undefined }, ['/endsAt']],
    ['an end in the past', { endsAt: '2026-11-26T11:59:59Z' }, ['/endsAt']],
    ['an end before its start', { startsAt: '2026-11-26T14:00:00Z' }, ['/endsAt']],
    ['an end in years', { endsAt: '2027-12-26T12:00:00Z' }, ['/endsAt']],
    ['no reason', { reason: undefined }, ['/reason']],
    ['an empty reason', { reason: '' }, ['/reason']],
    ['a time without a zone', { endsAt: '2026-11-26T13:00:00' }, ['/endsAt']],
    ['a day that does not exist', { endsAt: '2026-11-31T13:00:00Z' }, ['/endsAt']],
    ['a member it does not have', { until: 'tomorrow' }, ['/until']],
    ['a bad topic', { topics: ['*.full'] }, ['/topics/0']],
    ['a bad pattern', { match: { data: { host: 'db1' } } }, ['/match/data/host']],
    ['a bad expression', { when: 'severity >' }, ['/when']],
    ['a bad day', { every: { zone: 'UTC', days: ['someday'] } }, ['/every/days/0']],
    ['a bad hour', { every: { zone: 'UTC', from: '25:00' } }, ['/every/from']],
    ['a beginning at the end of a day', { every: { zone: 'UTC', from: '24:00' } }, ['/every/from']],
    ['a bad zone', { every: { zone: 'Mars/Base' } }, ['/every/zone']],
    ['a window without a zone', { every: { from: '22:00' } }, ['/every/zone']],
    ['a window that is never open', { every: { zone: 'UTC', from: '22:00', to: '22:00' } }, ['/every/to']],
    ['a bad id', { id: 'no spaces' }, ['/id']],
    ['nobody to tell', { notify: [] }, ['/notify']],
  ])('with %s is refused, by its member', (_, more, expected) => {
    const body = Object.fromEntries(
      Object.entries({ ...good, ...more }).filter(([, value]) => value !== undefined),
    );
    const parsed = parseSilenceInput(body, NOW);
    expect(parsed.ok ? [] : parsed.issues.map(({ pointer }) => pointer)).toEqual(expected);
  });

  test.each([[undefined], [null], ['text'], [[]]])('is an object, not %j', (body) => {
    expect(parseSilenceInput(body, NOW)).toMatchObject({ ok: false });
  });
});
