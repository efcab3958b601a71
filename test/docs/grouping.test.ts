import { describe, expect, test } from 'vitest';
import { type AlertGroup, nextAlertGroup } from '../../lib/core/alert-group.ts';
import { groupInput, digestInput, quietHoursInput } from '../../lib/core/hold-input.ts';
import { GROUP_DEFAULTS } from '../../lib/core/hold.ts';
import type { Member } from '../../lib/core/member.ts';
import { readDocument } from '../docs.ts';
import { rowsBelow } from './table.ts';

const page = readDocument('docs/grouping.md');
const tables = page.split('What changes, changes as in Alertmanager.');

function member(text: string, index: number): Member {
  const [sign, key] = [text[0], text.slice(1)];
  const status = sign === '+' ? 'firing' : 'resolved';
  return { event: `e${index}`, key, status, atMs: index, title: key, text: '' };
}

const keysOf = (some: readonly { readonly key?: string }[]): string => some.map(({ key }) => key).join(' ');

describe('the page about grouping', () => {
  test.each(rowsBelow(`## windows\n${tables[1]}`, 'windows'))(
    '%s is told as %s',
    (windows = '', told = '') => {
      let group: AlertGroup | undefined;
      let index = 1;
      const news = windows
        .replaceAll('`', '')
        .split(', ')
        .map((text) => {
          const members = text.split(' ').map((one) => member(one, index++));
          const next = nextAlertGroup(group, members, { nowMs: index, repeatMs: Infinity });
          group = next.after;
          if (!next.news) return 'nothing';
          const { firing, resolved } = next.news;
          return [
            firing.length > 0 && `fires ${keysOf(firing)}`,
            resolved.length > 0 && `ended ${keysOf(resolved)}`,
          ]
            .filter(Boolean)
            .join(' ');
        });
      expect(news.join(', ')).toBe(told);
    },
  );

  test.each([
    ['Groups of alerts', groupInput, tables[0]],
    ['Digests', digestInput, page],
    ['Quiet hours', quietHoursInput, page],
  ] as const)('under "%s" lists every member that may be written', (heading, { shape }, text) => {
    const listed = new Set(rowsBelow(text!, heading).map(([name]) => name));
    expect(listed).toEqual(new Set(Object.keys(shape)));
  });

  test('knows the defaults of a group', () => {
    const defaults = rowsBelow(tables[0]!, 'Groups of alerts').filter(([, , value]) => value !== '');
    expect(Object.fromEntries(defaults.map(([name, , value]) => [name, Number(value)]))).toEqual(
      GROUP_DEFAULTS,
    );
  });
});
