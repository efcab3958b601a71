import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DAYS, clockOf, nextTime } from '../../lib/core/wall-clock.ts';
import { type Window, checkWindow, compileClosing, compileWindow } from '../../lib/core/window.ts';

const at = (text: string): number => Date.parse(text);
const iso = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : new Date(ms).toISOString().slice(0, 16);

const NIGHT: Window = { from: '22:00', to: '06:00', zone: 'Europe/Berlin' };
const WEEKEND: Window = { days: ['sat', 'sun'], zone: 'Europe/Berlin' };
const OFFICE: Window = {
  days: ['mon', 'tue', 'wed', 'thu', 'fri'],
  from: '09:00',
  to: '17:30',
  zone: 'America/New_York',
};

describe('a window is open', () => {
  test.each<[string, Window, string, boolean]>([
    ['at its first minute', NIGHT, '2026-11-26T21:00Z', true],
    ['not a minute before', NIGHT, '2026-11-26T20:59Z', false],
    ['after midnight', NIGHT, '2026-11-27T04:59Z', true],
    ['not at its last', NIGHT, '2026-11-27T05:00Z', false],
    ['all of Saturday', WEEKEND, '2026-11-27T23:00Z', true],
    ['not on Friday', WEEKEND, '2026-11-27T22:59Z', false],
    ['until Sunday is over', WEEKEND, '2026-11-29T22:59Z', true],
    ['not on Monday', WEEKEND, '2026-11-29T23:00Z', false],
    ['by the clocks of its zone', OFFICE, '2026-11-26T14:00Z', true],
    ['by summer time in summer', OFFICE, '2026-07-01T13:00Z', true],
    ['not on a weekend', OFFICE, '2026-11-28T15:00Z', false],
    [
      'in zones of half hours',
      { from: '09:00', to: '10:00', zone: 'Asia/Kolkata' },
      '2026-11-26T03:30Z',
      true,
    ],
    ['on the night that began on its day', { ...NIGHT, days: ['sun'] }, '2026-11-30T04:00Z', true],
    ['not on the morning of its day', { ...NIGHT, days: ['sun'] }, '2026-11-29T04:00Z', false],
    ['to the end of its day', { days: ['thu'], from: '20:00', zone: 'UTC' }, '2026-11-26T23:59Z', true],
    ['not beyond', { days: ['thu'], from: '20:00', zone: 'UTC' }, '2026-11-27T00:00Z', false],
    // 29 March 2026: 02:00 becomes 03:00 in Berlin.
    ['an hour less in the night the clocks jump', NIGHT, '2026-03-29T03:59Z', true],
    ['and no longer', NIGHT, '2026-03-29T04:00Z', false],
    // 25 October 2026: 03:00 becomes 02:00.
    ['an hour more in the night they are set back', NIGHT, '2026-10-25T04:59Z', true],
    ['and not longer', NIGHT, '2026-10-25T05:00Z', false],
    ['always, without hours', { zone: 'UTC' }, '2026-11-26T12:34Z', true],
  ])('%s', (_, window, time, expected) => {
    expect(compileWindow(window)(at(time))).toBe(expected);
  });
});

/** Nights on which Berlin, New York and Auckland move their clocks, and some others. */
const nights = fc.constantFrom(
  '2026-03-08',
  '2026-03-28',
  '2026-04-04',
  '2026-10-24',
  '2026-11-01',
  '2026-09-26',
);
const zones = fc.constantFrom(
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Pacific/Auckland',
  'Australia/Lord_Howe',
  'UTC',
);
const minuteOfTwoDays = fc.integer({ min: 0, max: 2_879 });

describe('a window closes', () => {
  test.each<[string, Window, string, string | undefined]>([
    ['in the morning', NIGHT, '2026-11-26T21:00Z', '2026-11-27T05:00'],
    ['in the morning, seen after midnight', NIGHT, '2026-11-27T04:59:59Z', '2026-11-27T05:00'],
    ['when the last of days in a row is over', WEEKEND, '2026-11-28T12:00Z', '2026-11-29T23:00'],
    ['in the evening', OFFICE, '2026-11-26T14:00Z', '2026-11-26T22:30'],
    // 29 March 2026: 02:00 becomes 03:00 in Berlin.
    ['an hour sooner in the night the clocks jump', NIGHT, '2026-03-28T21:00Z', '2026-03-29T04:00'],
    // 25 October 2026: 03:00 becomes 02:00.
    ['an hour later in the night they are set back', NIGHT, '2026-10-24T20:00Z', '2026-10-25T05:00'],
    ['never, when it is always open', { zone: 'UTC' }, '2026-11-26T12:00Z', undefined],
    ['at midnight', { days: ['thu'], from: '20:00', zone: 'UTC' }, '2026-11-26T21:00Z', '2026-11-27T00:00'],
  ])('%s', (_, window, time, expected) => {
    expect(iso(compileClosing(window)(at(time)))).toBe(expected);
  });

  test('at the first minute at which it is not open, whatever the zone and the day', () => {
    const time = fc
      .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom('00', '15', '30', '59'))
      .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${minute}`);
    const window = fc.record({
      days: fc.subarray([...DAYS], { minLength: 1 }),
      from: time,
      to: time,
      zone: zones,
    });
    fc.assert(
      fc.property(window, nights, minuteOfTwoDays, (one, from, minute) => {
        fc.pre(one.from !== one.to);
        const isOpen = compileWindow(one);
        const start = at(`${from}T00:00Z`) + minute * 60_000;
        fc.pre(isOpen(start));
        const clock = clockOf(one.zone);
        // Where the clocks are set back to before its beginning, it only rests until they show that again.
        const isRepeated = (ms: number): boolean =>
          [30, 60].some((minutes) => clock(ms - minutes * 60_000).minute === clock(ms).minute);
        let expected = start;
        while (isOpen(expected) || isRepeated(expected)) expected += 60_000;
        expect(iso(compileClosing(one)(start))).toBe(iso(expected));
      }),
      { numRuns: 300 },
    );
  });
});

test('the next time of day comes within a day and an hour, and the clocks show it or have jumped over it', () => {
  fc.assert(
    fc.property(
      zones,
      nights,
      minuteOfTwoDays,
      fc.integer({ min: 0, max: 1_440 }),
      (zone, day, minute, wanted) => {
        const clock = clockOf(zone);
        const start = at(`${day}T00:00Z`) + minute * 60_000;
        const next = nextTime(clock, wanted, start);
        expect(next).toBeGreaterThan(start);
        expect(next - start).toBeLessThanOrEqual(25 * 3_600_000);
        const shown = clock(next).minute;
        const before = clock(next - 60_000).minute;
        const isJump = (shown - before + 1_440) % 1_440 > 1 && before < wanted % 1_440;
        expect(shown === wanted % 1_440 || isJump).toBe(true);
      },
    ),
    { numRuns: 500 },
  );
});

test.each<[string, Pick<Window, 'from' | 'to' | 'zone'>, string[]]>([
  ['a good one', { from: '22:00', to: '06:00', zone: 'Europe/Berlin' }, []],
  ['no hours', { zone: 'UTC' }, []],
  ['the end of the day', { from: '20:00', to: '24:00', zone: 'UTC' }, []],
  ['no time at all', { from: '08:00', to: '08:00', zone: 'UTC' }, ['to']],
  ['a zone in letters of either case', { zone: 'europe/berlin' }, []],
  ['a zone that does not exist', { zone: 'Europe/Atlantis' }, ['zone']],
  ['an offset, which is no zone', { zone: '+01:00' }, ['zone']],
])('what is wrong with %s is named by member', (_, window, expected) => {
  expect(Object.keys(checkWindow(window))).toEqual(expected);
});
