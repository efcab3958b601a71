import { describe, expect, test } from 'vitest';
import { compilePattern } from '../../lib/core/pattern.ts';
import { OPERATORS } from '../../lib/core/pattern/matcher.ts';
import { compileTopics, isTopicPattern } from '../../lib/core/topic.ts';
import { readDocument } from '../docs.ts';
import { rowsBelow } from './table.ts';

const routing = readDocument('docs/routing.md');

describe('the page about routing', () => {
  test.each(rowsBelow(routing, 'Topic patterns'))('%s and %s: matches, %s', (pattern, topic, matches) => {
    expect(isTopicPattern(pattern)).toBe(true);
    expect(compileTopics([pattern])(topic)).toBe(matches === 'yes');
  });

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
});
