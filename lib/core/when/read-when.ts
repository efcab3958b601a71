import type { Formula, Scalar } from '../pattern/formula.ts';
import { COMPARISONS, compare, exists, type Fault, isComparison } from './comparisons.ts';
import { type Field, readField } from './fields.ts';
import { readTokens, type Token } from './tokens.ts';
import { WhenError } from './when-error.ts';

/** Characters of an expression. */
export const MAX_WHEN = 4_096;
/** Parentheses and `!` inside each other. */
const MAX_DEPTH = 50;

const VALUE = 'a value such as "error", 5, true or null';
const OPERATOR = `one of ${COMPARISONS.join(', ')}, exists`;

const WORDS: Readonly<Record<string, Scalar>> = { true: true, false: false, null: null };
const SLIPS: Readonly<Record<string, string>> = { and: '&&', or: '||', not: '!' };

/**
 * Reads an expression: `||` of `&&` of `!`, parentheses, comparisons. One token is looked at once, so reading is
 * linear in the text. Throws `WhenError`.
 */
export function readWhen(text: string): Formula {
  if (text.length > MAX_WHEN) throw new WhenError(text, 0, `write at most ${MAX_WHEN} characters`);
  const tokens = readTokens(text);
  let position = 0;
  let depth = 0;

  const formula = readAny();
  if (peek().kind !== 'end') throw expected('&& or || or the end');
  return formula;

  function readAny(): Formula {
    return readList('any', '||', () => readList('all', '&&', readOne));
  }

  function readList(kind: 'all' | 'any', sign: string, read: () => Formula): Formula {
    const parts = [read()];
    while (takeSign(sign)) parts.push(read());
    return parts.length === 1 ? parts[0]! : { kind, of: parts };
  }

  function readOne(): Formula {
    if (++depth > MAX_DEPTH) throw new WhenError(text, peek().at, `nest at most ${MAX_DEPTH} deep`);
    const formulaHere = readUnary();
    depth--;
    return formulaHere;
  }

  function readUnary(): Formula {
    if (takeSign('!')) return { kind: 'not', of: readOne() };
    if (takeSign('(')) {
      const inner = readAny();
      needSign(')');
      return inner;
    }
    const start = peek();
    if (start.text === 'exists' && start.kind === 'word') return readExists(next());
    const field = readFieldHere();
    const operator = peek();
    if (operator.kind === 'word' && operator.text === 'exists') {
      return exists(field, text.slice(start.at, next().end));
    }
    if (!isComparison(operator.text) || (operator.kind !== 'sign' && operator.kind !== 'word'))
      throw expected(OPERATOR);
    next();
    const values = operator.text === 'in' ? readValues() : [readValue()];
    const end = tokens[position - 1]!.end;
    return orThrow(compare(field, operator.text, values, text.slice(start.at, end)), operator.at);
  }

  /** `exists(field)`, beside `field exists`. */
  function readExists(start: Token): Formula {
    needSign('(');
    const field = readFieldHere();
    needSign(')');
    return exists(field, text.slice(start.at, tokens[position - 1]!.end));
  }

  function readFieldHere(): Field {
    const start = peek();
    if (start.kind !== 'word' || Object.hasOwn(WORDS, start.text)) throw expected('a field, ! or (');
    const path = next().text.split('.');
    for (;;) {
      if (peek().kind === 'step') path.push(...next().text.slice(1).split('.'));
      else if (takeSign('[')) {
        if (peek().kind !== 'text') throw expected('a name in quotes');
        path.push(...next().text.split('.'));
        needSign(']');
      } else return orThrow(readField(path), start.at);
    }
  }

  function readValues(): Scalar[] {
    const close = takeSign('[') ? ']' : ')';
    if (close === ')') needSign('(');
    const values = [readValue()];
    while (takeSign(',')) values.push(readValue());
    needSign(close);
    return values;
  }

  function readValue(): Scalar {
    const token = peek();
    if (token.kind === 'text') return next().text;
    if (token.kind === 'number' && Number.isFinite(Number(token.text))) return Number(next().text);
    const word = token.kind === 'word' && Object.hasOwn(WORDS, token.text) ? WORDS[token.text] : undefined;
    if (word === undefined) throw expected(VALUE);
    next();
    return word;
  }

  function orThrow<T extends object>(result: T | Fault, at: number): T {
    if ('fault' in result) throw new WhenError(text, at, result.fault);
    return result;
  }

  function peek(): Token {
    return tokens[position]!;
  }

  function next(): Token {
    return tokens[position++]!;
  }

  function takeSign(sign: string): boolean {
    const { kind, text: written } = peek();
    if (kind !== 'sign' || written !== sign) return false;
    position++;
    return true;
  }

  function needSign(sign: string): void {
    if (!takeSign(sign)) throw expected(sign);
  }

  function expected(what: string): WhenError {
    const { kind, at, text: written } = peek();
    const slip =
      kind === 'word' && Object.hasOwn(SLIPS, written) ? `; write ${SLIPS[written]} for "${written}"` : '';
    const found = kind === 'end' ? 'the end' : JSON.stringify(text.slice(at, at + 20));
    return new WhenError(text, at, `expected ${what}, found ${found}${slip}`);
  }
}
