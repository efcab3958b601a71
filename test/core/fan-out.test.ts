import { describe, expect, test } from 'vitest';
import type { Event } from '../../lib/core/event.ts';
import { listedIn, planFanOuts } from '../../lib/core/fan-out.ts';
import type { EventPack } from '../../lib/core/message.ts';

const event = (id: string, topic = 'a', time = '2026-11-21T10:00:00.000Z'): Event => ({
  id,
  topic,
  time,
  lane: 'normal',
  data: {},
});

const pack = (...items: Event[]): EventPack => ({ v: 1, kind: 'events', tenant: 'acme', pack: 'p1', items });

describe('fan-out records', () => {
  test('are one per topic and hour', () => {
    const items = [event('e1'), event('e2'), event('e3', 'b'), event('e4', 'a', '2026-11-21T11:00:00.000Z')];
    const planned = planFanOuts(pack(...items), { destinationsOf: ({ id }) => [`to-${id}`] });
    expect(planned.map(({ topic, hour, destinations }) => [topic, hour, [...destinations.keys()]])).toEqual([
      ['a', '2026-11-21T10', ['e1', 'e2']],
      ['b', '2026-11-21T10', ['e3']],
      ['a', '2026-11-21T11', ['e4']],
    ]);
  });

  test('list an event once, however often its pack holds it', () => {
    const twice = pack(event('e1'), event('e1'));
    const [planned] = planFanOuts(twice, { destinationsOf: () => ['ops'] });
    expect([...planned!.destinations]).toEqual([['e1', ['ops']]]);
    expect(listedIn(twice, [planned!])).toHaveLength(1);
  });

  test('decide what is sent, in the order of the pack', () => {
    const one = pack(event('e1'), event('e2', 'b'), event('e3'));
    const planned = planFanOuts(one, { destinationsOf: ({ id }) => (id === 'e2' ? [] : ['x', 'y']) });
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
        id === 'e2' && destination !== 'x' ? ['a', 'b'] : id === 'e3' ? ['c'] : [];
    const planned = planFanOuts(one, { destinationsOf: () => ['x', 'y', 'z'], hush });
    expect(
      planned.map(({ destinations, suppressed }) => [[...destinations], [...(suppressed ?? [])]]),
    ).toEqual([
      [
        [
          ['e1', ['x', 'y', 'z']],
          ['e2', ['x']],
        ],
        [['e2', { destinations: ['y', 'z'], by: ['silenced:a', 'silenced:b'] }]],
      ],
      [[['e3', []]], [['e3', { destinations: ['x', 'y', 'z'], by: ['silenced:c'] }]]],
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
    const [planned] = planFanOuts(pack(named), { destinationsOf: () => ['x'], hush: () => () => ['a'] });
    expect([[...planned!.destinations], planned!.suppressed]).toEqual([[['e1', ['x']]], undefined]);
  });

  test('have room for three rules an event', () => {
    const rules = ['a', 'b', 'c', 'd'];
    const [planned] = planFanOuts(pack(event('e1')), {
      destinationsOf: () => ['x'],
      hush: () => () => rules,
    });
    expect(planned!.suppressed!.get('e1')!.by).toHaveLength(3);
  });
});
