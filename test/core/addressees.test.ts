import { describe, expect, test } from 'vitest';
import { MAX_PEOPLE, withAddressees } from '../../lib/core/addressees.ts';
import { planFanOuts } from '../../lib/core/fan-out.ts';
import type { Person, Recipient } from '../../lib/core/recipient.ts';
import type { RouteMatch } from '../../lib/core/route.ts';
import type { Event } from '../../lib/core/event.ts';

const CHANNELS: Readonly<Record<string, string>> = { mail: 'email', ops: 'slack', pager: 'pagerduty' };
const mail = (to: string) => ({ through: 'mail', settings: { to } });
const alice: Person = { id: 'alice', destinations: ['ops', mail('a@example.com')], inbox: true };
const bob: Person = { id: 'bob', destinations: ['ops', mail('b@example.com')] };

const event = (more: Partial<Event> = {}): Event => ({
  id: 'e1',
  topic: 'orders.paid',
  time: '2026-11-26T10:00:00.000Z',
  lane: 'normal',
  data: {},
  ...more,
});

/** Who hears of an event, and who is kept from it, when these recipients exist. */
function decided(matches: readonly RouteMatch[], existing: readonly Recipient[], about: Partial<Event> = {}) {
  const people = new Map(existing.map((one) => [one.id, one]));
  const expanded = withAddressees(matches, event(about), { people, channelOf: (id) => CHANNELS[id] });
  const pack = { v: 1, kind: 'events', tenant: 'acme', pack: 'p', items: [event(about)] } as const;
  const [fanOut] = planFanOuts(pack, { matchesOf: () => expanded });
  return {
    heard: expanded.map(({ destinations }) => destinations),
    kept: (fanOut?.suppressed?.get('e1') ?? []).flatMap(({ destinations, by }) =>
      destinations.map((id) => `${id} ${by.join(' ')}`),
    ),
  };
}

const to = (...recipients: string[]): RouteMatch[] => [{ route: 'r', destinations: [], recipients }];

describe('the recipients of an event', () => {
  test('are reached at their destinations, their own addresses and their inboxes', () => {
    expect(decided(to('alice'), [alice])).toEqual({
      heard: [['ops', 'alice.mail', 'alice.inbox']],
      kept: [],
    });
  });

  test('may be teams, and nobody hears twice', () => {
    const team = { id: 'crew', members: ['alice', 'bob'] };
    expect(decided(to('bob', 'crew'), [alice, bob, team]).heard).toEqual([
      ['ops', 'bob.mail', 'alice.mail', 'alice.inbox'],
    ]);
  });

  test('are reached by the first route that names them, one that is not mute if there is one', () => {
    const matches: RouteMatch[] = [
      { route: 'a', destinations: ['ops'], recipients: ['bob'], muted: true },
      { route: 'b', destinations: [], recipients: ['bob'] },
    ];
    expect(decided(matches, [bob]).heard).toEqual([['ops'], ['bob.mail']]);
  });

  test('who do not exist are on record', () => {
    expect(decided(to('alice', 'ghost'), [bob]).kept).toEqual([
      'alice.inbox destinationDeleted:alice',
      'ghost.inbox destinationDeleted:ghost',
    ]);
    const team = { id: 'crew', members: ['bob', 'ghost'] };
    expect(decided(to('crew'), [bob, team])).toEqual({
      heard: [['ops', 'bob.mail']],
      kept: ['ghost.inbox destinationDeleted:ghost'],
    });
  });

  test('are no more than so many; whom that leaves out is on record', () => {
    const people = Array.from({ length: MAX_PEOPLE }, (_, n): Person => ({ id: `p${n}`, inbox: true }));
    const all = { id: 'all', members: people.map(({ id }) => id) };
    const { heard, kept } = decided(to('bob', 'all'), [...people, bob, all]);
    expect(heard).toEqual([['ops', 'bob.mail']]);
    expect(kept).toEqual(['all.inbox capped:people']);
    expect(decided(to('all'), [...people, all]).heard[0]).toHaveLength(MAX_PEOPLE);
  });
});

describe('what people refuse', () => {
  test.each<[string, Partial<Person>, string[], string[]]>([
    ['a topic', { unsubscribed: ['orders.*'] }, [], ['ops', 'alice.mail', 'alice.inbox']],
    ['another topic', { unsubscribed: ['news.*'] }, ['ops', 'alice.mail', 'alice.inbox'], []],
    [
      'a channel',
      { preferences: [{ topics: ['*'], channels: { email: false, inbox: false } }] },
      ['ops'],
      ['alice.mail', 'alice.inbox'],
    ],
    [
      'a channel, but not for a closer topic',
      {
        preferences: [
          { topics: ['*'], channels: { email: false } },
          { topics: ['orders.*'], channels: { email: true, slack: false } },
        ],
      },
      ['alice.mail', 'alice.inbox'],
      ['ops'],
    ],
    [
      'a channel that a closer entry does not speak of',
      {
        preferences: [
          { topics: ['*'], channels: { email: false } },
          { topics: ['orders.paid'], channels: { slack: true } },
        ],
      },
      ['ops', 'alice.inbox'],
      ['alice.mail'],
    ],
  ])('%s', (_, more, heard, kept) => {
    expect(decided(to('alice'), [{ ...alice, ...more }])).toEqual({
      heard: [heard],
      kept: kept.map((id) => `${id} unsubscribed:alice`),
    });
  });

  test('is no reason against others who are reached there, nor against a route', () => {
    const silent = { ...alice, unsubscribed: ['*'] };
    expect(decided(to('alice', 'bob'), [silent, bob])).toEqual({
      heard: [['ops', 'bob.mail']],
      kept: ['alice.mail unsubscribed:alice', 'alice.inbox unsubscribed:alice'],
    });
    const matches = [...to('alice'), { route: 's', destinations: ['ops'] }];
    expect(decided(matches, [silent]).heard).toEqual([[], ['ops']]);
  });

  test('stays refused at the end of an alert', () => {
    const about = { data: { status: 'resolved' } };
    expect(decided(to('bob'), [{ ...bob, unsubscribed: ['*'] }], about)).toEqual({
      heard: [[]],
      kept: ['ops unsubscribed:bob', 'bob.mail unsubscribed:bob'],
    });
  });
});

test('a replay goes where it says, with what the route says of it', () => {
  const matches: RouteMatch[] = [
    { route: 'r', destinations: [], recipients: ['alice'], template: 't' },
    { destinations: ['alice.mail', 'pager'] },
  ];
  const about = { to: ['alice.mail', 'pager'], replayOf: 'e0' };
  const people = new Map([['alice', { ...alice, unsubscribed: ['*'] }]]);
  const directory = { people, channelOf: (id: string) => CHANNELS[id] };
  expect(
    withAddressees(matches, event(about), { ...directory, people: new Map([['alice', alice]]) }),
  ).toEqual([{ route: 'r', destinations: ['alice.mail'], template: 't' }, { destinations: ['pager'] }]);
  // What somebody sends again by name is not asked about anew.
  expect(withAddressees(matches, event(about), directory)).toEqual([
    { route: 'r', destinations: [], template: 't' },
    { destinations: ['alice.mail', 'pager'] },
  ]);
});
