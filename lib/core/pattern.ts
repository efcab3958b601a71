import { isObject } from './is-object.ts';

/**
 * Event patterns, the part of the EventBridge language that routes use today: exact values, `prefix`,
 * `anything-but`, `exists`. Semantics follow the reference implementation: a leaf of the event matches when
 * any matcher of the list does; an array in the event matches when any element does.
 */
export type Matcher =
  | string
  | number
  | boolean
  | null
  | { readonly prefix: string }
  | { readonly exists: boolean }
  | { readonly 'anything-but': string | number | readonly (string | number)[] };

export interface Pattern {
  readonly [field: string]: readonly Matcher[] | Pattern;
}

export type Predicate = (event: unknown) => boolean;

/** A pattern that cannot be used; `path` leads to the place, member by member. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
  readonly path: readonly (string | number)[];

  constructor(path: readonly (string | number)[], message: string) {
    super(message);
    this.path = path;
  }
}

/** A field of the pattern after `a.b` was taken apart: what its leaves must be, and what lies below it. */
interface Node {
  readonly fields: Map<string, Node>;
  test?: (leaf: unknown) => boolean;
  mayBeAbsent: boolean;
}

type Path = readonly (string | number)[];

const OPERATORS = 'exact values, prefix, anything-but or exists';

/**
 * Compiles a pattern. Throws `PatternError` for everything the language refuses. Matching costs one visit
 * of the named members of the event; all fields below an array must match in the same element.
 */
export function compilePattern(pattern: unknown): Predicate {
  const root = newNode();
  addFields(root, pattern, []);
  return (event) => matches(root, event);
}

function newNode(): Node {
  return { fields: new Map(), mayBeAbsent: false };
}

function addFields(node: Node, pattern: unknown, path: Path): void {
  if (!isObject(pattern)) throw new PatternError(path, 'write an object of fields or a list of values here');
  const entries = Object.entries(pattern);
  if (entries.length === 0)
    throw new PatternError(path, 'an empty object matches nothing; name a field or leave it out');
  for (const [name, value] of entries) {
    const here = [...path, name];
    if (name === '$or') throw new PatternError(here, '$or is not supported; write one route for each case');
    const child = descend(node, name);
    if (Array.isArray(value)) addMatchers(child, value, here);
    else addFields(child, value, here);
  }
}

/** `{"a.b": ...}` equals `{"a": {"b": ...}}`. */
function descend(node: Node, name: string): Node {
  let at = node;
  for (const segment of name.split('.')) {
    const next = at.fields.get(segment) ?? newNode();
    at.fields.set(segment, next);
    at = next;
  }
  return at;
}

function addMatchers(node: Node, list: readonly unknown[], path: Path): void {
  if (node.test) throw new PatternError(path, 'this field is named twice');
  if (list.length === 0)
    throw new PatternError(path, 'an empty list matches nothing; give at least one value');
  const tests = list.map((matcher, index) => compileMatcher(matcher, [...path, index]));
  node.test = (leaf) => tests.some((test) => test(leaf));
  node.mayBeAbsent = list.some((matcher) => isObject(matcher) && matcher['exists'] === false);
}

function compileMatcher(matcher: unknown, path: Path): (leaf: unknown) => boolean {
  if (isScalar(matcher)) return (leaf) => leaf === matcher;
  if (!isObject(matcher)) throw new PatternError(path, `a list holds ${OPERATORS}, no lists`);
  const [[operator, operand] = ['', undefined], ...more] = Object.entries(matcher);
  if (operator === '' || more.length > 0)
    throw new PatternError(path, `write exactly one operator: ${OPERATORS}`);
  switch (operator) {
    case 'prefix':
      if (typeof operand !== 'string') throw new PatternError(path, 'prefix takes a text');
      return (leaf) => typeof leaf === 'string' && leaf.startsWith(operand);
    case 'exists':
      if (typeof operand !== 'boolean') throw new PatternError(path, 'exists takes true or false');
      return () => operand;
    case 'anything-but': {
      const excluded = excludedValues(operand, path);
      return (leaf) => !excluded.has(leaf);
    }
    default:
      throw new PatternError(path, `the operator "${operator.slice(0, 64)}" is not known; use ${OPERATORS}`);
  }
}

function excludedValues(operand: unknown, path: Path): ReadonlySet<unknown> {
  const values: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
  const kinds = new Set(values.map((value) => typeof value));
  const [kind] = kinds;
  if (kinds.size !== 1 || (kind !== 'string' && kind !== 'number')) {
    throw new PatternError(path, 'anything-but takes a text, a number, or a list of one of the two');
  }
  return new Set(values);
}

function matches(node: Node, value: unknown): boolean {
  if (node.test && !leafMatches(node, node.test, value)) return false;
  if (node.fields.size === 0) return true;
  const elements = Array.isArray(value) ? value.flat(Infinity) : [value];
  return (elements.length > 0 ? elements : [undefined]).some((element) =>
    [...node.fields].every(([name, child]) => matches(child, member(element, name))),
  );
}

/** Only leaves exist: texts, numbers, booleans and null, alone or in (nested) arrays. */
function leafMatches(node: Node, test: (leaf: unknown) => boolean, value: unknown): boolean {
  const values: unknown[] = Array.isArray(value) ? value.flat(Infinity) : [value];
  const leaves = values.filter(isScalar);
  return leaves.length > 0 ? leaves.some(test) : node.mayBeAbsent;
}

/** A member of the event by one segment of a path; an event may spell `a.b` in one name as well. */
function member(value: unknown, name: string): unknown {
  if (!isObject(value)) return undefined;
  const own = Object.hasOwn(value, name) ? value[name] : undefined;
  const dotted = Object.entries(value).filter(([key]) => key.startsWith(`${name}.`));
  if (dotted.length === 0) return own;
  const below = dotted.map(([key, inner]) => [key.slice(name.length + 1), inner] as const);
  return Object.fromEntries([...(isObject(own) ? Object.entries(own) : []), ...below]);
}

function isScalar(value: unknown): boolean {
  return (
    value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  );
}
