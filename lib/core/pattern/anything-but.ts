import { isObject } from '../is-object.ts';
import { equalsCaseless } from './caseless.ts';
import type { Scalar } from './formula.ts';
import { isFinite } from './numeric.ts';
import { PatternError, type PatternPath } from './pattern-error.ts';
import { compileWildcard, readWildcard } from './wildcard.ts';

type TextTest = (text: string) => boolean;

const RULE =
  'anything-but takes texts or numbers, or one of prefix, suffix, equals-ignore-case, wildcard with one or several texts';

/** Makes the test of one text; `path` for errors. */
const TEXT_TESTS: Readonly<Record<string, (text: string, path: PatternPath) => TextTest>> = {
  prefix: (text, path) => {
    const prefix = filled(text, path);
    return (leaf) => leaf.startsWith(prefix);
  },
  suffix: (text, path) => {
    const suffix = filled(text, path);
    return (leaf) => leaf.endsWith(suffix);
  },
  'equals-ignore-case': equalsCaseless,
  wildcard: (text, path) => {
    const pieces = readWildcard(text);
    if ('fault' in pieces) throw new PatternError(path, pieces.fault);
    return compileWildcard(pieces);
  },
};

/** Everything but what is named: values of another type pass, and a missing member does not. */
export function anythingBut(operand: unknown, path: PatternPath): (leaf: Scalar) => boolean {
  if (!isObject(operand)) {
    const excluded = new Set<unknown>(valuesOf(operand, path));
    return (leaf) => !excluded.has(leaf);
  }
  const [[operator, inner] = ['', undefined], ...more] = Object.entries(operand);
  const testOf = Object.hasOwn(TEXT_TESTS, operator) ? TEXT_TESTS[operator] : undefined;
  if (!testOf || more.length > 0) throw new PatternError(path, RULE);
  const tests = valuesOf(inner, path).map((text) => {
    if (typeof text !== 'string') throw new PatternError(path, `anything-but ${operator} takes texts`);
    return testOf(text, path);
  });
  return (leaf) => typeof leaf !== 'string' || !tests.some((test) => test(leaf));
}

/** One value or a list of them, all texts or all numbers. */
function valuesOf(operand: unknown, path: PatternPath): readonly (string | number)[] {
  const values: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
  if (values.length === 0)
    throw new PatternError(path, 'an empty list excludes nothing; give at least one value');
  if (values.every((value) => typeof value === 'string')) return values;
  if (values.every(isFinite)) return values;
  throw new PatternError(path, RULE);
}

function filled(text: string, path: PatternPath): string {
  if (text !== '') return text;
  throw new PatternError(path, 'an empty text would exclude every text');
}
