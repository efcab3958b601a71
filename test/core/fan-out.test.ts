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
    const planned = planFanOuts(pack(...items), ({ id }) => [`to-${id}`]);
    expect(planned.map(({ topic, hour, destinations }) => [topic, hour, [...destinations.keys()]])).toEqual([
      ['a', '2026-11-21T10', ['e1', 'e2']],
      ['b', '2026-11-21T10', ['e3']],
      ['a', '2026-11-21T11', ['e4']],
    ]);
  });

  test('list an event once, however often its pack holds it', () => {
    const twice = pack(event('e1'), event('e1'));
    const [planned] = planFanOuts(twice, () => ['ops']);
    expect([...planned!.destinations]).toEqual([['e1', ['ops']]]);
    expect(listedIn(twice, [planned!])).toHaveLength(1);
  });

  test('decide what is sent, in the order of the pack', () => {
    const one = pack(event('e1'), event('e2', 'b'), event('e3'));
    const planned = planFanOuts(one, ({ id }) => (id === 'e2' ? [] : ['x', 'y']));
    expect(listedIn(one, planned).map((listed) => [listed.event.id, listed.destinations])).toEqual([
      ['e1', ['x', 'y']],
      ['e2', []],
      ['e3', ['x', 'y']],
    ]);
  });
});
