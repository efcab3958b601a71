import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type Tokens, cached, tokenise } from './tokens.ts';
import { type Attributes, combined, compare, invalid, isComparison, sum, valueAt } from './values.ts';

/** What stands for `#name` and `:value` in an expression. */
export interface Placeholders {
  readonly names?: Readonly<Record<string, string>> | undefined;
  readonly values?: Attributes | undefined;
}

export type Condition = (item: Attributes, placeholders: Placeholders) => boolean;
/** New values of some attributes; `undefined` removes one. Right-hand sides see the item as it was. */
export type Change = (item: Attributes, placeholders: Placeholders) => Changed;
type Changed = readonly (readonly [name: string, value: AttributeValue | undefined])[];

type Operand = (item: Attributes, placeholders: Placeholders) => AttributeValue | undefined;

/**
 * Condition, filter and key condition expressions of DynamoDB, as far as Fanfare writes them. What is not known
 * throws: a model that guesses would prove nothing.
 */
export const readCondition = cached((text): Condition => {
  const tokens = tokenise(text);
  const condition = either(tokens);
  if (!tokens.isOver()) throw new Error(`the model cannot read the end of ${text}`);
  return condition;
});

/** Update expressions: `SET a = ..., b = ... REMOVE c ADD d :n`. */
export const readUpdate = cached((text): Change => {
  const tokens = tokenise(text);
  const changes: Change[] = [];
  while (!tokens.isOver()) {
    const clause = tokens.take().toUpperCase();
    do changes.push(change(clause, tokens));
    while (tokens.accept(','));
  }
  return (item, placeholders) => changes.flatMap((one) => one(item, placeholders));
});

/** The item after a change. */
export function changed(item: Attributes, changes: Changed): Attributes {
  const removed = new Set(changes.flatMap(([name, value]) => (value === undefined ? [name] : [])));
  const kept = Object.entries(item).filter(([name]) => !removed.has(name));
  const set = changes.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  return Object.fromEntries([...kept, ...set]);
}

function either(tokens: Tokens): Condition {
  const parts = [both(tokens)];
  while (tokens.accept('OR')) parts.push(both(tokens));
  return (item, placeholders) => parts.some((holds) => holds(item, placeholders));
}

function both(tokens: Tokens): Condition {
  const parts = [single(tokens)];
  while (tokens.accept('AND')) parts.push(single(tokens));
  return (item, placeholders) => parts.every((holds) => holds(item, placeholders));
}

function single(tokens: Tokens): Condition {
  if (tokens.accept('NOT')) {
    const holds = single(tokens);
    return (item, placeholders) => !holds(item, placeholders);
  }
  if (tokens.accept('(')) {
    const inner = either(tokens);
    tokens.expect(')');
    return inner;
  }
  const first = tokens.take();
  if (tokens.peek() === '(') return test(first, tokens);
  const left = operand(first);
  if (tokens.accept('BETWEEN')) return between(left, tokens);
  const comparison = tokens.take();
  if (!isComparison(comparison)) throw new Error(`the model does not know the comparison ${comparison}`);
  const right = operand(tokens.take());
  return (item, p) => compare(left(item, p), comparison, right(item, p));
}

function between(value: Operand, tokens: Tokens): Condition {
  const from = operand(tokens.take());
  tokens.expect('AND');
  const to = operand(tokens.take());
  return (item, p) =>
    compare(value(item, p), '>=', from(item, p)) && compare(value(item, p), '<=', to(item, p));
}

function test(name: string, tokens: Tokens): Condition {
  tokens.expect('(');
  const value = operand(tokens.take());
  const argument = tokens.accept(',') ? operand(tokens.take()) : undefined;
  tokens.expect(')');
  switch (name.toLowerCase()) {
    case 'attribute_exists':
      return (item, p) => value(item, p) !== undefined;
    case 'attribute_not_exists':
      return (item, p) => value(item, p) === undefined;
    case 'begins_with':
      return (item, p) => value(item, p)?.S?.startsWith(argument?.(item, p)?.S ?? '\0') ?? false;
    default:
      throw new Error(`the model does not know the function ${name}`);
  }
}

function operand(token: string): Operand {
  if (token.startsWith(':')) {
    return (_, { values }) => {
      const value = values?.[token];
      if (value === undefined) throw invalid(`the value ${token} is not defined`);
      return value;
    };
  }
  return (item, placeholders) => valueAt(item, pathOf(token, placeholders));
}

function pathOf(token: string, { names }: Placeholders): string[] {
  return token.split('.').map((part) => {
    if (!part.startsWith('#')) return part.replaceAll('"', '');
    const name = names?.[part];
    if (name === undefined) throw invalid(`the name ${part} is not defined`);
    return name;
  });
}

function change(clause: string, tokens: Tokens): Change {
  const token = tokens.take();
  const nameOf = (placeholders: Placeholders): string => {
    const [name = '', ...rest] = pathOf(token, placeholders);
    if (rest.length > 0) throw new Error(`the model changes whole attributes, not ${token}`);
    return name;
  };
  switch (clause) {
    case 'SET': {
      tokens.expect('=');
      const value = arithmetic(tokens);
      return (item, p) => [[nameOf(p), value(item, p)]];
    }
    case 'REMOVE':
      return (_, p) => [[nameOf(p), undefined]];
    case 'ADD':
    case 'DELETE': {
      const value = operand(tokens.take());
      return (item, p) => {
        const [before, more] = [item[nameOf(p)], value(item, p)];
        const isSum = clause === 'ADD' && more?.N !== undefined;
        return [[nameOf(p), isSum ? sum(before ?? { N: '0' }, more, 1) : combined(before, more, clause)]];
      };
    }
    default:
      throw new Error(`the model does not know the clause ${clause}`);
  }
}

function arithmetic(tokens: Tokens): Operand {
  const left = assigned(tokens);
  const sign = tokens.accept('+') ? 1 : tokens.accept('-') ? -1 : undefined;
  if (sign === undefined) return left;
  const right = assigned(tokens);
  return (item, p) => sum(left(item, p), right(item, p), sign);
}

function assigned(tokens: Tokens): Operand {
  const token = tokens.take();
  if (token.toLowerCase() !== 'if_not_exists') return operand(token);
  tokens.expect('(');
  const value = operand(tokens.take());
  tokens.expect(',');
  const otherwise = operand(tokens.take());
  tokens.expect(')');
  return (item, p) => value(item, p) ?? otherwise(item, p);
}
