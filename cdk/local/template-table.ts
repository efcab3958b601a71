import type { Properties } from './intrinsics.ts';
import type { IndexSpec, TableSpec } from './table-spec.ts';

interface KeyElement {
  readonly AttributeName: string;
  readonly KeyType: 'HASH' | 'RANGE';
}

interface GlobalIndex {
  readonly IndexName: string;
  readonly KeySchema: readonly KeyElement[];
  readonly Projection: { readonly ProjectionType: string; readonly NonKeyAttributes?: readonly string[] };
}

/** Reads `AWS::DynamoDB::GlobalTable` and `AWS::DynamoDB::Table`, which spell these properties alike. */
export function readTable(name: string, properties: Properties): TableSpec {
  const ttl = properties['TimeToLiveSpecification'] as
    | { AttributeName: string; Enabled?: boolean }
    | undefined;
  const indexes = (properties['GlobalSecondaryIndexes'] ?? []) as readonly GlobalIndex[];
  return {
    name,
    ...keyOf(properties['KeySchema'] as readonly KeyElement[]),
    indexes: indexes.map(readIndex),
    ...(ttl?.Enabled && { ttl: ttl.AttributeName }),
  };
}

function readIndex({ IndexName, KeySchema, Projection }: GlobalIndex): IndexSpec {
  const { ProjectionType, NonKeyAttributes = [] } = Projection;
  const whole = ProjectionType === 'ALL' || ProjectionType === 'KEYS_ONLY';
  return {
    name: IndexName,
    ...keyOf(KeySchema),
    projection: whole ? ProjectionType : { include: NonKeyAttributes },
  };
}

function keyOf(schema: readonly KeyElement[]): { hash: string; range?: string } {
  const named = (type: string) => schema.find(({ KeyType }) => KeyType === type)?.AttributeName;
  const range = named('RANGE');
  return { hash: named('HASH') ?? '', ...(range !== undefined && { range }) };
}
