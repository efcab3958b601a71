import { type Formula, type Matcher, newLeaf, type Scalar } from '../pattern/formula.ts';
import { exact, likeWildcard, startsWith } from '../pattern/matcher.ts';
import { within } from '../pattern/numeric.ts';
import { readWildcard } from '../pattern/wildcard.ts';
import type { Field } from './fields.ts';

export const COMPARISONS = [
  '==',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  'in',
  'contains',
  'startsWith',
  'matches',
] as const;
export type Comparison = (typeof COMPARISONS)[number];

export function isComparison(text: string): text is Comparison {
  return COMPARISONS.some((comparison) => comparison === text);
}

export interface Fault {
  readonly fault: string;
}

/** What one comparison asks; `values` are several for `in` only. `wants` is its text. */
export function compare(
  field: Field,
  comparison: Comparison,
  values: readonly Scalar[],
  wants: string,
): Formula | Fault {
  if (comparison === '!=') {
    const equal = compare(field, '==', values, wants);
    return 'fault' in equal ? equal : { kind: 'not', of: equal };
  }
  if (field.kind === 'words') return compareWords(field, comparison, values, wants);
  const matchers: Matcher[] = [];
  for (const value of values) {
    const matcher = matcherOf(comparison, value);
    if ('fault' in matcher) return matcher;
    matchers.push(matcher);
  }
  return newLeaf({ path: field.path, wants }, matchers);
}

/** Whether the event has a value there. */
export function exists(field: Field, wants: string): Formula {
  if (field.kind === 'words') return field.among(field.words, wants);
  return newLeaf({ path: field.path, wants }, [{ test: () => true, hint: { by: 'presence' } }]);
}

function matcherOf(comparison: Exclude<Comparison, '!='>, value: Scalar): Matcher | Fault {
  if (comparison === '==' || comparison === 'in') return exact(value);
  if (isOrder(comparison)) {
    if (typeof value !== 'number') return { fault: `${comparison} takes a number here` };
    const bound = { value, open: comparison.length === 1 };
    return within(comparison.startsWith('<') ? { high: bound } : { low: bound });
  }
  if (typeof value !== 'string')
    return comparison === 'contains' ? exact(value) : { fault: `${comparison} takes a text` };
  if (comparison === 'startsWith') return startsWith(value);
  if (comparison === 'contains') return likeWildcard(['', value, '']);
  const pieces = readWildcard(value);
  return 'fault' in pieces ? pieces : likeWildcard(pieces);
}

function compareWords(
  { words, ranked, among }: Extract<Field, { kind: 'words' }>,
  comparison: Exclude<Comparison, '!='>,
  values: readonly Scalar[],
  wants: string,
): Formula | Fault {
  const places = values.map((value) => words.findIndex((word) => word === value));
  if (places.includes(-1)) return { fault: `write one of ${words.map((word) => `"${word}"`).join(', ')}` };
  const equal = comparison === '==' || comparison === 'in';
  if (!equal && !(ranked && isOrder(comparison)))
    return {
      fault: `write ==, !=${ranked ? ', <, <=, >, >=' : ''} or in: this field has one of a few words`,
    };
  const [place = 0] = places;
  const least = comparison.length === 1 ? 1 : 0;
  const fits = (index: number): boolean =>
    equal ? places.includes(index) : (comparison.startsWith('>') ? index - place : place - index) >= least;
  return among(
    words.filter((_, index) => fits(index)),
    wants,
  );
}

function isOrder(comparison: Comparison): comparison is '<' | '<=' | '>' | '>=' {
  return comparison.startsWith('<') || comparison.startsWith('>');
}
