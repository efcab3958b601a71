import { type AddressRange, inRange, parseAddress, parseRange } from '../address.ts';
import { isObject } from '../is-object.ts';
import { anythingBut } from './anything-but.ts';
import { endsCaseless, equalsCaseless, startsCaseless } from './caseless.ts';
import { isScalar, type Hint, type Matcher, type Scalar } from './formula.ts';
import { readNumeric } from './numeric.ts';
import { PatternError, type PatternPath } from './pattern-error.ts';
import { compileWildcard, type Pieces, readWildcard } from './wildcard.ts';

const PRESENCE: Hint = { by: 'presence' };

/** Reads what follows an operator. `path` leads to the matcher, for errors. */
type Read = (operand: unknown, path: PatternPath) => Matcher;

const READERS: Readonly<Record<string, Read>> = {
  exactly: (operand, path) => exact(textOf('exactly', operand, path)),
  prefix: (operand, path) => {
    if (isObject(operand)) {
      const starts = startsCaseless(caselessOf('prefix', operand, path));
      return { test: onText(starts), hint: PRESENCE };
    }
    return startsWith(textOf('prefix', operand, path));
  },
  suffix: (operand, path) => {
    if (isObject(operand)) {
      const ends = endsCaseless(caselessOf('suffix', operand, path));
      return { test: onText(ends), hint: PRESENCE };
    }
    const text = textOf('suffix', operand, path);
    return { test: onText((leaf) => leaf.endsWith(text)), hint: { by: 'suffix', text } };
  },
  'equals-ignore-case': (operand, path) => {
    const text = textOf('equals-ignore-case', operand, path);
    return { test: onText(equalsCaseless(text)), hint: caselessHint(text) };
  },
  wildcard: (operand, path) => {
    const pieces = readWildcard(textOf('wildcard', operand, path));
    if ('fault' in pieces) throw new PatternError(path, pieces.fault);
    return likeWildcard(pieces);
  },
  numeric: (operand, path) => {
    const matcher = readNumeric(operand);
    if ('fault' in matcher) throw new PatternError(path, matcher.fault);
    return matcher;
  },
  cidr: (operand, path) => inNetwork(rangeOf(operand, path)),
  exists: (operand, path) => {
    if (typeof operand !== 'boolean') throw new PatternError(path, 'exists takes true or false');
    return { test: () => operand, hint: PRESENCE };
  },
  'anything-but': (operand, path) => ({ test: anythingBut(operand, path), hint: PRESENCE }),
};

/** The operators of the language, as they are written. */
export const OPERATORS: readonly string[] = Object.keys(READERS);

const CHOICE = `a value or one of ${OPERATORS.join(', ')}`;

/** Compiles one entry of a list: a value, or an object with one operator. */
export function readMatcher(matcher: unknown, path: PatternPath): Matcher {
  if (typeof matcher === 'number' && !Number.isFinite(matcher))
    throw new PatternError(path, 'write a number that JSON can hold');
  if (isScalar(matcher)) return exact(matcher);
  if (!isObject(matcher)) throw new PatternError(path, `a list holds no lists: write ${CHOICE}`);
  const [[operator, operand] = ['', undefined], ...more] = Object.entries(matcher);
  if (operator === '' || more.length > 0)
    throw new PatternError(path, `write exactly one operator: ${CHOICE}`);
  const read = Object.hasOwn(READERS, operator) ? READERS[operator] : undefined;
  if (!read)
    throw new PatternError(path, `the operator "${operator.slice(0, 64)}" is not known; write ${CHOICE}`);
  return read(operand, path);
}

/** Values compare as they are: 5 is no "5"; 1.0 is 1. */
export function exact(value: Scalar): Matcher {
  return { test: (leaf) => leaf === value, hint: { by: 'value', value } };
}

export function startsWith(text: string): Matcher {
  return { test: onText((leaf) => leaf.startsWith(text)), hint: { by: 'prefix', text } };
}

export function likeWildcard(pieces: Pieces): Matcher {
  const [first] = pieces;
  const last = pieces.at(-1) ?? '';
  const hint: Hint = first === '' ? { by: 'suffix', text: last } : { by: 'prefix', text: first };
  return { test: onText(compileWildcard(pieces)), hint };
}

function inNetwork(range: AddressRange): Matcher {
  const test = onText((leaf) => {
    const address = parseAddress(leaf);
    return address !== undefined && inRange(range, address);
  });
  return { test, hint: { by: 'network', range } };
}

/** `/32` and `/128` are single addresses, which the reference wants to be written as values. */
function rangeOf(operand: unknown, path: PatternPath): AddressRange {
  const range = parseRange(textOf('cidr', operand, path));
  if (range === undefined)
    throw new PatternError(path, 'cidr takes an address and a mask, such as 10.0.0.0/8');
  if (range.bits < range.base.length * 8) return range;
  throw new PatternError(path, 'this is one address: write it as a value, without a mask');
}

/** Only pure ASCII: elsewhere a text can be equal to another whose lower case is not. */
function caselessHint(text: string): Hint {
  return /^[\0-\x7F]*$/.test(text) ? { by: 'caseless', text: text.toLowerCase() } : PRESENCE;
}

function caselessOf(operator: string, operand: Readonly<Record<string, unknown>>, path: PatternPath): string {
  const [[inner, text] = ['', undefined], ...more] = Object.entries(operand);
  if (inner === 'equals-ignore-case' && more.length === 0 && typeof text === 'string') return text;
  throw new PatternError(path, `${operator} takes a text or { "equals-ignore-case": text }`);
}

function textOf(operator: string, operand: unknown, path: PatternPath): string {
  if (typeof operand === 'string') return operand;
  throw new PatternError(path, `${operator} takes a text`);
}

export function onText(test: (text: string) => boolean): (leaf: Scalar) => boolean {
  return (leaf) => typeof leaf === 'string' && test(leaf);
}
