import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** An item as DynamoDB holds it. Never changed in place: whoever has read one keeps what was read. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

export type Comparison = '=' | '<>' | '<' | '<=' | '>' | '>=';

export function isComparison(token: string): token is Comparison {
  return ['=', '<>', '<', '<=', '>', '>='].includes(token);
}

/** Compares two values as DynamoDB does: what is absent or of another type equals nothing and is not ordered. */
export function compare(
  a: AttributeValue | undefined,
  comparison: Comparison,
  b: AttributeValue | undefined,
): boolean {
  if (comparison === '=') return isEqual(a, b);
  if (comparison === '<>') return !isEqual(a, b);
  const order = orderOf(a, b);
  if (order === undefined) return false;
  return ORDERED[comparison](order);
}

const ORDERED = {
  '<': (order: number) => order < 0,
  '<=': (order: number) => order <= 0,
  '>': (order: number) => order > 0,
  '>=': (order: number) => order >= 0,
};

function isEqual(a: AttributeValue | undefined, b: AttributeValue | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return orderOf(a, b) === 0 || JSON.stringify(a) === JSON.stringify(b);
}

/** Texts by their bytes, numbers by their value. */
function orderOf(a: AttributeValue | undefined, b: AttributeValue | undefined): number | undefined {
  if (a?.N !== undefined && b?.N !== undefined) return Number(a.N) - Number(b.N);
  if (a?.S !== undefined && b?.S !== undefined) return a.S < b.S ? -1 : a.S > b.S ? 1 : 0;
  return undefined;
}

/** The value at a path of member names. */
export function valueAt(item: Attributes, path: readonly string[]): AttributeValue | undefined {
  const [first = '', ...rest] = path;
  const value = item[first];
  return rest.length === 0 || value === undefined ? value : valueAt(value.M ?? {}, rest);
}

/** Sum of two numbers; DynamoDB computes in decimal, so that both must be on a grid that binary holds exactly. */
export function sum(
  a: AttributeValue | undefined,
  b: AttributeValue | undefined,
  sign: 1 | -1,
): AttributeValue {
  if (a?.N === undefined || b?.N === undefined) throw invalid('operands of + and - are numbers that exist');
  return { N: String(Number(a.N) + sign * Number(b.N)) };
}

/** A set with members more, or less; an empty one is no attribute. */
export function combined(
  set: AttributeValue | undefined,
  more: AttributeValue | undefined,
  clause: 'ADD' | 'DELETE',
): AttributeValue | undefined {
  if (more?.SS === undefined) throw invalid('sets are combined with sets of texts');
  const [own, others] = [set?.SS ?? [], more.SS];
  const members = clause === 'ADD' ? [...own, ...others] : own.filter((member) => !others.includes(member));
  return members.length === 0 ? undefined : { SS: [...new Set(members)].toSorted() };
}

export function invalid(message: string): Error {
  return Object.assign(new Error(message), { name: 'ValidationException' });
}
