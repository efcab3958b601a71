import { describe, expect, test } from 'vitest';
import type { Event } from '../../lib/core/event.ts';
import { type Inhibition, compileInhibitions } from '../../lib/core/inhibition.ts';

const alert = (
  labels: Readonly<Record<string, string>>,
  status = 'firing',
  id = JSON.stringify(labels),
): Event => ({
  id: `${status}-${id}`,
  topic: `alert.${status}`,
  time: '2026-11-21T10:00:00.000Z',
  lane: 'normal',
  dedupeKey: id,
  data: { status, labels },
});
const labels = (name: string, value: string) => ({ match: { data: { labels: { [name]: [value] } } } });

const RULES: readonly Inhibition[] = [
  {
    id: 'cluster',
    source: labels('alertname', 'ClusterDown'),
    target: labels('level', 'node'),
    equal: ['cluster'],
  },
  {
    id: 'severity',
    source: labels('severity', 'critical'),
    target: { when: 'labels.severity != "critical"' },
    equal: ['alertname', 'zone'],
  },
  { id: 'both', source: labels('team', 'db'), target: labels('team', 'db') },
  { id: 'plain', source: labels('alertname', 'Maintenance'), target: { topics: ['deploy.*'] } },
];

const inhibitedBy = (event: Event, firing: readonly Event[], pack: readonly Event[] = [event]) =>
  compileInhibitions(RULES)(firing)(pack)(event);

const down = (cluster: string) => alert({ alertname: 'ClusterDown', cluster });
const node = (cluster: string) => alert({ alertname: 'NodeDown', level: 'node', cluster });

test.each<[string, Event, readonly Event[], readonly string[]]>([
  ['by a source with the same label', node('eu'), [down('eu')], ['cluster']],
  ['not by one with another', node('eu'), [down('us')], []],
  ['not while nothing fires', node('eu'), [], []],
  ['not what is no target', alert({ alertname: 'X', cluster: 'eu' }), [down('eu')], []],
  [
    'by a source where both lack a label',
    alert({ alertname: 'Slow', severity: 'warning' }),
    [alert({ alertname: 'Slow', severity: 'critical' })],
    ['severity'],
  ],
  [
    'not where one of them lacks it',
    alert({ alertname: 'Slow', severity: 'warning', zone: 'a' }),
    [alert({ alertname: 'Slow', severity: 'critical' })],
    [],
  ],
  ['not by itself', alert({ team: 'db' }), [alert({ team: 'db' })], []],
  ['not by another that is both, too', alert({ team: 'db', n: '1' }), [alert({ team: 'db', n: '2' })], []],
  [
    'an event of another kind',
    { ...alert({}), topic: 'deploy.started', data: { title: 'Deploy' } },
    [alert({ alertname: 'Maintenance' })],
    ['plain'],
  ],
])('an event is kept back %s', (_, event, firing, expected) => {
  expect(inhibitedBy(event, firing)).toEqual(expected);
});

test('an alert that has become its own source is not kept back by what it was', () => {
  const before = alert({ alertname: 'Slow', severity: 'critical' }, 'firing', 'one');
  const now = alert({ alertname: 'Slow', severity: 'warning' }, 'firing', 'one');
  expect(inhibitedBy(now, [before])).toEqual([]);
});

describe('the alerts of the pack', () => {
  test('count at once, in whatever order they stand', () => {
    const pack = [node('eu'), down('eu')];
    expect(inhibitedBy(pack[0]!, [], pack)).toEqual(['cluster']);
  });

  test('have the last word about themselves', () => {
    const over = alert({ alertname: 'ClusterDown', cluster: 'eu' }, 'resolved');
    const id = over.dedupeKey;
    expect(inhibitedBy(node('eu'), [down('eu')], [node('eu'), over])).toEqual([]);
    expect(down('eu').dedupeKey).toBe(id);
    expect(inhibitedBy(node('eu'), [], [down('eu'), over, node('eu')])).toEqual([]);
    expect(inhibitedBy(node('eu'), [], [over, down('eu'), node('eu')])).toEqual(['cluster']);
  });

  test('are alerts only: what is called so and names none keeps nothing back', () => {
    const { dedupeKey: _, ...plain } = down('eu');
    expect(inhibitedBy(node('eu'), [], [plain, node('eu')])).toEqual([]);
  });
});

test('ten thousand alerts that fire are compiled in one go', () => {
  const firing = Array.from({ length: 10_000 }, (_, n) =>
    alert({ alertname: 'ClusterDown', cluster: 'eu' }, 'firing', `${n}`),
  );
  const inhibit = compileInhibitions(RULES)(firing);
  expect(inhibit([])(node('eu'))).toEqual(['cluster']);
});
