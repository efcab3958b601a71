import { describe, expect, test } from 'vitest';
import { compilePattern } from '../../lib/core/pattern.ts';
import { OPERATORS } from '../../lib/core/pattern/matcher.ts';
import { compileRoutes } from '../../lib/core/route.ts';
import { isTopicPattern } from '../../lib/core/topic.ts';
import { compileWhen } from '../../lib/core/when.ts';
import { COMPARISONS } from '../../lib/core/when/comparisons.ts';
import { ALIASES, FIELDS } from '../../lib/core/when/fields.ts';
import { readDocument } from '../docs.ts';
import { rowsBelow } from './table.ts';

const routing = readDocument('docs/routing.md');

describe('the page about routing', () => {
  test.each(rowsBelow(routing, 'Topic patterns'))(
    '%s and %s: matches, %s',
    (pattern = '', topic = '', matches = '') => {
      expect(isTopicPattern(pattern)).toBe(true);
      const matching = compileRoutes([{ id: 'r', order: 1, topics: [pattern], destinations: ['d'] }]);
      const event = { id: 'e', topic, time: '2026-11-21T10:00:00.000Z', lane: 'normal', data: {} } as const;
      expect(matching(event).length > 0).toBe(matches === 'yes');
    },
  );

  test.each(
    ['Values', 'Operators by example', 'Arrays', 'One of several'].flatMap((heading) =>
      rowsBelow(routing, heading),
    ),
  )('%s and %s: matches, %s', (pattern = '', event = '', matches) => {
    expect(compilePattern(JSON.parse(pattern))(JSON.parse(event))).toBe(matches === 'yes');
  });

  test('lists every operator, and shows each', () => {
    expect(rowsBelow(routing, 'Operators').map(([operator]) => operator)).toEqual(
      expect.arrayContaining([...OPERATORS]),
    );
    const shown = rowsBelow(routing, 'Operators by example')
      .map(([pattern]) => pattern)
      .join();
    expect(
      OPERATORS.filter((operator) => operator !== 'exactly' && !shown.includes(`"${operator}"`)),
    ).toEqual([]);
  });

  test.each(rowsBelow(routing, 'What is refused'))('%s is refused at %s', (pattern, place) => {
    const message = expect.stringContaining(`${place}: `);
    expect(() => compilePattern(JSON.parse(pattern))).toThrow(expect.objectContaining({ message }));
  });

  test.each(rowsBelow(routing, 'Expressions'))('%s of %s: %s', (when = '', event = '', matches = '') => {
    expect(compileWhen(when)(JSON.parse(event))).toBe(matches === 'yes');
  });

  test('lists every comparison and every field', () => {
    const firsts = (heading: string): string[] =>
      rowsBelow(routing, heading).flatMap(([cell = '']) => cell.split(', '));
    expect(new Set(firsts('Comparisons'))).toEqual(new Set([...COMPARISONS, 'exists']));
    expect(new Set(firsts('Fields'))).toEqual(new Set(FIELDS));
    const meant = Object.values(ALIASES).map((path) => path.join('.'));
    for (const path of meant) expect(routing).toContain(`\`${path}\``);
  });

  const [, answers = ''] = routing.split('what was expected there:');
  test.each(rowsBelow(`## answers\n${answers}`, 'answers'))(
    '%s is answered: %s',
    (when = '', answer = '') => {
      const message = expect.stringContaining(answer);
      expect(() => compileWhen(when)).toThrow(expect.objectContaining({ message }));
    },
  );
});
