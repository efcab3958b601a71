import * as fc from 'fast-check';

/** Few names and values, so that patterns and events often meet. */
const name = fc.constantFrom('a', 'b', 'c', 'a.b', 'b.c');
const text = fc.constantFrom('', 'x', 'y', 'xy', 'yx', 'XY', 'xyx');
const number = fc.constantFrom(-1, 0, 1, 2);
export const scalar = fc.oneof(text, number, fc.boolean(), fc.constant(null));

const few = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: 1, maxLength: 3 });

const matcher: fc.Arbitrary<unknown> = fc.oneof(
  { arbitrary: scalar, weight: 4 },
  fc.record({ prefix: text }),
  fc.record({ suffix: text }),
  fc.record({ 'equals-ignore-case': text }),
  fc.record({ wildcard: fc.constantFrom('*', 'x*', '*x', 'x*x', 'y', '*y*') }),
  fc.record({ numeric: fc.constantFrom(['=', 0], ['>', 0], ['<=', 1], ['>=', 0, '<', 2]) }),
  fc.record({ exists: fc.boolean() }),
  fc.record({
    'anything-but': fc.oneof(
      text,
      few(text),
      number,
      few(number),
      fc.record({ prefix: fc.constantFrom('x', 'y') }),
      fc.record({ 'equals-ignore-case': few(text) }),
      fc.record({ wildcard: fc.constant('*x*') }),
    ),
  }),
);

export const matchers = few(matcher);

/** Events with objects in arrays, arrays in arrays, and names with dots. */
export const events = fc.letrec<{ value: unknown; object: Record<string, unknown> }>((tie) => ({
  object: fc.dictionary(name, tie('value'), { maxKeys: 4 }),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
})).object;

/** Patterns, some of which name a path twice. */
const anyPattern = fc.letrec<{ fields: Record<string, unknown>; object: Record<string, unknown> }>((tie) => ({
  fields: fc.dictionary(name, fc.oneof({ depthSize: 'small' }, matchers, tie('object')), {
    minKeys: 1,
    maxKeys: 3,
  }),
  object: fc.oneof(
    { arbitrary: tie('fields'), weight: 3 },
    fc
      .tuple(tie('fields'), fc.array(tie('object'), { minLength: 2, maxLength: 3 }))
      .map(([fields, $or]) => Object.assign({}, fields, { $or })),
  ),
})).object;

/** Patterns that name each path once, in all branches together. */
export const patterns = anyPattern.filter((pattern) => {
  const paths = pathsOf(pattern, '');
  return new Set(paths).size === paths.length && paths.length <= 6;
});

function pathsOf(pattern: object, prefix: string): string[] {
  return Object.entries(pattern).flatMap(([key, inner]) => {
    if (key === '$or') return (inner as object[]).flatMap((branch) => pathsOf(branch, prefix));
    return Array.isArray(inner) ? [prefix + key] : pathsOf(inner as object, `${prefix}${key}.`);
  });
}
