import { expect, test } from 'vitest';
import type { GroupWindow } from '../../lib/core/group-window.ts';
import type { Member } from '../../lib/core/member.ts';
import { outcomeOf } from '../../lib/pipeline/windows/outcome.ts';
import { NOW } from './rig.ts';

const window: GroupWindow = {
  tenant: 'acme',
  group: 'g'.padEnd(22, '0'),
  n: 1,
  kind: 'quietHours',
  destination: 'pager',
  rule: 'pager',
  values: {},
  phase: 'closing',
  dueAt: '',
  dueAtMs: NOW,
};
const member = (event: string, seq: number, id = 'disk', more: Partial<Member> = {}): Member => ({
  event,
  topic: 'alert',
  atMs: NOW + seq,
  title: event,
  text: '',
  status: event.startsWith('end') ? 'resolved' : 'firing',
  key: id,
  incident: { id, seq },
  ...more,
});
const { incident: _, ...plain } = member('note', 9);

const outcome = (members: readonly Member[], kind: GroupWindow['kind'] = 'quietHours', nowMs = NOW) =>
  outcomeOf({ ...window, kind }, members, {
    windows: { read: async () => new Map() },
    members: {
      content: async (__, event) => ({ id: event, topic: 'alert', time: '', title: event, text: '' }),
    },
    now: () => nowMs,
  });

test.each<[string, Member[], string, object]>([
  ['one alone', [member('begin', 2)], 'begin', { id: 'disk', seq: 2 }],
  ['begin and end', [member('end', 3), member('begin', 2)], 'end', { id: 'disk', seq: 3 }],
  [
    'an end, and what has begun since',
    [member('begin', 2), member('begin-again', 8), member('end', 3)],
    'begin-again',
    { id: 'disk', seq: 8 },
  ],
])('of one alert the newest word is told, in its incident: %s', async (___, members, title, incident) => {
  expect(await outcome(members)).toMatchObject({ alone: { title }, incident });
});

test.each<[string, Member[], GroupWindow['kind']]>([
  ['several alerts', [member('begin', 2), member('other', 3, 'net')], 'quietHours'],
  ['an alert beside something else', [member('begin', 2), plain], 'quietHours'],
  ['what a route gathers', [member('begin', 2), member('end', 3)], 'digest'],
])('a list is told of %s', async (___, members, kind) => {
  const told = await outcome(members, kind);
  expect(told).toMatchObject({ digest: { data: { count: 2 } } });
  expect(told).not.toHaveProperty('alone');
  expect(told).not.toHaveProperty('incident');
});

test('what has expired meanwhile is no word', async () => {
  const late = member('begin', 8, 'disk', { expiresAtMs: NOW });
  expect(await outcome([member('end', 3), late], 'quietHours', NOW + 1)).toMatchObject({
    alone: { title: 'end' },
    incident: { seq: 3 },
  });
});
