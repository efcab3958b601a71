import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Route, Subroute } from '../../lib/core/catalog.ts';
import type { Event } from '../../lib/core/event.ts';
import { explainRoutes } from '../../lib/core/explain-routes.ts';
import { testsOf } from '../../lib/core/matchers.ts';
import { compileRoutes } from '../../lib/core/route.ts';
import { type Branch, everyRoute, flattenRoutes } from '../../lib/core/route-tree.ts';
import { compileWhen } from '../../lib/core/when.ts';

const event = (data: Event['data']): Event => ({
  id: 'e1',
  topic: 'alert.firing',
  time: '2026-11-26T10:00:00.000Z',
  lane: 'normal',
  data,
});

const heardBy = (routes: readonly Route[], data: Event['data']) =>
  compileRoutes(routes)(event(data)).map(({ route }) => route);

const TREE: Route = {
  id: 'ops',
  order: 1,
  when: 'data.env == "prod"',
  destinations: ['ops'],
  template: 'short',
  routes: [
    { id: 'db', when: 'data.team == "db"', destinations: ['db'] },
    { id: 'audit', when: 'data.audit == true', template: 'long', continue: true },
    {
      id: 'web',
      when: 'data.team == "web"',
      destinations: ['web'],
      routes: [{ id: 'night', when: 'data.night == true' }],
    },
  ],
};
const REST: Route = { id: 'rest', order: 2, destinations: ['rest'] };

describe('routes within a route', () => {
  test.each<[string, Event['data'], string[]]>([
    ['what none of them wants stays with the route', { env: 'prod' }, ['ops']],
    ['the first that matches hears it, and nobody else', { env: 'prod', team: 'db', audit: true }, ['db']],
    ['the deepest match wins', { env: 'prod', team: 'web', night: true }, ['night']],
    ['continue asks the later siblings, too', { env: 'prod', team: 'web', audit: true }, ['audit', 'web']],
    ['continue does not bring back the route above', { env: 'prod', audit: true }, ['audit']],
    ['what the route does not want, they do not hear', { env: 'test', team: 'db' }, ['rest']],
  ])('%s', (_, data, expected) => expect(heardBy([TREE, REST], data)).toEqual(expected));

  test('take over what they do not say themselves', () => {
    const matching = compileRoutes([TREE]);
    expect(matching(event({ env: 'prod', team: 'db' }))).toEqual([
      { route: 'db', destinations: ['db'], template: 'short' },
    ]);
    expect(matching(event({ env: 'prod', audit: true }))).toEqual([
      { route: 'audit', destinations: ['ops'], template: 'long' },
    ]);
    expect(matching(event({ env: 'prod', team: 'web', night: true }))).toEqual([
      { route: 'night', destinations: ['web'], template: 'short' },
    ]);
  });

  test('are mute with the route, unless they have windows of their own', () => {
    const mute = [{ from: '00:00', to: '12:00', zone: 'Etc/UTC' }];
    const own = [{ from: '12:00', to: '24:00', zone: 'Etc/UTC' }];
    const [db, ...others] = TREE.routes!;
    const matching = compileRoutes([{ ...TREE, mute, routes: [{ ...db!, mute: own }, ...others] }]);
    const isMuted = (team: string, hour: number) =>
      matching(event({ env: 'prod', team }), Date.UTC(2026, 10, 26, hour)).map(({ route, muted = false }) => [
        route,
        muted,
      ]);
    expect(isMuted('web', 6)).toEqual([['web', true]]);
    expect(isMuted('web', 18)).toEqual([['web', false]]);
    expect(isMuted('db', 6)).toEqual([['db', false]]);
    expect(isMuted('db', 18)).toEqual([['db', true]]);
  });

  test('let the search go on after the tree when its top says so', () => {
    const routes = [{ ...TREE, continue: true }, REST];
    expect(heardBy(routes, { env: 'prod', team: 'db' })).toEqual(['db', 'rest']);
    expect(heardBy(routes, { env: 'prod' })).toEqual(['ops', 'rest']);
  });

  test('of a default route are asked when no other matched', () => {
    const other: Route = { id: 'a', order: 9, when: 'data.team == "db"', destinations: ['a'] };
    const routes = [{ ...TREE, default: true }, other];
    expect(heardBy(routes, { env: 'prod', team: 'db' })).toEqual(['a']);
    expect(heardBy(routes, { env: 'prod', team: 'web' })).toEqual(['web']);
  });

  test('count what they ask, and what is asked above them', () => {
    const inner = { id: 'in', match: { data: { b: [{ prefix: 'x' }, 'y'] } } };
    const outer: Route = {
      id: 'out',
      order: 1,
      match: { data: { a: [{ prefix: 'x' }, { suffix: 'y' }] } },
      destinations: ['d'],
      routes: [inner, { ...inner, id: 'also' }],
    };
    expect(testsOf([outer])).toEqual({ tests: 2 + 2 * (2 + 2), matchers: 2 + 2 * (2 + 1) });
  });

  test('are explained each before those within it', () => {
    const verdicts = explainRoutes([TREE, REST], event({ env: 'prod', team: 'web', audit: true }));
    expect(verdicts.map(({ route, within, verdict }) => [route, within, verdict])).toEqual([
      ['ops', undefined, 'passedOn'],
      ['db', ['ops'], 'notMatched'],
      ['audit', ['ops'], 'matched'],
      ['web', ['ops'], 'matched'],
      ['night', ['ops', 'web'], 'notMatched'],
      ['rest', undefined, 'notAsked'],
    ]);
    const [, inner] = explainRoutes([TREE], event({ env: 'test' }));
    expect(inner).toEqual({
      route: 'db',
      within: ['ops'],
      verdict: 'notAsked',
      because: 'route ops did not match',
    });
  });
});

const conditions = ['data.a == 1', 'data.b == 1', 'data.a > 1', 'data.c startsWith "x"', '!(data.b exists)'];

const subroutes = (levels: number): fc.Arbitrary<Subroute[]> => {
  const one = fc.record(
    {
      id: fc.constant(''),
      when: fc.constantFrom(...conditions),
      continue: fc.boolean(),
      destinations: fc.constantFrom(['d1'], ['d2', 'd3']),
      routes: levels > 1 ? subroutes(levels - 1) : fc.constant([]),
    },
    { requiredKeys: ['id'] },
  );
  return fc.array(one, { maxLength: 3 });
};

const trees = fc
  .array(
    fc.record(
      {
        id: fc.constant(''),
        order: fc.constant(1),
        when: fc.constantFrom(...conditions),
        continue: fc.boolean(),
        default: fc.boolean(),
        destinations: fc.constant(['d0']),
        routes: subroutes(3),
      },
      { requiredKeys: ['id', 'order', 'destinations'] },
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map(withIds);

/** Names every route of the trees. */
function withIds(routes: readonly Route[]): Route[] {
  let n = 0;
  const name = <R extends Subroute>(route: R): R =>
    Object.assign({}, route, { id: `r${n++}` }, route.routes && { routes: route.routes.map(name) });
  return routes.map(name);
}

const value = fc.constantFrom(undefined, 0, 1, 2, 'x1', 'y');
const subject = fc
  .record({ a: value, b: value, c: value })
  .map((data) =>
    event(Object.fromEntries(Object.entries(data).filter(([, one]) => one !== undefined)) as Event['data']),
  );

/** As Alertmanager does it: one route after the other, depth first. */
function byHand(routes: readonly Route[], about: Event): string[] {
  const among = (list: readonly Subroute[]): string[] => {
    const found: string[] = [];
    for (const route of list) {
      if (route.when !== undefined && !compileWhen(route.when)(about)) continue;
      const inner = among(route.routes ?? []);
      found.push(...(inner.length > 0 ? inner : [route.id]));
      if (!route.continue) break;
    }
    return found;
  };
  const ordinary = among(routes.filter((route) => !route.default));
  return ordinary.length > 0 ? ordinary : among(routes.filter((route) => route.default));
}

/** Without any `continue`. */
function sealed<R extends Subroute>(route: R): R {
  return Object.assign({}, route, { continue: false, routes: (route.routes ?? []).map(sealed) });
}

/** A route of a tree with all that is asked of its events. */
function alone({ route, wanted }: Branch): Route {
  const all = wanted.flatMap(({ when }) => (when === undefined ? [] : `(${when})`));
  const { routes: _, when: __, ...rest } = route;
  return { ...rest, ...(all.length > 0 && { when: all.join(' && ') }) };
}

describe('any tree', () => {
  test('is heard as if its routes were asked one after the other', () => {
    let within = 0;
    fc.assert(
      fc.property(trees, subject, (routes, about) => {
        const tops = new Set(routes.map(({ id }) => id));
        const ids = compileRoutes(routes)(about).map(({ route }) => route!);
        within += ids.filter((id) => !tops.has(id)).length;
        expect(ids).toEqual(byHand(routes, about));
      }),
      { numRuns: 500 },
    );
    expect(within).toBeGreaterThan(50);
  });

  test('in which nothing continues equals the flat list of its routes, each with what is wanted above it', () => {
    fc.assert(
      fc.property(trees, subject, (drawn, about) => {
        const routes = drawn.map(sealed);
        const flat = flattenRoutes(routes).map(alone);
        expect(compileRoutes(routes)(about)).toEqual(compileRoutes(flat)(about));
      }),
      { numRuns: 500 },
    );
  });

  test('is explained as it is heard', () => {
    fc.assert(
      fc.property(trees, subject, (routes, about) => {
        const verdicts = explainRoutes(routes, about);
        expect(verdicts.map(({ route }) => route).toSorted()).toEqual(
          routes.flatMap((route) => everyRoute(route).map((one) => one.route.id)).toSorted(),
        );
        const matched = verdicts.filter(({ verdict }) => verdict === 'matched');
        expect(matched.map(({ route }) => route)).toEqual(byHand(routes, about));
      }),
      { numRuns: 300 },
    );
  });
});
