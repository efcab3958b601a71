/** What a regular expression allows, one of several: literal texts, and between them anything, or at least something. */
export type Shape = readonly (string | typeof ANY | typeof SOME)[];

/** `.*` */
export const ANY = Symbol('.*');
/** `.+` */
export const SOME = Symbol('.+');

const MAX_SHAPES = 64;
const MAX_DEPTH = 10;

class Unreadable extends Error {}

const KNOWN =
  'literal text, alternatives (a|b), an optional part (a)?, .* and .+; a \\ before . and other signs';

/**
 * Reads a regular expression as Prometheus knows them, anchored at both ends, as the shapes that it allows; what
 * cannot be said in such shapes is answered as a fault. A shape is tested in linear time, which no expression of
 * JavaScript promises.
 */
export function readRegex(source: string): readonly Shape[] | { readonly fault: string } {
  const text = source.replace(/^\^/, '').replace(/(?<!\\)\$$/, '');
  let at = 0;
  let depth = 0;
  try {
    const shapes = readAlternatives();
    if (at < text.length) throw unreadable();
    return shapes;
  } catch (error) {
    if (error instanceof Unreadable) return { fault: error.message };
    throw error;
  }

  function readAlternatives(): readonly Shape[] {
    const shapes = [...readSequence()];
    while (take('|')) shapes.push(...readSequence());
    return bounded(shapes);
  }

  function readSequence(): readonly Shape[] {
    let shapes: readonly Shape[] = [[]];
    while (at < text.length && !'|)'.includes(text.charAt(at))) {
      const tails = optional(readItem());
      shapes = bounded(shapes.flatMap((head) => tails.map((tail) => joined(head, tail))));
    }
    return shapes;
  }

  function readItem(): readonly Shape[] {
    if (take('(')) return readGroup();
    if (take('.*')) return lazy([ANY]);
    if (take('.+')) return lazy([SOME]);
    const escaped = take('\\');
    const sign = text.charAt(at);
    if (escaped ? !/[^A-Za-z0-9]/.test(sign) : '.[]{}*+?^$'.includes(sign)) throw unreadable();
    at++;
    return [[sign]];
  }

  function readGroup(): readonly Shape[] {
    take('?:');
    if (++depth > MAX_DEPTH) throw unreadable();
    const shapes = readAlternatives();
    depth--;
    if (!take(')')) throw unreadable();
    return shapes;
  }

  function optional(shapes: readonly Shape[]): readonly Shape[] {
    return take('?') ? [...shapes, []] : shapes;
  }

  /** `.*?` allows what `.*` does. */
  function lazy(shape: Shape): readonly Shape[] {
    take('?');
    return [shape];
  }

  function take(sign: string): boolean {
    if (!text.startsWith(sign, at)) return false;
    at += sign.length;
    return true;
  }

  function unreadable(): Unreadable {
    const found = at < text.length ? JSON.stringify(text.slice(at, at + 10)) : 'the end';
    return new Unreadable(`cannot be read at ${found}; what can be written is ${KNOWN}`);
  }
}

function bounded(shapes: readonly Shape[]): readonly Shape[] {
  if (shapes.length > MAX_SHAPES) throw new Unreadable(`has more than ${MAX_SHAPES} alternatives`);
  return shapes;
}

/** Literal texts that meet become one, and so do two of `.*`. */
function joined(head: Shape, tail: Shape): Shape {
  const [last, first] = [head.at(-1), tail[0]];
  if (typeof last === 'string' && typeof first === 'string')
    return [...head.slice(0, -1), last + first, ...tail.slice(1)];
  return last === ANY && first === ANY ? [...head, ...tail.slice(1)] : [...head, ...tail];
}
