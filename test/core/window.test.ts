import { describe, expect, test } from 'vitest';
import { type Window, checkWindow, compileWindow } from '../../lib/core/window.ts';

const at = (text: string): number => Date.parse(text);

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
