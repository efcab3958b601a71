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

/** What the calls bring, as far as it is read here. */
export interface DynamoInput extends StatementInput {
  readonly TableName?: string;
  readonly IndexName?: string;
  readonly Item?: Attributes;
  readonly Key?: Attributes;
  readonly UpdateExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Attributes;
  /** By table: of `BatchGetItem` keys, of `BatchWriteItem` writes. */
  readonly RequestItems?: Readonly<Record<string, KeysRequest | WriteRequest[]>>;
  readonly Statements?: readonly StatementInput[];
}

interface StatementInput {
  readonly Statement?: string;
  readonly Parameters?: readonly Value[];
  readonly ConsistentRead?: boolean;
}

interface KeysRequest {
  readonly Keys: readonly Attributes[];
  readonly ConsistentRead?: boolean;
}

interface WriteRequest {
  readonly PutRequest?: { readonly Item: Attributes };
  readonly DeleteRequest?: { readonly Key: Attributes };
}

type TableOf = (name: string) => TableSpec;

/** Reads a call of the DynamoDB API. Throws for an operation the gate cannot judge. */
export function readDynamoCall(operation: string, input: DynamoInput, tableOf: TableOf): DynamoCall {
  const { TableName: table = '', IndexName, Item = {}, Key = {} } = input;
  const index = IndexName === undefined ? '' : `/index/${IndexName}`;
  const single = { action: `dynamodb:${operation}`, resource: tableArn(table) + index };
  switch (operation) {
    case 'GetItem':
    case 'Query':
    case 'Scan':
      return reads([single], input.ConsistentRead ? 1 : 0.5);
    case 'DescribeTable':
    case 'DescribeTimeToLive':
      return reads([single], 0);
    case 'PutItem':
      return { accesses: [single], writes: [put(tableOf(table), Item)], readUnits: 0 };
    case 'UpdateItem':
      return { accesses: [single], writes: [updateItem(tableOf(table), input)], readUnits: 0 };
    case 'DeleteItem':
      return { accesses: [single], writes: [remove(tableOf(table), Key)], readUnits: 0 };
    case 'BatchGetItem':
      return batchGet(input);
    case 'BatchWriteItem':
      return batchWrite(input, tableOf);
    case 'ExecuteStatement':
      return statements([input], tableOf);
    case 'BatchExecuteStatement':
      return statements(input.Statements ?? [], tableOf);
    default:
      throw new Error(`the local stack does not offer dynamodb:${operation}`);
  }
}

function reads(accesses: readonly Access[], readUnits: number): DynamoCall {
  return { accesses, writes: [], readUnits };
}

function batchGet({ RequestItems = {} }: DynamoInput): DynamoCall {
  const units = Object.values(RequestItems).map((request) =>
    Array.isArray(request) ? 0 : request.Keys.length * (request.ConsistentRead ? 1 : 0.5),
  );
  return reads(
    Object.keys(RequestItems).map((name) => ({ action: 'dynamodb:BatchGetItem', resource: tableArn(name) })),
    units.reduce((sum, one) => sum + one, 0),
  );
}

function batchWrite({ RequestItems = {} }: DynamoInput, tableOf: TableOf): DynamoCall {
  const names = Object.keys(RequestItems);
  return {
    accesses: names.map((name) => ({ action: 'dynamodb:BatchWriteItem', resource: tableArn(name) })),
    writes: Object.entries(RequestItems).flatMap(([name, list]) =>
      [list].flat().map((request) => batchedWrite(request, tableOf(name))),
    ),
    readUnits: 0,
  };
}

function batchedWrite(request: KeysRequest | WriteRequest, table: TableSpec): ItemWrite | undefined {
  if ('PutRequest' in request && request.PutRequest) return put(table, request.PutRequest.Item);
  return 'DeleteRequest' in request && request.DeleteRequest
    ? remove(table, request.DeleteRequest.Key)
    : undefined;
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

function updateItem(table: TableSpec, input: DynamoInput): ItemWrite {
  const { Key: key = {}, UpdateExpression = '', ExpressionAttributeNames = {} } = input;
  const { sets, removes } = updatedAttributes(UpdateExpression, ExpressionAttributeNames);
  const values = Object.values(input.ExpressionAttributeValues ?? {});
  const bytes = itemBytes(key) + values.reduce((sum, value) => sum + valueBytes(value), 0);
  return { table: table.name, kind: 'update', key: keyText(table, key), bytes, sets, removes };
}

function keyText({ hash, range }: TableSpec, item: Attributes): string {
  return JSON.stringify([item[hash], range === undefined ? '' : item[range]]);
}

function statements(inputs: readonly StatementInput[], tableOf: TableOf): DynamoCall {
  const read = inputs.map(({ Statement = '', Parameters = [], ConsistentRead = false }) => ({
    statement: readStatement(Statement),
    Parameters,
    ConsistentRead,
  }));
  const selects = read.filter(({ statement }) => statement.kind === 'Select');
  return {
    accesses: distinct(
      read.map(({ statement: { kind, table, index } }) => ({
        action: `dynamodb:PartiQL${kind}`,
        resource: tableArn(table) + (index === undefined ? '' : `/index/${index}`),
      })),
    ),
    writes: read.map(({ statement, Parameters }) =>
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
