import { describe, expect, test } from 'vitest';
import type { Event } from '../../lib/core/event.ts';
import { listedIn, planFanOuts } from '../../lib/core/fan-out.ts';
import type { EventPack } from '../../lib/core/message.ts';
import type { RouteMatch } from '../../lib/core/route.ts';

const event = (id: string, topic = 'a', time = '2026-11-21T10:00:00.000Z'): Event => ({
  id,
  topic,
  time,
  lane: 'normal',
  data: {},
});

const matchOf = (...destinations: string[]): RouteMatch[] => [{ route: 'all', destinations }];

const pack = (...items: Event[]): EventPack => ({ v: 1, kind: 'events', tenant: 'acme', pack: 'p1', items });

describe('fan-out records', () => {
  test('are one per topic and hour', () => {
    const items = [event('e1'), event('e2'), event('e3', 'b'), event('e4', 'a', '2026-11-21T11:00:00.000Z')];
    const planned = planFanOuts(pack(...items), { matchesOf: ({ id }) => matchOf(`to-${id}`) });
    expect(planned.map(({ topic, hour, destinations }) => [topic, hour, [...destinations.keys()]])).toEqual([
      ['a', '2026-11-21T10', ['e1', 'e2']],
      ['b', '2026-11-21T10', ['e3']],
      ['a', '2026-11-21T11', ['e4']],
    ]);
  });

  test('list an event once, however often its pack holds it', () => {
    const twice = pack(event('e1'), event('e1'));
    const [planned] = planFanOuts(twice, { matchesOf: () => matchOf('ops') });
    expect([...planned!.destinations]).toEqual([['e1', ['ops']]]);
    expect(listedIn(twice, [planned!])).toHaveLength(1);
  });

  test('decide what is sent, in the order of the pack', () => {
    const one = pack(event('e1'), event('e2', 'b'), event('e3'));
    const planned = planFanOuts(one, { matchesOf: ({ id }) => (id === 'e2' ? [] : matchOf('x', 'y')) });
    expect(listedIn(one, planned).map((listed) => [listed.event.id, listed.destinations])).toEqual([
      ['e1', ['x', 'y']],
      ['e2', []],
      ['e3', ['x', 'y']],
    ]);
  });

  test('say who is kept from an event, and by which rules', () => {
    const one = pack(event('e1'), event('e2'), event('e3', 'b'));
    const hush =
      ({ id }: Event) =>
      (destination: string) =>
        id === 'e2' && destination !== 'x'
          ? ['silenced:a', 'silenced:b']
          : id === 'e3'
            ? [destination === 'x' ? 'silenced:c' : 'inhibited:d']
            : [];
    const planned = planFanOuts(one, { matchesOf: () => matchOf('x', 'y', 'z'), hush });
    expect(
      planned.map(({ destinations, suppressed }) => [[...destinations], [...(suppressed ?? [])]]),
    ).toEqual([
      [
        [
          ['e1', ['x', 'y', 'z']],
          ['e2', ['x']],
        ],
        [['e2', [{ destinations: ['y', 'z'], by: ['silenced:a', 'silenced:b'] }]]],
      ],
      [
        [['e3', []]],
        [
          [
            'e3',
            [
              { destinations: ['x'], by: ['silenced:c'] },
              { destinations: ['y', 'z'], by: ['inhibited:d'] },
            ],
          ],
        ],
      ],
    ]);
    expect(
      listedIn(one, planned).map(({ destinations, suppressed }) => [destinations.length, suppressed]),
    ).toEqual([
      [3, 0],
      [1, 2],
      [0, 3],
    ]);
  });

  test.each<[string, Partial<Event>]>([
    ['what somebody sends to destinations by name', { to: ['x'] }],
    ['the end of an alert', { data: { status: 'resolved' } }],
  ])('never silence %s', (_, more) => {
    const named = { ...event('e1'), ...more };
    const [planned] = planFanOuts(pack(named), {
      matchesOf: () => [{ route: 'night', destinations: ['x'], muted: true }],
      hush: () => () => ['silenced:a'],
    });
    expect([[...planned!.destinations], planned!.suppressed]).toEqual([[['e1', ['x']]], undefined]);
  });

  test('say which route was mute', () => {
    const [planned] = planFanOuts(pack(event('e1')), {
      matchesOf: () => [{ route: 'night', destinations: ['x'], muted: true }, ...matchOf('y')],
      hush: () => (destination) => (destination === 'x' ? ['silenced:a'] : []),
    });
    expect(planned!.destinations.get('e1')).toEqual(['y']);
    expect(planned!.suppressed!.get('e1')).toEqual([
      { destinations: ['x'], by: ['silenced:route:night', 'silenced:a'] },
    ]);
  });

  test.each([
    ['three of the same destinations', ['x'], 4, [3]],
    ['six of an event, and then for one of each reason', ['x', 'y', 'z'], 2, [2, 2, 2]],
    ['one of each reason beyond', ['x', 'y', 'z'], 3, [1]],
  ])('have room for %s', (_, destinations, count, expected) => {
    const rules = ['a', 'b', 'c', 'd'].slice(0, count);
    const [planned] = planFanOuts(pack(event('e1')), {
      matchesOf: () => matchOf(...destinations),
      hush: () => (destination) => rules.map((rule) => `silenced:${rule}-${destination}`),
    });
    const kept = planned!.suppressed!.get('e1')!;
    expect(kept.map(({ by }) => by.length)).toEqual(expected);
    expect(kept.flatMap((group) => group.destinations)).toEqual(destinations);
  });
});
