import type { AddressRange } from '../address.ts';

/** What a leaf of an event can be. Objects and arrays are no leaves, the elements of an array are. */
export type Scalar = string | number | boolean | null;

/** One test of a value, with what an index can use to find it again. */
export interface Matcher {
  readonly test: (leaf: Scalar) => boolean;
  readonly hint: Hint;
}

/** What every value that passes a test has in common; `presence`: nothing but being there. */
export type Hint =
  | { readonly by: 'value'; readonly value: Scalar }
  | { readonly by: 'prefix' | 'suffix'; readonly text: string }
  /** Equal to this text, when both are in lower case. */
  | { readonly by: 'caseless'; readonly text: string }
  | { readonly by: 'network'; readonly range: AddressRange }
  | { readonly by: 'range'; readonly low: number; readonly high: number }
  | { readonly by: 'presence' };

/** What is asked of one member of an event: that any of its values passes any of the tests. */
export interface Leaf {
  readonly kind: 'leaf';
  readonly path: readonly string[];
  readonly accepts: (value: Scalar) => boolean;
  readonly hints: readonly Hint[];
  /** Also satisfied when the event has no value there. */
  readonly mayBeAbsent: boolean;
  /** The question as it was written, for people. */
  readonly wants: unknown;
}

/** Patterns and `when` expressions, taken apart: the one form that is evaluated, indexed and explained. */
export type Formula =
  | { readonly kind: 'all' | 'any'; readonly of: readonly Formula[] }
  | { readonly kind: 'not'; readonly of: Formula }
  | Leaf;

/** Joins the tests of a leaf; many values cost one look-up. */
export function newLeaf(
  { path, wants, mayBeAbsent = false }: { path: readonly string[]; wants: unknown; mayBeAbsent?: boolean },
  matchers: readonly Matcher[],
): Leaf {
  const values = new Set<Scalar>();
  const tests: Matcher['test'][] = [];
  for (const { hint, test } of matchers) {
    if (hint.by === 'value') values.add(hint.value);
    else tests.push(test);
  }
  const [only] = matchers;
  const accepts =
    only && matchers.length === 1
      ? only.test
      : (value: Scalar): boolean => values.has(value) || tests.some((test) => test(value));
  return { kind: 'leaf', path, accepts, hints: matchers.map(({ hint }) => hint), mayBeAbsent, wants };
}

export function isScalar(value: unknown): value is Scalar {
  return (
    value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  );
}

/** Every leaf of a formula, in the order of writing. */
export function leavesOf(formula: Formula): Leaf[] {
  if (formula.kind === 'leaf') return [formula];
  return formula.kind === 'not' ? leavesOf(formula.of) : formula.of.flatMap(leavesOf);
}

/** In how many ways the branches of a formula can be chosen. */
export function combinationsOf(formula: Formula): number {
  if (formula.kind === 'leaf' || formula.kind === 'not') return 1;
  const counts = formula.of.map(combinationsOf);
  return formula.kind === 'all'
    ? counts.reduce((product, count) => product * count, 1)
    : counts.reduce((sum, count) => sum + count, 0);
}
