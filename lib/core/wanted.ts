import type { Pattern } from './pattern.ts';
import type { Condition } from './pattern/condition.ts';
import { readPattern } from './pattern/read-pattern.ts';
import { readTopics } from './topic-formula.ts';
import { readWhen } from './when/read-when.ts';

/** Which events are meant. What is absent asks for nothing; what is there must all fit. */
export interface Wanted {
  /** Topic patterns: exact, `*` for everything, `prefix.*` for everything below a prefix. */
  readonly topics?: readonly string[];
  /** Event pattern over the event's members. */
  readonly match?: Pattern;
  /** Expression over the event's members. */
  readonly when?: string;
}

export function conditionOf({ topics, match, when }: Wanted): Condition {
  const pattern = match && readPattern(match);
  const parts = [
    ...(topics ? [readTopics(topics)] : []),
    ...(pattern ? [pattern] : []),
    ...(when === undefined ? [] : [readWhen(when)]),
  ];
  return { formula: { kind: 'all', of: parts }, ...(pattern && { pattern }) };
}
