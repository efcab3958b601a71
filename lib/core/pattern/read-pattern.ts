import { isObject } from '../is-object.ts';
import { combinationsOf, type Formula, type Leaf, newLeaf } from './formula.ts';
import { OPERATORS, readMatcher } from './matcher.ts';
import { PatternError, type PatternPath } from './pattern-error.ts';

/** Ways to choose the branches of all `$or`, as in EventBridge. */
const MAX_COMBINATIONS = 1_000;
/** Steps to a leaf. */
const MAX_DEPTH = 100;
/** Members and indexes on the way to a leaf, `$or` included. */
const MAX_NESTING = 200;
/** Entries of all lists together. */
const MAX_MATCHERS = 10_000;

const WORDS_OF_NUMERIC = ['=', '<', '<=', '>', '>='];
/** What the reference keeps free for operators to come. */
const LATER =
  `regex not-wildcard not-equals-ignore-case date-after date-on-or-after date-before date-on-or-before
  in-date-range ip-address-in-range ip-address-not-in-range`.split(/\s+/);

/** Names that no field may have inside `$or`. */
const RESERVED: ReadonlySet<string> = new Set([...OPERATORS, ...WORDS_OF_NUMERIC, ...LATER]);

/** Where in the pattern the reader is. */
interface Place {
  /** Members and indexes as they are written, for errors. */
  readonly path: PatternPath;
  /** Steps into the event. */
  readonly steps: readonly string[];
  readonly insideOr: boolean;
  /** Paths that this branch has named. */
  readonly named: Set<string>;
}

/** Takes a pattern apart. Throws `PatternError` for everything the language refuses, and for what is too large. */
export function readPattern(pattern: unknown): Formula {
  let matchers = 0;
  const formula = readObject(pattern, { path: [], steps: [], insideOr: false, named: new Set() });
  if (combinationsOf(formula) > MAX_COMBINATIONS)
    throw new PatternError([], `$or may be combined in at most ${MAX_COMBINATIONS} ways`);
  return formula;

  function readObject(value: unknown, place: Place): Formula {
    const { path, steps, insideOr } = place;
    if (path.length > MAX_NESTING) throw new PatternError(path.slice(0, 3), 'this is nested too deeply');
    if (!isObject(value)) throw new PatternError(path, 'write an object of fields or a list of values here');
    const entries = Object.entries(value);
    if (entries.length === 0)
      throw new PatternError(path, 'an empty object matches nothing; name a field or leave it out');
    const parts = entries.map(([name, inner]): Formula => {
      const here = [...path, name];
      if (name === '$or') return readOr(inner, { ...place, path: here });
      if (insideOr && RESERVED.has(name))
        throw new PatternError(here, 'inside $or a field cannot be named like an operator');
      const below = { ...place, path: here, steps: [...steps, ...name.split('.')] };
      if (below.steps.length > MAX_DEPTH)
        throw new PatternError(path, `a field lies at most ${MAX_DEPTH} steps deep`);
      return Array.isArray(inner) ? readLeaf(inner, below) : readObject(inner, below);
    });
    return parts.length === 1 ? parts[0]! : { kind: 'all', of: parts };
  }

  function readOr(value: unknown, place: Place): Formula {
    const { path } = place;
    if (!Array.isArray(value) || value.length < 2)
      throw new PatternError(path, '$or takes a list of at least two objects');
    const branches = value.map((branch, index) =>
      readObject(branch, { ...place, path: [...path, index], insideOr: true, named: new Set() }),
    );
    return { kind: 'any', of: branches };
  }

  function readLeaf(list: readonly unknown[], { path, steps, named }: Place): Leaf {
    const name = steps.join('.');
    if (named.has(name)) throw new PatternError(path, 'this field is named twice');
    named.add(name);
    if (list.length === 0)
      throw new PatternError(path, 'an empty list matches nothing; give at least one value');
    matchers += list.length;
    if (matchers > MAX_MATCHERS) throw new PatternError(path, `a pattern has at most ${MAX_MATCHERS} values`);
    const mayBeAbsent = list.some((matcher) => isObject(matcher) && matcher['exists'] === false);
    return newLeaf(
      { path: steps, wants: list, mayBeAbsent },
      list.map((matcher, index) => readMatcher(matcher, [...path, index])),
    );
  }
}
