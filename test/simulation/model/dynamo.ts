import {
  type AttributeValue,
  BatchExecuteStatementCommand,
  type BatchExecuteStatementCommandInput,
  type BatchExecuteStatementCommandOutput,
  BatchGetItemCommand,
  type BatchGetItemCommandInput,
  BatchWriteItemCommand,
  type BatchWriteItemCommandInput,
  type BatchStatementRequest,
  type BatchStatementResponse,
  DeleteItemCommand,
  type DeleteItemCommandInput,
  GetItemCommand,
  type GetItemCommandInput,
  PutItemCommand,
  type PutItemCommandInput,
  QueryCommand,
  type QueryCommandInput,
  ScanCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { TableSpec } from '../../../cdk/local/table-spec.ts';
import { type Expressions, check, checkPlaceholders, placeholdersOf, project } from './conditions.ts';
import { changed, readCondition, readUpdate } from './expression.ts';
import { readStatement } from './partiql.ts';
import { type TableHooks, type TableModel, createTable } from './table.ts';
import { type Attributes, compare, invalid } from './values.ts';

/** What may go wrong inside a call that succeeds as a whole. */
export interface PartialFaults {
  /** A statement of a batch is not run, with this code. */
  readonly statement?: (() => string | undefined) | undefined;
  /** A key of a batch read is left for the next call. */
  readonly unprocessed?: (() => boolean) | undefined;
}

export interface DynamoHooks extends TableHooks {
  readonly faults?: PartialFaults | undefined;
}

/**
 * DynamoDB as far as Fanfare uses it: each command is one step that nothing interrupts. The conformance suite
 * runs the same cases here and on the emulators.
 */
export function createDynamo(specs: readonly TableSpec[], hooks: DynamoHooks = {}) {
  const tables = new Map(specs.map((spec) => [spec.name, createTable(spec, hooks)]));
  const { faults = {} } = hooks;
  const tableOf = (name: string | undefined): TableModel => {
    const table = tables.get(name ?? '');
    if (!table) throw Object.assign(new Error(`no table ${name}`), { name: 'ResourceNotFoundException' });
    return table;
  };

  function run(command: object): object {
    if ('input' in command) checkPlaceholders(command.input as Expressions);
    if (command instanceof GetItemCommand) return get(command.input);
    if (command instanceof PutItemCommand) return put(command.input);
    if (command instanceof UpdateItemCommand) return update(command.input);
    if (command instanceof DeleteItemCommand) return remove(command.input);
    if (command instanceof BatchGetItemCommand) return batchGet(command.input);
    if (command instanceof BatchWriteItemCommand) return batchWrite(command.input);
    if (command instanceof BatchExecuteStatementCommand) return batchExecute(command.input);
    if (command instanceof QueryCommand) return query(command.input);
    if (command instanceof ScanCommand) return { Items: tableOf(command.input.TableName).items() };
    throw new Error(`the model does not know ${command.constructor.name}`);
  }

  function get({ TableName, Key, ...rest }: GetItemCommandInput) {
    const item = tableOf(TableName).get(Key ?? {});
    return item ? { Item: project(item, rest.ProjectionExpression, rest.ExpressionAttributeNames) } : {};
  }

  function put(input: PutItemCommandInput) {
    const table = tableOf(input.TableName);
    const item = input.Item ?? {};
    const before = table.get(item);
    check(input, before);
    table.set(item, item);
    return input.ReturnValues === 'ALL_OLD' && before ? { Attributes: before } : {};
  }

  function update(input: UpdateItemCommandInput) {
    const table = tableOf(input.TableName);
    const key = input.Key ?? {};
    const before = table.get(key);
    check(input, before);
    const base = before ?? key;
    const after = changed(base, readUpdate(input.UpdateExpression ?? '')(base, placeholdersOf(input)));
    table.set(key, after);
    if (input.ReturnValues === 'ALL_NEW') return { Attributes: after };
    return input.ReturnValues === 'ALL_OLD' && before ? { Attributes: before } : {};
  }

  function remove(input: DeleteItemCommandInput) {
    const table = tableOf(input.TableName);
    const key = input.Key ?? {};
    const before = table.get(key);
    check(input, before);
    if (before) table.set(key, undefined);
    return input.ReturnValues === 'ALL_OLD' && before ? { Attributes: before } : {};
  }

  function batchGet({ RequestItems = {} }: BatchGetItemCommandInput): object {
    const Responses: Record<string, Attributes[]> = {};
    const UnprocessedKeys: Record<string, object> = {};
    for (const [name, request] of Object.entries(RequestItems)) {
      const table = tableOf(name);
      const keys = request.Keys ?? [];
      if (keys.length > 100) throw invalid('Too many items requested for the BatchGetItem call');
      if (new Set(keys.map(table.keyOf)).size < keys.length)
        throw invalid('Provided list of item keys contains duplicates');
      const left = keys.filter(() => faults.unprocessed?.() ?? false);
      const read = keys.filter((key) => !left.includes(key)).map((key) => table.get(key));
      Responses[name] = read
        .filter((item) => item !== undefined)
        .map((item) => project(item, request.ProjectionExpression, request.ExpressionAttributeNames));
      if (left.length > 0) UnprocessedKeys[name] = { ...request, Keys: left };
    }
    return { Responses, UnprocessedKeys };
  }

  function batchWrite({ RequestItems = {} }: BatchWriteItemCommandInput): object {
    for (const [name, requests] of Object.entries(RequestItems)) {
      const table = tableOf(name);
      if (requests.length > 25) throw invalid('Too many items requested for the BatchWriteItem call');
      for (const { PutRequest, DeleteRequest } of requests) {
        if (PutRequest?.Item) table.set(PutRequest.Item, PutRequest.Item);
        if (DeleteRequest?.Key) table.set(DeleteRequest.Key, undefined);
      }
    }
    return { UnprocessedItems: {} };
  }

  function batchExecute({
    Statements = [],
  }: BatchExecuteStatementCommandInput): Partial<BatchExecuteStatementCommandOutput> {
    if (Statements.length < 1 || Statements.length > 25) throw invalid('a batch has 1 to 25 statements');
    const parsed = Statements.map(prepare);
    if (new Set(parsed.map(({ id }) => id)).size < parsed.length) {
      throw invalid('BatchExecuteStatement does not allow multiple statements for the same item');
    }
    return { Responses: parsed.map((one) => execute(one)) };
  }

  /** A statement with its parameters, and the key of the item it is about. */
  function prepare({
    Statement = '',
    Parameters = [],
    ReturnValuesOnConditionCheckFailure,
  }: BatchStatementRequest) {
    if (Statement.length > 8192) throw invalid('a statement has at most 8,192 characters');
    const statement = readStatement(Statement);
    const table = tableOf(statement.table);
    const { hash, range } = table.spec;
    const named =
      statement.kind === 'insert'
        ? statement.sets
        : statement.where.map((one) => [one.name, one.value] as const);
    const key = Object.fromEntries(
      named.flatMap(([name, value]): [string, AttributeValue][] => {
        const given = name === hash || name === range ? value(Parameters) : undefined;
        return given ? [[name, given]] : [];
      }),
    );
    const id = `${statement.table}|${table.keyOf(key)}`;
    return {
      statement,
      table,
      key,
      id,
      Parameters,
      withItem: ReturnValuesOnConditionCheckFailure === 'ALL_OLD',
    };
  }

  function execute({
    statement,
    table,
    key,
    Parameters,
    withItem,
  }: ReturnType<typeof prepare>): BatchStatementResponse {
    const fault = faults.statement?.();
    if (fault) return { Error: { Code: fault as 'ThrottlingError' } };
    const before = table.get(key);
    const values = statement.sets.map(([name, value]) => [name, value(Parameters)] as const);
    if (statement.kind === 'insert') {
      if (before) return { Error: { Code: 'DuplicateItem' } };
      table.set(key, changed({}, values));
      return {};
    }
    const holds = statement.where.every(({ name, comparison, value }) =>
      compare(before?.[name], comparison, value(Parameters)),
    );
    if (!before || !holds) {
      const Item = withItem && before ? { Item: before } : {};
      return { Error: { Code: 'ConditionalCheckFailed', ...Item } };
    }
    const removed = statement.removes.map((name) => [name, undefined] as const);
    table.set(key, changed(before, [...values, ...removed]));
    return {};
  }

  function query(input: QueryCommandInput): object {
    const table = tableOf(input.TableName);
    const placeholders = placeholdersOf(input);
    const isWanted = readCondition(input.KeyConditionExpression ?? '');
    const passes = input.FilterExpression ? readCondition(input.FilterExpression) : () => true;
    const sorted = table.sorted(input.IndexName, partitionOf(input), (item) => isWanted(item, placeholders));
    if (input.ScanIndexForward === false) sorted.reverse();
    const start = input.ExclusiveStartKey;
    const from = start ? sorted.findIndex((item) => table.keyOf(item) === table.keyOf(start)) + 1 : 0;
    const page = sorted.slice(from, from + (input.Limit ?? Infinity));
    const last = from + page.length < sorted.length ? page.at(-1) : undefined;
    return {
      Items: page.filter((item) => passes(item, placeholders)),
      ...(last && { LastEvaluatedKey: last }),
    };
  }

  return {
    /** Runs a command; throws what the service would answer with an error. */
    run,
    items: (table: string): Attributes[] => tableOf(table).items(),
    get: (table: string, key: Attributes): Attributes | undefined => tableOf(table).get(key),
  };
}

export type DynamoModel = ReturnType<typeof createDynamo>;

/** The partition that a query is of: its condition begins with it. */
function partitionOf({ KeyConditionExpression = '', ExpressionAttributeValues }: QueryCommandInput): string {
  const [, name = ''] = /^#?\w+ = (:\w+)/.exec(KeyConditionExpression) ?? [];
  const partition = ExpressionAttributeValues?.[name]?.S;
  if (partition === undefined) throw invalid('Query condition missed key schema element');
  return partition;
}
