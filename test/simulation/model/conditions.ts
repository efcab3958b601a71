import { type AttributeValue, ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type Placeholders, readCondition } from './expression.ts';
import { cached } from './tokens.ts';
import { type Attributes, invalid } from './values.ts';

export interface Conditional {
  readonly ConditionExpression?: string | undefined;
  readonly ExpressionAttributeNames?: Record<string, string> | undefined;
  readonly ExpressionAttributeValues?: Record<string, AttributeValue> | undefined;
  readonly ReturnValuesOnConditionCheckFailure?: string | undefined;
}

export function placeholdersOf(input: Conditional): Placeholders {
  return { names: input.ExpressionAttributeNames, values: input.ExpressionAttributeValues };
}

export function check(input: Conditional, before: Attributes | undefined): void {
  const { ConditionExpression, ReturnValuesOnConditionCheckFailure } = input;
  if (!ConditionExpression || readCondition(ConditionExpression)(before ?? {}, placeholdersOf(input))) return;
  throw new ConditionalCheckFailedException({
    message: 'The conditional request failed',
    $metadata: {},
    ...(ReturnValuesOnConditionCheckFailure === 'ALL_OLD' && before && { Item: { ...before } }),
  });
}

export interface Expressions extends Conditional {
  readonly UpdateExpression?: string | undefined;
  readonly KeyConditionExpression?: string | undefined;
  readonly FilterExpression?: string | undefined;
  readonly ProjectionExpression?: string | undefined;
}

/** The service refuses names and values that no expression uses. */
export function checkPlaceholders(input: Expressions): void {
  const given = [input.ExpressionAttributeNames, input.ExpressionAttributeValues].flatMap((map) =>
    Object.keys(map ?? {}),
  );
  if (given.length === 0) return;
  const texts = [
    input.ConditionExpression,
    input.UpdateExpression,
    input.KeyConditionExpression,
    input.FilterExpression,
    input.ProjectionExpression,
  ];
  const used = placeholdersIn(texts.filter(Boolean).join(' , '));
  const unused = given.find((name) => !used.has(name));
  if (unused !== undefined) throw invalid(`${unused} is unused in expressions`);
}

const placeholdersIn = cached((text) => new Set(text.match(/[:#]\w+/g)));

export function project(
  item: Attributes,
  expression: string | undefined,
  names: Record<string, string> | undefined,
): Attributes {
  if (!expression) return item;
  const wanted = new Set(expression.split(',').map((name) => names?.[name.trim()] ?? name.trim()));
  return Object.fromEntries(Object.entries(item).filter(([name]) => wanted.has(name)));
}
