import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AlertGroup, nextAlertGroup } from '../../lib/core/alert-group.ts';
import type { Member } from '../../lib/core/member.ts';

const HOUR = 3_600_000;
const REPEAT = 4 * HOUR;

/** `+a` begins at 1, `-b@7` ends at 7, `a note` is no alert. */
function member(text: string, index: number): Member {
  const [, sign = '', key = '', at = ''] = /^([+-]?)(\w+)(?:@(\d+))?$/.exec(text) ?? [];
  const common = { event: `e${index}`, atMs: Number(at || index), title: key, text: '' };
  if (sign === '') return common;
  return { ...common, key, status: sign === '+' ? 'firing' : 'resolved' };
}

const keysOf = (some: readonly { readonly key?: string }[]) => some.map(({ key }) => key).join(' ');

/** What is told at the end of each window: firing | resolved, or nothing. */
function tell(windows: readonly (readonly [atHour: number, members: string])[]): (string | undefined)[] {
  let group: AlertGroup | undefined;
  let index = 1;
  return windows.map(([atHour, text]) => {
    const members = text
      .split(' ')
      .filter(Boolean)
      .map((one) => member(one, index++));
    const { after, news } = nextAlertGroup(group, members, { nowMs: atHour * HOUR, repeatMs: REPEAT });
    group = after;
    return news && `${keysOf(news.firing)} | ${keysOf(news.resolved)}`;
  });
}

describe('a group of alerts', () => {
  test.each<[string, [number, string][], (string | undefined)[]]>([
    ['tells what fires', [[1, '+a +b']], ['a b | ']],
    [
      'tells all that fires when one joins',
      [
        [1, '+a'],
        [2, '+b'],
      ],
      ['a | ', 'a b | '],
    ],
    [
      'is silent while nothing changes',
      [
        [1, '+a'],
        [2, '+a'],
        [3, ''],
      ],
      ['a | ', undefined, undefined],
    ],
    [
      'repeats what fires without a change',
      [
        [1, '+a'],
        [2, ''],
        [5, ''],
      ],
      ['a | ', undefined, 'a | '],
    ],
    [
      'repeats from the last telling on',
      [
        [1, '+a'],
        [4, '+b'],
        [5, ''],
        [8, ''],
      ],
      ['a | ', 'a b | ', undefined, 'a b | '],
    ],
    [
      'tells the end of what it told',
      [
        [1, '+a +b'],
        [2, '-a'],
      ],
      ['a b | ', 'b | a'],
    ],
    [
      'tells that all is over',
      [
        [1, '+a'],
        [2, '-a'],
        [9, ''],
      ],
      ['a | ', ' | a', undefined],
    ],
    [
      'never tells the end of what nobody heard of',
      [
        [1, '-a'],
        [2, '+b -b'],
      ],
      [undefined, undefined],
    ],
    ['is silent about what began and ended while nobody was told', [[1, '+a +b -b']], ['a | ']],
    [
      'tells an alert that begins again',
      [
        [1, '+a'],
        [2, '-a'],
        [3, '+a'],
      ],
      ['a | ', ' | a', 'a | '],
    ],
    [
      'does not tell that one has flapped',
      [
        [1, '+a'],
        [2, '-a +a'],
      ],
      ['a | ', undefined],
    ],
    ['goes by when it happened, not by what came first', [[1, '-a@5 +a@3']], [undefined]],
    ['at one time holds an end for the later', [[1, '-a@5 +a@5']], [undefined]],
    [
      'lets no beginning follow its end from the window before',
      [
        [1, '+a@1'],
        [2, '-a@9'],
        [3, '+a@5'],
      ],
      ['a | ', ' | a', undefined],
    ],
    [
      'tells what is no alert once',
      [
        [1, 'x +a'],
        [2, ''],
      ],
      ['a | ', undefined],
    ],
  ])('%s', (_, windows, expected) => {
    expect(tell(windows)).toEqual(expected);
  });

  test('remembers at most 500, those first whose ends are owed', () => {
    const many = Array.from({ length: 700 }, (_, index) => member(`+k${index}`, index));
    const { after, news } = nextAlertGroup(undefined, many, { nowMs: HOUR, repeatMs: REPEAT });
    expect([news!.firing.length, after.firing.length]).toEqual([700, 500]);
  });

  test('whoever hears of an end heard of the beginning, and what fires at the end was told', () => {
    const step = fc.array(fc.tuple(fc.boolean(), fc.constantFrom('a', 'b', 'c')), { maxLength: 4 });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (windows) => {
        let group: AlertGroup | undefined;
        let at = 0;
        const open = new Set<string>();
        const told = new Set<string>();
        for (const steps of windows) {
          const members = steps.map(([fires, key]) => member(`${fires ? '+' : '-'}${key}`, ++at));
          for (const [fires, key] of steps)
            if (fires) open.add(key);
            else open.delete(key);
          const { after, news } = nextAlertGroup(group, members, { nowMs: at * HOUR, repeatMs: Infinity });
          group = after;
          for (const { key = '' } of news?.resolved ?? []) expect(told.delete(key)).toBe(true);
          for (const { key } of news?.firing ?? []) told.add(key);
          expect(after.firing.map(({ key }) => key).toSorted()).toEqual([...open].toSorted());
          expect([...told].toSorted()).toEqual([...open].toSorted());
        }
      }),
    );
  });
});
