import { describe, expect, test } from 'vitest';
import type { Route } from '../../lib/core/catalog.ts';
import type { Event } from '../../lib/core/event.ts';
import { compileRoutes } from '../../lib/core/route.ts';
import { isTopicPattern } from '../../lib/core/topic.ts';

const event = (topic: string, more: Partial<Event> = {}): Event => ({
  id: 'e1',
  topic,
  time: '2026-11-21T10:00:00.000Z',
  lane: 'normal',
  data: {},
  ...more,
});

const route = (id: string, more: Partial<Route> = {}): Route => ({
  id,
  order: 1,
  destinations: [id],
  ...more,
});

const fits = (topics: readonly string[], topic: string): boolean =>
  compileRoutes([route('a', { topics })])(event(topic)).length > 0;

describe('topic patterns', () => {
  test.each<[string, string, boolean]>([
    ['orders.paid', 'orders.paid', true],
    ['orders.paid', 'orders.paid.late', false],
    ['orders.*', 'orders.paid', true],
    ['orders.*', 'orders.paid.late', true],
    ['orders.*', 'orders', false],
    ['orders.*', 'ordersx.paid', false],
    ['*', 'anything', true],
  ])('%s and %s: %s', (pattern, topic, expected) => {
    expect(fits([pattern], topic)).toBe(expected);
  });

  test('one of several is enough, none of none', () => {
    expect(fits(['a', 'b.*'], 'b.c')).toBe(true);
    expect(fits([], 'a')).toBe(false);
  });

  test.each(['*', 'a', 'a.b', 'a.*', 'a.b.*'])('%s is one', (text) =>
    expect(isTopicPattern(text)).toBe(true),
  );
  test.each(['', '.*', '**', '*.a', 'a.*.b', 'a..b', 'a*', 'a b', 'x'.repeat(129)])('%s is none', (text) =>
    expect(isTopicPattern(text)).toBe(false),
  );
});

describe('routes', () => {
  test('the first that matches ends the search', () => {
    const match = compileRoutes([route('a', { topics: ['x'] }), route('b'), route('c')]);
    expect(match(event('x'))).toEqual([{ route: 'a', destinations: ['a'] }]);
    expect(match(event('y'))).toEqual([{ route: 'b', destinations: ['b'] }]);
  });

  test('continue lets the next ones hear it too, each destination once', () => {
    const match = compileRoutes([
      route('a', { continue: true, destinations: ['one', 'two', 'one'], template: 't' }),
      route('b', { destinations: ['two', 'three'] }),
      route('c'),
    ]);
    expect(match(event('x'))).toEqual([
      { route: 'a', destinations: ['one', 'two'], template: 't' },
      { route: 'b', destinations: ['three'] },
    ]);
  });

  test('a default route hears only what no other wanted, wherever it stands', () => {
    const match = compileRoutes([route('rest', { default: true }), route('a', { topics: ['x'] })]);
    expect(match(event('x')).map((found) => found.route)).toEqual(['a']);
    expect(match(event('y')).map((found) => found.route)).toEqual(['rest']);
  });

  test('topics and pattern must both fit', () => {
    const match = compileRoutes([route('a', { topics: ['x'], match: { severity: ['critical'] } })]);
    expect(match(event('x', { severity: 'critical' }))).toHaveLength(1);
    expect(match(event('x', { severity: 'info' }))).toEqual([]);
    expect(match(event('y', { severity: 'critical' }))).toEqual([]);
  });

  test('pattern and expression must both fit', () => {
    const match = compileRoutes([route('a', { match: { source: ['s'] }, when: 'severity >= "error"' })]);
    expect(match(event('x', { source: 's', severity: 'critical' }))).toHaveLength(1);
    expect(match(event('x', { source: 's', severity: 'info' }))).toEqual([]);
    expect(match(event('x', { source: 't', severity: 'error' }))).toEqual([]);
  });

  test('destinations named by the event bypass the routes', () => {
    expect(compileRoutes([route('a')])(event('x', { to: ['z', 'z'] }))).toEqual([{ destinations: ['z'] }]);
  });
});

describe('an event that names its destinations', () => {
  const routes = [
    route('a', { topics: ['orders.*'], destinations: ['ops', 'dev'], template: 'short' }),
    route('b', { default: true, destinations: ['rest'] }),
  ];
  const to = ['dev', 'rest', 'dev'];

  test('goes there, and no route is asked', () => {
    expect(compileRoutes(routes)(event('orders.paid', { to }))).toEqual([{ destinations: ['dev', 'rest'] }]);
  });

  test('as a replay keeps the template of the route that leads there', () => {
    expect(compileRoutes(routes)(event('orders.paid', { to, replayOf: 'e0' }))).toEqual([
      { route: 'a', destinations: ['dev'], template: 'short' },
      { destinations: ['rest'] },
    ]);
  });
});

describe('a route with mute windows', () => {
  // 25 October 2026: 03:00 becomes 02:00 in Berlin.
  const night = route('night', { mute: [{ from: '22:00', to: '06:00', zone: 'Europe/Berlin' }] });

  test.each([
    ['2026-10-24T19:59:59Z', undefined],
    ['2026-10-24T20:00:00Z', true],
    ['2026-10-25T04:59:59Z', true],
    ['2026-10-25T05:00:00Z', undefined],
    // 29 March 2026: 02:00 becomes 03:00.
    ['2026-03-28T21:00:00Z', true],
    ['2026-03-29T03:59:59Z', true],
    ['2026-03-29T04:00:00Z', undefined],
  ])('at %s', (time, muted) => {
    const [match] = compileRoutes([night])(event('x'), Date.parse(time));
    expect(match).toEqual({ route: 'night', destinations: ['night'], ...(muted && { muted }) });
  });

  test('is mute while any of them is open, and ends the search as ever', () => {
    const two = route('two', {
      mute: [
        { days: ['sat'], zone: 'UTC' },
        { days: ['sun'], zone: 'UTC' },
      ],
    });
    const match = compileRoutes([two, route('rest', { default: true })]);
    const at = (time: string) => match(event('x'), Date.parse(time));
    const muted = [{ route: 'two', destinations: ['two'], muted: true }];
    expect([at('2026-11-28T12:00:00Z'), at('2026-11-29T12:00:00Z')]).toEqual([muted, muted]);
    expect(at('2026-11-27T12:00:00Z')).toEqual([{ route: 'two', destinations: ['two'] }]);
  });

  test('leaves its destinations to the next route that wants them and is not mute', () => {
    const mute = [{ zone: 'UTC' }];
    const routes = [
      route('a', { destinations: ['x', 'y'], template: 'loud', mute, continue: true }),
      route('b', { destinations: ['y', 'z'] }),
    ];
    const matches = (atMs?: number) => compileRoutes(routes)(event('x'), atMs);
    expect(matches(0)).toEqual([
      { route: 'a', destinations: ['x'], template: 'loud', muted: true },
      { route: 'b', destinations: ['y', 'z'] },
    ]);
    expect(matches()).toEqual([
      { route: 'a', destinations: ['x', 'y'], template: 'loud' },
      { route: 'b', destinations: ['z'] },
    ]);
  });
});
