import { describe, expect, test } from 'vitest';
import { type Catalog, EMPTY_CATALOG, type Destination, type Route } from '../../lib/core/catalog.ts';
import type { Event } from '../../lib/core/event.ts';
import { planFanOuts } from '../../lib/core/fan-out.ts';
import { type Hold, holdWithoutRule } from '../../lib/core/hold.ts';
import { rulesAt } from '../../lib/core/rules.ts';

/** Saturday, 11:00 in Berlin. */
const NOW = Date.UTC(2026, 10, 21, 10);
const MINUTE = 60_000;
const iso = (ms: number): string => new Date(ms).toISOString().slice(0, 16);

const event = (more: Partial<Event> = {}): Event => {
  return {
    id: 'e1',
    topic: 'alert.firing',
    time: '2026-11-21T10:00:00.000Z',
    lane: 'normal',
    data: {},
    ...more,
  };
};

function catalogOf(route: Partial<Route>, destination: Partial<Destination> = {}): Catalog {
  const ops = { id: 'ops', channel: 'chat', settings: {}, enabled: true, ...destination };
  return {
    ...EMPTY_CATALOG,
    destinations: new Map([['ops', ops]]),
    routes: [{ id: 'all', order: 1, destinations: ['ops'], ...route }],
  };
}

function holdOf(catalog: Catalog, one: Event = event(), atMs = NOW): Hold | undefined {
  const rules = rulesAt(catalog, atMs);
  const [match] = rules.matchesOf(one);
  return rules.holdOf('acme', one, match!, 'ops');
}

const NIGHT = { from: '22:00', to: '08:00', zone: 'Europe/Berlin' };
const AT_NIGHT = Date.UTC(2026, 10, 21, 23);

describe('a delivery waits', () => {
  test.each<[string, Partial<Route>, number | undefined, string]>([
    ['thirty seconds for the first of its group', { group: { by: [] } }, undefined, '2026-11-21T10:00'],
    ['five minutes from the last telling', { group: { by: [] } }, NOW, '2026-11-21T10:05'],
    ['as long as the route says', { group: { by: [], waitMs: 2 * MINUTE } }, undefined, '2026-11-21T10:02'],
    [
      'as long as the route says between tellings',
      { group: { by: [], intervalMs: 9 * MINUTE } },
      NOW,
      '2026-11-21T10:09',
    ],
    ['for a digest, from its first event', { digest: { everyMs: 60 * MINUTE } }, NOW, '2026-11-21T11:00'],
    [
      'until a time of day',
      { digest: { at: { time: '11:30', zone: 'Europe/Berlin' } } },
      NOW,
      '2026-11-21T10:30',
    ],
    [
      'until that time of the next day',
      { digest: { at: { time: '11:00', zone: 'Europe/Berlin' } } },
      NOW,
      '2026-11-22T10:00',
    ],
    [
      'until one of some days',
      { digest: { at: { time: '08:00', days: ['mon'], zone: 'UTC' } } },
      NOW,
      '2026-11-23T08:00',
    ],
  ])('%s', (_, route, afterMs, expected) => {
    expect(iso(holdOf(catalogOf(route))!.closesAt(NOW, afterMs))).toBe(expected);
  });

  test.each<[string, Partial<Event>, Partial<Destination>, string | undefined]>([
    ['until quiet hours are over', {}, { quietHours: NIGHT }, '2026-11-22T07:00'],
    ['no more than others in quiet hours', { severity: 'error' }, { quietHours: NIGHT }, '2026-11-22T07:00'],
    ['not when it is critical', { severity: 'critical' }, { quietHours: NIGHT }, undefined],
    [
      'not when it is as bad as the exception',
      { severity: 'error' },
      { quietHours: { ...NIGHT, except: 'error' } },
      undefined,
    ],
    [
      'not when it is worse',
      { severity: 'critical' },
      { quietHours: { ...NIGHT, except: 'error' } },
      undefined,
    ],
    ['not when it is urgent', { lane: 'urgent' }, { quietHours: NIGHT }, undefined],
    ['not when somebody sends it by name', { to: ['ops'] }, { quietHours: NIGHT }, undefined],
    ['not when somebody replays it', { to: ['ops'], replayOf: 'e0' }, { quietHours: NIGHT }, undefined],
    ['not on other days', {}, { quietHours: { ...NIGHT, days: ['mon'] } }, undefined],
  ])('in the night: %s', (_, one, destination, expected) => {
    const hold = holdOf(catalogOf({}, destination), event(one), AT_NIGHT);
    expect(hold && iso(hold.closesAt(AT_NIGHT))).toBe(expected);
  });

  test('for its group, and then for the end of the quiet hours that have begun meanwhile', () => {
    const catalog = catalogOf({ group: { by: [], waitMs: 10 * MINUTE } }, { quietHours: NIGHT });
    const evening = Date.UTC(2026, 10, 21, 20, 55);
    expect(iso(holdOf(catalog, event(), evening)!.closesAt(evening))).toBe('2026-11-22T07:00');
    expect(iso(holdOf(catalog, event({ severity: 'critical' }), evening)!.closesAt(evening))).toBe(
      '2026-11-21T21:05',
    );
  });

  test('with those that have the same values, absent ones included', () => {
    const catalog = catalogOf({ group: { by: ['data.labels.cluster', 'subject'] } });
    const groupOf = (data: Event['data'], subject?: string) =>
      holdOf(catalog, event({ data, ...(subject !== undefined && { subject }) }))!.group;
    const eu = { labels: { cluster: 'eu' } };
    expect(groupOf(eu)).toBe(groupOf({ ...eu, other: 1 }));
    expect(
      new Set([groupOf(eu), groupOf({}), groupOf(eu, 'x'), groupOf({ labels: { cluster: 'us' } })]).size,
    ).toBe(4);
  });

  test('apart where values are long and differ at their ends only', () => {
    const catalog = catalogOf({ group: { by: ['subject'] } });
    const groups = ['a', 'b'].map((end) => holdOf(catalog, event({ subject: 'x'.repeat(200) + end }))!);
    expect(groups[0]!.group).not.toBe(groups[1]!.group);
    expect(groups[0]!.values['subject']).toHaveLength(100);
  });

  test('in a group of its tenant, its destination and its rule', () => {
    expect(holdWithoutRule('acme', 'ops').group).not.toBe(holdWithoutRule('bolt', 'ops').group);
    expect(holdWithoutRule('acme', 'ops').group).not.toBe(holdWithoutRule('acme', 'dev').group);
  });

  test('by the group of a route within a route, which says digest for itself', () => {
    const routes = [{ id: 'inner', topics: ['alert.*'], digest: { everyMs: MINUTE } }];
    expect(holdOf(catalogOf({ group: { by: [] }, routes }))).toMatchObject({ kind: 'digest', rule: 'inner' });
    const plain = [{ id: 'inner', topics: ['alert.*'] }];
    expect(holdOf(catalogOf({ group: { by: [] }, routes: plain }))).toMatchObject({
      kind: 'group',
      rule: 'inner',
    });
  });
});

describe('the record of a fan-out', () => {
  const pack = (one: Event, more = {}) => {
    return { v: 1 as const, kind: 'events' as const, tenant: 'acme', pack: 'p', items: [one], ...more };
  };
  const rules = rulesAt(catalogOf({ digest: { everyMs: MINUTE } }), NOW);

  test('says who hears of an event when a window closes', () => {
    const [record] = planFanOuts(pack(event()), rules);
    expect([[...record!.destinations], [...record!.held!]]).toEqual([[['e1', []]], [['e1', ['ops']]]]);
  });

  test('lets nothing wait that stays in order', () => {
    const [record] = planFanOuts(pack(event(), { order: 'k1' }), rules);
    expect([[...record!.destinations], record!.held]).toEqual([[['e1', ['ops']]], undefined]);
  });
});
