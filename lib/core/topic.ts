import type { Topic } from './catalog.ts';
import { MAX_TOPIC, TOPIC } from './event.ts';

/** A topic pattern: an exact topic, `*` for every topic, or `prefix.*` for everything below a prefix. */
export function isTopicPattern(text: string): boolean {
  if (text === '*') return true;
  const topic = text.endsWith('.*') ? text.slice(0, -2) : text;
  return text.length <= MAX_TOPIC && TOPIC.test(topic);
}

/** The entry that decides for a topic: the one with the closest pattern. */
export function closestEntry<T extends Pick<Topic, 'topics'>>(
  entries: readonly T[],
): (topic: string) => T | undefined {
  const byPattern = new Map(
    entries.flatMap((entry) => entry.topics.map((pattern) => [pattern, entry] as const)),
  );
  return (topic) => {
    if (byPattern.size === 0) return undefined;
    const pattern = patternsFor(topic).find((one) => byPattern.has(one));
    return pattern === undefined ? undefined : byPattern.get(pattern);
  };
}

/** The patterns that fit a topic, the closest first: `a.b.c`, `a.b.*`, `a.*`, `*`. */
function patternsFor(topic: string): string[] {
  const segments = topic.split('.');
  const prefixes = segments.slice(1).map((_, index) => `${segments.slice(0, index + 1).join('.')}.*`);
  return [topic, ...prefixes.toReversed(), '*'];
}
