import { MAX_TOPIC, TOPIC } from './event.ts';

/** A topic pattern: an exact topic, `*` for every topic, or `prefix.*` for everything below a prefix. */
export function isTopicPattern(text: string): boolean {
  if (text === '*') return true;
  const topic = text.endsWith('.*') ? text.slice(0, -2) : text;
  return text.length <= MAX_TOPIC && TOPIC.test(topic);
}

/** One test for a list of topic patterns: true when any of them fits. */
export function compileTopics(patterns: readonly string[]): (topic: string) => boolean {
  if (patterns.includes('*')) return () => true;
  const exact = new Set(patterns.filter((pattern) => !pattern.endsWith('.*')));
  const prefixes = patterns
    .filter((pattern) => pattern.endsWith('.*'))
    .map((pattern) => pattern.slice(0, -1));
  return (topic) => exact.has(topic) || prefixes.some((prefix) => topic.startsWith(prefix));
}
