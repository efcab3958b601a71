import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  type DynamoDBClient,
  type KeySchemaElement,
  type Projection,
  ResourceInUseException,
  ResourceNotFoundException,
} from '@aws-sdk/client-dynamodb';
import type { IndexSpec, TableSpec } from './table-spec.ts';

/**
 * Creates the tables that do not exist yet. A table that exists with other keys or indexes than the template says is
 * an error, and so is an index that carries something else: its data could not be read, or not be found.
 */
export async function createTables(client: DynamoDBClient, tables: readonly TableSpec[]): Promise<void> {
  await Promise.all(tables.map((table) => createTable(client, table)));
}

async function createTable(client: DynamoDBClient, table: TableSpec): Promise<void> {
  const found = await shapeOf(client, table.name);
  const wanted = shapeText(table);
  if (found === wanted) return;
  if (found !== undefined) {
    throw new Error(
      `table ${table.name} holds data in another shape (${found}; wanted ${wanted}): remove .fanfare/data`,
    );
  }
  try {
    await client.send(new CreateTableCommand(createInput(table)));
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
}

function createInput(table: TableSpec): CreateTableCommandInput {
  const attributes = new Set(
    [table, ...table.indexes].flatMap(({ hash, range }) => (range ? [hash, range] : [hash])),
  );
  return {
    TableName: table.name,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: keySchema(table),
    AttributeDefinitions: [...attributes].map((name) => ({ AttributeName: name, AttributeType: 'S' })),
    ...(table.indexes.length > 0 && {
      GlobalSecondaryIndexes: table.indexes.map((index) => ({
        IndexName: index.name,
        KeySchema: keySchema(index),
        Projection: projection(index.projection),
      })),
    }),
  };
}

function keySchema({ hash, range }: { hash: string; range?: string }): KeySchemaElement[] {
  const key: KeySchemaElement[] = [{ AttributeName: hash, KeyType: 'HASH' }];
  return range ? [...key, { AttributeName: range, KeyType: 'RANGE' }] : key;
}

function projection(wanted: IndexSpec['projection']) {
  if (typeof wanted === 'string') return { ProjectionType: wanted };
  return { ProjectionType: 'INCLUDE' as const, NonKeyAttributes: [...wanted.include] };
}

async function shapeOf(client: DynamoDBClient, name: string): Promise<string | undefined> {
  try {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: name }));
    const indexes = (Table?.GlobalSecondaryIndexes ?? []).map(({ IndexName = '', KeySchema, Projection }) =>
      indexText(IndexName, KeySchema, Projection),
    );
    return [keyNames(Table?.KeySchema), ...indexes.toSorted()].join(' ');
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

function shapeText(table: TableSpec): string {
  const indexes = table.indexes.map((index) =>
    indexText(index.name, keySchema(index), projection(index.projection)),
  );
  return [keyNames(keySchema(table)), ...indexes.toSorted()].join(' ');
}

function indexText(name: string, schema?: readonly KeySchemaElement[], carried?: Projection): string {
  const carries = carried?.NonKeyAttributes?.toSorted() ?? [carried?.ProjectionType];
  return `${name}:${keyNames(schema)}(${carries.join(',')})`;
}

function keyNames(schema: readonly KeySchemaElement[] = []): string {
  return schema
    .toSorted((a, b) => (a.KeyType ?? '').localeCompare(b.KeyType ?? ''))
    .map((key) => key.AttributeName)
    .join('/');
}
