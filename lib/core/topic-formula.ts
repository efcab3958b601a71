import { type Formula, newLeaf } from './pattern/formula.ts';
import { exact, startsWith } from './pattern/matcher.ts';

/** What a list of topic patterns asks of an event: that any of them fits its topic. */
export function readTopics(patterns: readonly string[]): Formula {
  const matchers = patterns.map((pattern) => {
    if (pattern === '*') return startsWith('');
    return pattern.endsWith('.*') ? startsWith(pattern.slice(0, -1)) : exact(pattern);
  });
  return newLeaf({ path: ['topic'], wants: patterns }, matchers);
}
