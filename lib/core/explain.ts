import { mismatchOf, type Mismatch } from './pattern/mismatch.ts';
import { readPattern } from './pattern/read-pattern.ts';
import { type Wanted, conditionOf } from './wanted.ts';

/**
 * Why a pattern does not want an event: what failed first, in the order of writing. `undefined`: it does want it.
 * Throws `PatternError`, as `compilePattern` does.
 */
export function explainPattern(pattern: unknown, event: unknown): Mismatch | undefined {
  const formula = readPattern(pattern);
  return mismatchOf({ formula, pattern: formula }, event);
}

/** Why an event is not meant: by topics, by pattern or by expression, asked in this order. */
export function explainWanted(wanted: Wanted, event: unknown): Mismatch | undefined {
  return mismatchOf(conditionOf(wanted), event);
}
