import { compilePattern } from '../../../lib/core/pattern.ts';

/*
 * The semantics of patterns the slow way, as the reference explains them: an event is a list of values with their
 * path and their place in each array; a pattern is a list of alternatives, each a list of fields; a field finds
 * a value, and all values found agree on the places in the arrays they share. Single values are judged by the
 * product: their tables say what they must be.
 */

type Places = ReadonlyMap<number, number>;
interface Value {
  readonly path: string;
  readonly value: unknown;
  readonly places: Places;
}
interface Field {
  readonly path: string;
  readonly matchers: readonly unknown[];
}

/** Whether the event is what the pattern wants; only for patterns without a path that stands twice. */
export function wants(pattern: object, event: object): boolean {
  const values = flatten(event);
  return alternatives(pattern, '').some((fields) => agree(fields, values, new Map()));
}

function flatten(event: object): Value[] {
  const values: Value[] = [];
  let arrays = 0;
  const visit = (value: unknown, path: readonly string[], places: Places): void => {
    if (Array.isArray(value)) {
      const array = arrays++;
      for (const [index, element] of value.entries()) {
        const isLeaf = typeof element !== 'object' || element === null;
        visit(element, path, isLeaf ? places : new Map([...places, [array, index]]));
      }
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, inner] of Object.entries(value)) visit(inner, [...path, name], places);
    } else values.push({ path: path.join('.'), value, places });
  };
  visit(event, [], new Map());
  return values;
}

function alternatives(pattern: object, prefix: string): Field[][] {
  return Object.entries(pattern)
    .map(([name, inner]): Field[][] => {
      if (name === '$or') return (inner as object[]).flatMap((branch) => alternatives(branch, prefix));
      const path = prefix + name;
      return Array.isArray(inner) ? [[{ path, matchers: inner }]] : alternatives(inner as object, `${path}.`);
    })
    .reduce((left, right) => left.flatMap((one) => right.map((other) => [...one, ...other])), [
      [],
    ] as Field[][]);
}

function agree([field, ...rest]: readonly Field[], values: readonly Value[], places: Places): boolean {
  if (!field) return true;
  const there = values.filter(({ path }) => path === field.path);
  if (there.length === 0 && field.matchers.some(isAbsence)) return agree(rest, values, places);
  return there.some(
    (one) =>
      [...one.places].every(([array, index]) => (places.get(array) ?? index) === index) &&
      compilePattern({ x: field.matchers })({ x: one.value }) &&
      agree(rest, values, new Map([...places, ...one.places])),
  );
}

function isAbsence(matcher: unknown): boolean {
  return typeof matcher === 'object' && matcher !== null && Reflect.get(matcher, 'exists') === false;
}
