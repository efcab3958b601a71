import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Route } from '../../lib/core/catalog.ts';
import type { Event } from '../../lib/core/event.ts';
import { type RouteVerdict, explainRoutes, wordsOf } from '../../lib/core/explain-routes.ts';
import { compileRoutes } from '../../lib/core/route.ts';

const event = (more: Partial<Event> = {}): Event => ({
  id: 'e1',
  topic: 'disk.full',
  time: '2026-11-26T12:00:00Z',
  lane: 'normal',
  data: { host: 'db1', tags: ['prod'] },
  ...more,
});
const route = (id: string, more: Partial<Route> = {}): Route => ({
  id,
  order: 1,
  destinations: ['ops'],
  ...more,
});
const short = (verdicts: readonly RouteVerdict[]) =>
  verdicts.map((one) => [one.route, one.verdict === 'notAsked' ? one.because : one.verdict]);

describe('the routes of an event', () => {
  test('are asked in their order, until one ends the search', () => {
    const routes = [
      route('a', { topics: ['cpu.*'] }),
      route('b', { topics: ['disk.*'], continue: true }),
      route('c', { when: 'data.host == "db1"' }),
      route('d'),
      route('e', { default: true }),
    ];
    expect(short(explainRoutes(routes, event()))).toEqual([
      ['a', 'notMatched'],
      ['b', 'matched'],
      ['c', 'matched'],
      ['d', 'route c ended the search'],
      ['e', 'another route matched'],
    ]);
  });

  test('fall back on those by default when no other wants it', () => {
    const routes = [route('a', { topics: ['cpu.*'] }), route('b', { default: true })];
    expect(short(explainRoutes(routes, event()))).toEqual([
      ['a', 'notMatched'],
      ['b', 'matched'],
    ]);
  });

  test('are not asked when the event names its destinations', () => {
    const because = 'the event names its destinations';
    expect(short(explainRoutes([route('a'), route('b', { default: true })], event({ to: ['ops'] })))).toEqual(
      [
        ['a', because],
        ['b', because],
      ],
    );
  });

  test.each<[string, Partial<Route>, string]>([
    ['a topic', { topics: ['cpu.*'] }, 'topic is "disk.full", which does not satisfy ["cpu.*"]'],
    ['a value', { match: { data: { host: ['db2'] } } }, 'data.host is "db1", which does not satisfy ["db2"]'],
    [
      'nothing there',
      { match: { data: { zone: ['a'] } } },
      'data.zone is nothing, which does not satisfy ["a"]',
    ],
    [
      'an expression',
      { when: 'data.host == "db2"' },
      'data.host is "db1", which does not satisfy data.host == "db2"',
    ],
  ])('say what was wrong: %s', (_, more, expected) => {
    const [verdict] = explainRoutes([route('a', more)], event());
    expect(verdict?.verdict === 'notMatched' && wordsOf(verdict.why)).toBe(expected);
  });

  test('match exactly where the fan-out says so', () => {
    const one = fc.record({
      topics: fc.option(fc.subarray(['disk.*', 'cpu.*', '*', 'disk.full'], { minLength: 1 }), {
        nil: undefined,
      }),
      when: fc.constantFrom(undefined, 'data.host == "db1"', 'data.host == "db2"', 'severity >= "error"'),
      isDefault: fc.boolean(),
      goesOn: fc.boolean(),
    });
    const severity = fc.constantFrom(undefined, 'info' as const, 'critical' as const);
    fc.assert(
      fc.property(fc.array(one, { maxLength: 6 }), severity, (drawn, level) => {
        const routes = drawn.map(({ topics, when, isDefault, goesOn }, n) =>
          route(`r${n}`, {
            destinations: [`d${n}`],
            ...(topics && { topics }),
            ...(when !== undefined && { when }),
            default: isDefault,
            continue: goesOn,
          }),
        );
        const about = event(level && { severity: level });
        const matched = explainRoutes(routes, about).filter(({ verdict }) => verdict === 'matched');
        expect(matched.map((one_) => one_.route)).toEqual(
          compileRoutes(routes)(about).flatMap((match) => match.route ?? []),
        );
      }),
    );
  });
});
