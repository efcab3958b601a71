import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Route } from '../../lib/core/catalog.ts';
import type { Event } from '../../lib/core/event.ts';
import { compilePattern, compileRoutes } from '../../lib/core/pattern.ts';
import { indexFormulas } from '../../lib/core/pattern/formula-index.ts';
import { Layout } from '../../lib/core/pattern/layout.ts';
import { Marks } from '../../lib/core/pattern/marks.ts';
import { RangeTable } from '../../lib/core/pattern/range-table.ts';
import { readPattern } from '../../lib/core/pattern/read-pattern.ts';
import { compileWhen } from '../../lib/core/when.ts';
import { events, patterns } from './pattern/arbitraries.ts';

const BASE: Event = { id: 'e', topic: 'a.b', time: '2026-11-21T10:00:00.000Z', lane: 'normal', data: {} };

const when = fc.constantFrom(
  'severity >= "error"',
  'priority == "medium" || topic startsWith "a."',
  '!(severity exists)',
  'data.a > 0 && data.b != "x"',
  'data.a in ("x", 1, null)',
  'data.b contains "x" || data.a matches "x*"',
  'severity < "debug"',
);

const route: fc.Arbitrary<Omit<Route, 'id' | 'order'>> = fc.record(
  {
    topics: fc.array(fc.constantFrom('*', 'a.*', 'a.b', 'c'), { minLength: 1, maxLength: 2 }),
    match: fc.oneof(
      patterns,
      patterns.map((data) => ({ data })),
    ),
    when,
    destinations: fc.constant(['d']),
    continue: fc.constantFrom(true, true, true, false),
    default: fc.boolean(),
  },
  { requiredKeys: ['destinations'] },
);

const event = fc
  .tuple(events, events, fc.constantFrom('a.b', 'a', 'a.c', 'c'), fc.constantFrom(undefined, 'error', 'info'))
  .map(
    ([more, data, topic, severity]) =>
      Object.assign({}, more, BASE, { topic, data }, severity && { severity }) as Event,
  );

/** One route after the other, and no index. */
function byHand(routes: readonly Route[], subject: Event): string[] {
  const search = (among: readonly Route[]): string[] => {
    const found: string[] = [];
    for (const one of among) {
      if (!wants(one, subject)) continue;
      found.push(one.id);
      if (!one.continue) break;
    }
    return found;
  };
  const ordinary = search(routes.filter((one) => !one.default));
  return ordinary.length > 0 ? ordinary : search(routes.filter((one) => one.default));
}

function wants({ topics, match, when: expression }: Route, subject: Event): boolean {
  const onTopic = topics?.some((pattern) => {
    if (pattern === '*') return true;
    return pattern.endsWith('.*')
      ? subject.topic.startsWith(pattern.slice(0, -1))
      : subject.topic === pattern;
  });
  return (
    onTopic !== false &&
    (!match || compilePattern(match)(subject)) &&
    (expression === undefined || compileWhen(expression)(subject))
  );
}

/** Matchers that differ by a number, each with a value that only it accepts and one that it does not. */
const OPERATORS: ((n: number) => readonly [matcher: unknown, hit: unknown, miss: unknown])[] = [
  (n) => [`v${n}`, `v${n}`, `w${n}`],
  (n) => [n, n, `${n}`],
  (n) => [{ prefix: `p${n}-` }, `p${n}-x`, `p${n}`],
  (n) => [{ suffix: `-s${n}` }, `x-s${n}`, `s${n}`],
  (n) => [{ 'equals-ignore-case': `Name${n}` }, `nAME${n}`, `Nam${n}`],
  (n) => [{ 'equals-ignore-case': `Größe${n}` }, `GRÖSSE${n}`, `grosse${n}`],
  (n) => [{ wildcard: `w${n}-*-z` }, `w${n}-x-z`, `w${n}-x`],
  (n) => [{ wildcard: `*-w${n}` }, `x-w${n}`, `x-w${n}x`],
  (n) => [{ numeric: ['>=', n, '<', n + 1] }, n + 0.5, n - 0.5],
  (n) => [{ cidr: `10.${n >> 8}.${n & 255}.0/24` }, `10.${n >> 8}.${n & 255}.7`, `11.${n >> 8}.0.0`],
];

describe('many routes', () => {
  test('match together what each matches alone', () => {
    let found = 0;
    fc.assert(
      fc.property(
        fc.array(route, { minLength: 10, maxLength: 40 }),
        fc.array(event, { minLength: 1, maxLength: 4 }),
        (list, subjects) => {
          const routes = list.map((one, index): Route =>
            Object.assign({ id: `r${index}`, order: index }, one),
          );
          const matching = compileRoutes(routes);
          for (const subject of subjects) {
            const ids = matching(subject).map(({ route: id }) => id);
            found += ids.length;
            expect(ids).toEqual(byHand(routes, subject));
          }
        },
      ),
      { numRuns: 100 },
    );
    expect(found).toBeGreaterThan(50);
  });

  test('of one kind are told apart by any operator', () => {
    for (const operator of OPERATORS) {
      const count = 300;
      const routes = Array.from({ length: count }, (_, n): Route => ({
        id: `r${n}`,
        order: n,
        match: { data: { x: [operator(n)[0]] } },
        destinations: [`d${n}`],
      }));
      const matching = compileRoutes(routes);
      for (const n of [0, 31, 32, 63, 64, 150, 299]) {
        const [, hit, miss] = operator(n);
        expect(matching({ ...BASE, data: { x: hit } }).map(({ route: id }) => id)).toEqual([`r${n}`]);
        expect(matching({ ...BASE, data: { x: miss } }).map(({ route: id }) => id)).not.toContain(`r${n}`);
      }
    }
  });

  test('leave nothing of an event that threw midway to the next one', () => {
    const together = { data: { items: { a: [1], b: [2] } } };
    const matching = compileRoutes([
      { id: 'r0', order: 0, match: together, destinations: ['d0'], continue: true },
      { id: 'r1', order: 1, match: { data: { x: ['v'] } }, destinations: ['d1'] },
    ]);
    const reads = [1];
    const broken = {
      b: 3,
      get a() {
        const read = reads.pop();
        if (read === undefined) throw new RangeError('read twice');
        return read;
      },
    };
    const data = { x: 'v', items: [broken, { a: 4, b: 2 }] };
    expect(() => matching({ ...BASE, data })).toThrow(RangeError);
    expect(matching(BASE)).toEqual([]);
  });

  test('are found by any branch of $or, also by one that asks for absence', () => {
    const routes = Array.from({ length: 100 }, (_, n): Route => ({
      id: `r${n}`,
      order: n,
      match: { $or: [{ source: [`s${n}`] }, { subject: [`t${n}`], topic: ['a.b'] }] },
      destinations: [`d${n}`],
      continue: true,
    }));
    const absent = [{ data: { x: [1] } }, { dedupeKey: [{ exists: false }], source: [{ prefix: '' }] }];
    const last: Route = { id: 'absent', order: 100, match: { $or: absent }, destinations: ['d'] };
    const matching = compileRoutes([...routes, last]);
    const ids = (more: Partial<Event>) => matching({ ...BASE, ...more }).map(({ route: id }) => id);
    expect(ids({ source: 's7', dedupeKey: 'k' })).toEqual(['r7']);
    expect(ids({ subject: 't7', dedupeKey: 'k' })).toEqual(['r7']);
    expect(ids({ source: 's7', subject: 't9', dedupeKey: 'k' })).toEqual(['r7', 'r9']);
    expect(ids({ source: 's7' })).toEqual(['r7', 'absent']);
    expect(ids({ dedupeKey: 'k', data: { x: 1 } })).toEqual(['absent']);
  });

  test('leave an event to those that its values lead to', () => {
    for (const operator of OPERATORS) {
      const all = Array.from({ length: 300 }, (_, n) => ({ topic: ['a.b'], data: { x: [operator(n)[0]] } }));
      const layout = new Layout();
      const candidates = indexFormulas(
        all.map((pattern) => readPattern(pattern)),
        layout,
      );
      const met = [149, 150].map((n) => {
        const subject = { ...BASE, data: { x: operator(n)[1] } };
        return layout.ask(subject, (facts) => positionsIn(candidates(facts)).length);
      });
      // What is said of letters beyond ASCII is not filed by its text.
      const each = JSON.stringify(all[0]).includes('ö') ? 300 : 1;
      expect(met).toEqual([each, each]);
    }
  });

  test('are found in their order, and the first that matches ends the search', () => {
    const routes = Array.from({ length: 200 }, (_, n): Route => ({
      id: `r${n}`,
      order: n,
      match: { data: { x: [{ prefix: 'v'.repeat(1 + ((n * 37) % 50)) }] } },
      destinations: [`d${n}`],
      continue: n < 150,
    }));
    const found = compileRoutes(routes)({ ...BASE, data: { x: 'v'.repeat(50) } }).map(({ route: id }) => id);
    expect(found).toEqual(routes.slice(0, 151).map(({ id }) => id));
  });
});

test('a table of ranges finds what holds a number', () => {
  const range = fc.tuple(fc.integer({ min: -20, max: 20 }), fc.nat(15));
  fc.assert(
    fc.property(fc.array(range), fc.integer({ min: -25, max: 40 }), (pairs, value) => {
      const ranges = pairs.map(([low, length], position) => ({ low, high: low + length, position }));
      const marks = new Marks(ranges.length);
      new RangeTable(ranges).mark(value, marks);
      const expected = ranges.filter(({ low, high }) => low <= value && value <= high);
      expect(positionsIn(marks)).toEqual(expected.map(({ position }) => position));
    }),
  );
});

function positionsIn(marks: Marks): number[] {
  const positions: number[] = [];
  for (let position = marks.take(); position >= 0; position = marks.take()) positions.push(position);
  return positions;
}
