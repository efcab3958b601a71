import {
  type AttributeValue,
  BatchExecuteStatementCommand,
  type BatchStatementError,
  type BatchStatementRequest,
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { convertToAttr, unmarshall } from '@aws-sdk/util-dynamodb';
import type { Key } from '../core/keys.ts';
import type { Written } from '../core/written.ts';

/** One DynamoDB table as the stores see it. `wait` comes from outside, so that a simulation can own time. */
export interface Table {
  readonly client: DynamoDBClient;
  readonly name: string;
  readonly wait: (ms: number) => Promise<void>;
  /** Hears why writes may not have been applied, one code each: a missing grant must not be silent. */
  readonly onUnknown?: (codes: readonly string[]) => void;
}

/** An item, unmarshalled. */
export type Item = Key & Record<string, unknown>;

export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

const STATEMENTS_PER_CALL = 25;
const KEYS_PER_CALL = 100;
const TRIES = 3;
const OPTIONS = { removeUndefinedValues: true } as const;

export function toAttributes(item: Readonly<Record<string, unknown>>): Record<string, AttributeValue> {
  return Object.fromEntries(
    Object.entries(item).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, toAttribute(value)] as const],
    ),
  );
}

/** Most values are plain, and need none of the questions that the SDK asks of each. */
function toAttribute(value: unknown): AttributeValue {
  if (typeof value === 'string') return { S: value };
  if (Number.isSafeInteger(value)) return { N: String(value) };
  return convertToAttr(value, OPTIONS);
}

export function fromAttributes(item: Record<string, AttributeValue>): Item {
  const { pk, sk, ...rest } = unmarshall(item);
  return { ...rest, pk, sk };
}

/** `INSERT` of a whole item: fails as a conflict when the key exists, however old the item is. */
export function insert(table: Table, item: Readonly<Record<string, unknown>>): Statement {
  const names = Object.keys(item).filter((name) => item[name] !== undefined);
  const fields = names.map((name) => `'${name}':?`).join(',');
  return { text: `INSERT INTO "${table.name}" VALUE {${fields}}`, values: names.map((name) => item[name]) };
}

/**
 * `UPDATE` of an existing item; never creates one. `where` holds equality conditions beside the key.
 *
 * Of the two ways to set several attributes, `SET a=1, b=2` is the one of "Running batch operations with PartiQL
 * for DynamoDB" in the developer guide, and every engine reads it; dynoxide refuses `SET a=1 SET b=2`. A `REMOVE`
 * may follow ("PartiQL update statements for DynamoDB": `[SET | REMOVE] path [= data] [...]`), of one attribute:
 * of two, DynamoDB Local wants `REMOVE c REMOVE d`, dynoxide `REMOVE c, d`.
 */
export function update(
  table: Table,
  key: Key,
  set: Readonly<Record<string, unknown>>,
  where: Readonly<Record<string, unknown>>,
  remove?: string,
): Statement {
  const names = Object.keys(set).filter((name) => set[name] !== undefined);
  const conditions = Object.keys(where);
  const text = [
    `UPDATE "${table.name}" SET ${names.map((name) => `"${name}"=?`).join(', ')}`,
    remove === undefined ? '' : `REMOVE "${remove}"`,
    `WHERE "pk"=? AND "sk"=?${conditions.map((name) => ` AND "${name}"=?`).join('')}`,
  ];
  return {
    text: text.filter(Boolean).join(' '),
    values: [...names.map((n) => set[n]), key.pk, key.sk, ...conditions.map((n) => where[n])],
  };
}

/** The statement for items of which an attribute is no greater than this ("PartiQL comparison operators"). */
export function upTo({ text, values }: Statement, name: string, value: number): Statement {
  return { text: `${text} AND "${name}"<=?`, values: [...values, value] };
}

/**
 * Runs write statements, 25 a call, each with a verdict of its own and at single price. Errors sit inside a
 * 200, which the SDK does not retry: throttled statements are tried again here. Two statements for one key
 * would fail their whole call, so callers dedupe first. Never throws for a statement; a call that fails as a
 * whole makes its statements `unknown`.
 */
export async function execute(table: Table, statements: readonly Statement[]): Promise<Written[]> {
  const chunks: Statement[][] = [];
  for (let i = 0; i < statements.length; i += STATEMENTS_PER_CALL) {
    chunks.push(statements.slice(i, i + STATEMENTS_PER_CALL));
  }
  return (await Promise.all(chunks.map((chunk) => executeChunk(table, chunk)))).flat();
}

async function executeChunk(table: Table, statements: readonly Statement[]): Promise<Written[]> {
  const requests = statements.map(request);
  const results: Written[] = [];
  let open = [...requests.keys()];
  for (let attempt = 1; attempt <= TRIES && open.length > 0; attempt++) {
    if (attempt > 1) await table.wait(50 * 2 ** attempt);
    const answers = await send(
      table,
      open.map((index) => requests[index]!),
    );
    open.forEach((index, position) => (results[index] = answers[position]!));
    open = open.filter((index) => results[index]?.kind === 'unknown');
  }
  const codes = results.flatMap((result) => (result.kind === 'unknown' ? [result.code] : []));
  if (codes.length > 0) table.onUnknown?.(codes);
  return results;
}

async function send(table: Table, requests: BatchStatementRequest[]): Promise<Written[]> {
  try {
    const { Responses = [] } = await table.client.send(
      new BatchExecuteStatementCommand({ Statements: requests }),
    );
    return requests.map((_, index) => written(Responses[index]?.Error));
  } catch (error) {
    const code = error instanceof Error ? error.name : 'Error';
    return requests.map(() => ({ kind: 'unknown', code }));
  }
}

function request({ text, values }: Statement): BatchStatementRequest {
  const Parameters = values.map(toAttribute);
  return { Statement: text, Parameters, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
}

function written(error: BatchStatementError | undefined): Written {
  if (!error?.Code) return { kind: 'written' };
  if (error.Code === 'DuplicateItem' || error.Code === 'ConditionalCheckFailed') {
    return error.Item ? { kind: 'conflict', item: fromAttributes(error.Item) } : { kind: 'conflict' };
  }
  return { kind: 'unknown', code: error.Code };
}

/**
 * Consistent reads by key, 100 a call, asked again for what the service left out. A key that is named twice is
 * read once: the service would refuse the call. `attributes` are those wanted beside the key; all when absent.
 * Throws when reads fail.
 */
export async function getItems(
  table: Table,
  wanted: readonly Key[],
  attributes?: readonly string[],
): Promise<Map<string, Item>> {
  const keys = [...new Map(wanted.map((key) => [keyText(key), key])).values()];
  const found = new Map<string, Item>();
  const calls: Promise<void>[] = [];
  for (let i = 0; i < keys.length; i += KEYS_PER_CALL) {
    calls.push(getChunk(table, keys.slice(i, i + KEYS_PER_CALL), found, projection(attributes)));
  }
  await Promise.all(calls);
  return found;
}

/** Names stand behind `#`, since `hash`, `ttl` and others are reserved words of DynamoDB. */
function projection(attributes: readonly string[] | undefined) {
  if (!attributes) return {};
  const names = ['pk', 'sk', ...attributes];
  return {
    ProjectionExpression: names.map((name) => `#${name}`).join(','),
    ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
  };
}

async function getChunk(
  table: Table,
  keys: readonly Key[],
  found: Map<string, Item>,
  part: ReturnType<typeof projection>,
): Promise<void> {
  let open = keys.map((key) => toAttributes({ pk: key.pk, sk: key.sk }));
  for (let attempt = 1; open.length > 0; attempt++) {
    if (attempt > TRIES) throw new Error(`reads of ${open.length} items kept being throttled`);
    if (attempt > 1) await table.wait(50 * 2 ** attempt);
    const { Responses, UnprocessedKeys } = await table.client.send(
      new BatchGetItemCommand({
        RequestItems: { [table.name]: { Keys: open, ConsistentRead: true, ...part } },
      }),
    );
    for (const attributes of Responses?.[table.name] ?? []) {
      const item = fromAttributes(attributes);
      found.set(keyText(item), item);
    }
    open = UnprocessedKeys?.[table.name]?.Keys ?? [];
  }
}

/** A key as one text, for maps. */
export function keyText({ pk, sk }: Key): string {
  return `${pk}|${sk}`;
}

/** Puts an item under a condition; `false` when the condition failed. */
export function putIf(
  table: Table,
  item: Readonly<Record<string, unknown>>,
  condition: string,
  values: Readonly<Record<string, unknown>> = {},
): Promise<boolean> {
  return applies(
    table.client.send(
      new PutItemCommand({
        TableName: table.name,
        Item: toAttributes(item),
        ConditionExpression: condition,
        ...(Object.keys(values).length > 0 ? { ExpressionAttributeValues: toAttributes(values) } : {}),
      }),
    ),
  );
}

/** Whether a write with a condition was applied; `false` when the condition failed. */
export async function applies(sent: Promise<unknown>): Promise<boolean> {
  try {
    await sent;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
