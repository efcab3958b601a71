import { tableArn } from './aws-names.ts';
import { type Attributes, type Value, itemBytes, valueBytes } from './item-size.ts';
import { type ReadStatement, readStatement } from './partiql.ts';
import type { TableSpec } from './table-spec.ts';
import { updatedAttributes } from './update-expression.ts';

/** A permission a call needs. */
export interface Access {
  readonly action: string;
  readonly resource: string;
}

/** One write of one item. */
export interface ItemWrite {
  readonly table: string;
  readonly kind: 'put' | 'update' | 'delete';
  /** The item's key as text; absent when the call does not tell it plainly. */
  readonly key?: string;
  /** What the call tells of the item's size. */
  readonly bytes: number;
  readonly sets: ReadonlySet<string>;
  readonly removes: ReadonlySet<string>;
}

export interface DynamoCall {
  readonly accesses: readonly Access[];
  /** In the order of the results of a batch; absent for a statement that does not write. */
  readonly writes: readonly (ItemWrite | undefined)[];
  /** Read units, not looking at what comes back. */
  readonly readUnits: number;
}

type Input = Readonly<Record<string, unknown>>;
type TableOf = (name: string) => TableSpec;

/** Reads a call of the DynamoDB API. Throws for an operation the gate cannot judge. */
export function readDynamoCall(operation: string, input: Input, tableOf: TableOf): DynamoCall {
  const table = text(input['TableName']);
  const index = input['IndexName'] === undefined ? '' : `/index/${text(input['IndexName'])}`;
  const single = { action: `dynamodb:${operation}`, resource: tableArn(table) + index };
  switch (operation) {
    case 'GetItem':
      return reads([single], input['ConsistentRead'] === true ? 1 : 0.5);
    case 'Query':
    case 'Scan':
      return reads([single], input['ConsistentRead'] === true ? 1 : 0.5);
    case 'DescribeTable':
    case 'DescribeTimeToLive':
      return reads([single], 0);
    case 'PutItem':
      return { accesses: [single], writes: [put(tableOf(table), input['Item'] as Attributes)], readUnits: 0 };
    case 'UpdateItem':
      return { accesses: [single], writes: [updateItem(tableOf(table), input)], readUnits: 0 };
    case 'DeleteItem':
      return {
        accesses: [single],
        writes: [remove(tableOf(table), input['Key'] as Attributes)],
        readUnits: 0,
      };
    case 'BatchGetItem':
      return batchGet(input);
    case 'BatchWriteItem':
      return batchWrite(input, tableOf);
    case 'ExecuteStatement':
      return statements([input as unknown as StatementInput], tableOf);
    case 'BatchExecuteStatement':
      return statements(input['Statements'] as readonly StatementInput[], tableOf);
    default:
      throw new Error(`the local stack does not offer dynamodb:${operation}`);
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function reads(accesses: readonly Access[], readUnits: number): DynamoCall {
  return { accesses, writes: [], readUnits };
}

function batchGet(input: Input): DynamoCall {
  const requests = Object.entries(
    input['RequestItems'] as Record<string, { Keys: unknown[]; ConsistentRead?: boolean }>,
  );
  return reads(
    requests.map(([name]) => ({ action: 'dynamodb:BatchGetItem', resource: tableArn(name) })),
    requests.reduce((sum, [, { Keys, ConsistentRead }]) => sum + Keys.length * (ConsistentRead ? 1 : 0.5), 0),
  );
}

interface WriteRequest {
  readonly PutRequest?: { readonly Item: Attributes };
  readonly DeleteRequest?: { readonly Key: Attributes };
}

function batchWrite(input: Input, tableOf: TableOf): DynamoCall {
  const requests = Object.entries(input['RequestItems'] as Record<string, WriteRequest[]>);
  return {
    accesses: requests.map(([name]) => ({ action: 'dynamodb:BatchWriteItem', resource: tableArn(name) })),
    writes: requests.flatMap(([name, list]) =>
      list.map(({ PutRequest, DeleteRequest }) =>
        PutRequest ? put(tableOf(name), PutRequest.Item) : remove(tableOf(name), DeleteRequest?.Key ?? {}),
      ),
    ),
    readUnits: 0,
  };
}

const NOTHING: ReadonlySet<string> = new Set();

function put(table: TableSpec, item: Attributes): ItemWrite {
  const sets = new Set(Object.keys(item));
  return {
    table: table.name,
    kind: 'put',
    key: keyText(table, item),
    bytes: itemBytes(item),
    sets,
    removes: NOTHING,
  };
}

function remove(table: TableSpec, key: Attributes): ItemWrite {
  const bytes = itemBytes(key);
  return {
    table: table.name,
    kind: 'delete',
    key: keyText(table, key),
    bytes,
    sets: NOTHING,
    removes: NOTHING,
  };
}

function updateItem(table: TableSpec, input: Input): ItemWrite {
  const key = input['Key'] as Attributes;
  const { sets, removes } = updatedAttributes(
    text(input['UpdateExpression']),
    (input['ExpressionAttributeNames'] ?? {}) as Readonly<Record<string, string>>,
  );
  const values = Object.values((input['ExpressionAttributeValues'] ?? {}) as Attributes);
  const bytes = itemBytes(key) + values.reduce((sum, value) => sum + valueBytes(value), 0);
  return { table: table.name, kind: 'update', key: keyText(table, key), bytes, sets, removes };
}

function keyText({ hash, range }: TableSpec, item: Attributes): string {
  return JSON.stringify([item[hash], range === undefined ? '' : item[range]]);
}

interface StatementInput {
  readonly Statement: string;
  readonly Parameters?: readonly Value[];
  readonly ConsistentRead?: boolean;
}

function statements(inputs: readonly StatementInput[], tableOf: TableOf): DynamoCall {
  const read = inputs.map((input) => ({ ...input, statement: readStatement(input.Statement) }));
  const selects = read.filter(({ statement }) => statement.kind === 'Select');
  return {
    accesses: distinct(
      read.map(({ statement: { kind, table, index } }) => ({
        action: `dynamodb:PartiQL${kind}`,
        resource: tableArn(table) + (index === undefined ? '' : `/index/${index}`),
      })),
    ),
    writes: read.map(({ statement, Parameters = [] }) =>
      statement.kind === 'Select'
        ? undefined
        : statementWrite(statement, Parameters, tableOf(statement.table)),
    ),
    readUnits: selects.reduce((sum, { ConsistentRead }) => sum + (ConsistentRead ? 1 : 0.5), 0),
  };
}

const KINDS = { Insert: 'put', Update: 'update', Delete: 'delete' } as const;

function statementWrite(
  { kind, sets, removes, where }: ReadStatement,
  parameters: readonly Value[],
  { name, hash, range }: TableSpec,
): ItemWrite {
  const at = (attribute: string | undefined): unknown => {
    const position = attribute === undefined ? undefined : (sets.get(attribute) ?? where.get(attribute));
    return position === undefined ? undefined : parameters[position];
  };
  const [h, r] = [at(hash), at(range)];
  const given = [...sets].reduce((sum, [attribute]) => sum + Buffer.byteLength(attribute), 0);
  return {
    table: name,
    kind: kind === 'Select' ? 'update' : KINDS[kind],
    ...(h !== undefined && (range === undefined || r !== undefined) && { key: JSON.stringify([h, r ?? '']) }),
    bytes: given + parameters.reduce((sum, value) => sum + valueBytes(value), 0),
    sets: new Set(sets.keys()),
    removes: new Set(removes),
  };
}

function distinct(accesses: readonly Access[]): Access[] {
  return [...new Map(accesses.map((access) => [`${access.action} ${access.resource}`, access])).values()];
}
