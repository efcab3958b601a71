import { describe, expect, test } from 'vitest';
import { readDynamoCall } from '../../../cdk/local/dynamo-call.ts';
import { testTables } from '../../../cdk/local/table-spec.ts';
import { type WriteResult, createWriteMeter } from '../../../cdk/local/write-units.ts';

const { ledger } = testTables('t');
const key = { pk: { S: 'p' }, sk: { S: 's' } };

function price(steps: readonly [operation: string, input: object, result?: WriteResult][]): number[] {
  const meter = createWriteMeter([ledger]);
  return steps.map(([operation, input, result = 'written']) => {
    const { writes } = readDynamoCall(operation, { TableName: ledger.name, ...input }, () => ledger);
    return writes.reduce((sum, write) => sum + (write ? meter.units(write, result) : 0), 0);
  });
}

const put = (bytes: number) => ['PutItem', { Item: { ...key, b: { S: 'x'.repeat(bytes) } } }] as const;

describe('write units', () => {
  test('one per started KiB', () => {
    expect(price([[...put(10)], [...put(1_017)], [...put(1_018)], [...put(3_000)]])).toEqual([1, 1, 2, 3]);
  });

  test('a failed condition costs the write, a failed call nothing', () => {
    const indexed = { Item: { ...key, open: { S: 'o' }, openAt: { S: '1' } } };

    expect(
      price([
        ['PutItem', indexed, 'conflict'],
        ['PutItem', indexed, 'failed'],
      ]),
    ).toEqual([1, 0]);
  });

  test('an item pays when it enters, changes in and leaves a sparse index, and nothing while it is outside', () => {
    const update = (UpdateExpression: string) => ({
      Key: key,
      UpdateExpression,
      ExpressionAttributeNames: { '#s': 'state' },
    });

    const units = price([
      ['PutItem', { Item: key }],
      ['UpdateItem', update('SET #s = :v')],
      ['UpdateItem', update('SET #s = :v, open = :o, openAt = if_not_exists(openAt, :n)')],
      ['UpdateItem', update('SET #s = :v')],
      ['UpdateItem', update('SET other = :v')],
      ['UpdateItem', update('SET openAt = :v')],
      ['UpdateItem', update('REMOVE open SET #s = :v')],
      ['UpdateItem', update('SET #s = :v')],
    ]);

    expect(units).toEqual([1, 1, 2, 2, 1, 3, 2, 1]);
  });

  test('a batch of statements is priced statement by statement', () => {
    const Statements = [
      {
        Statement: `INSERT INTO "${ledger.name}" VALUE {'pk':?,'sk':?,'due':?,'dueAt':?}`,
        Parameters: [{ S: 'p' }, { S: 's' }, { S: 'd' }, { S: '1' }],
      },
      { Statement: `SELECT * FROM "${ledger.name}" WHERE "pk"=?`, Parameters: [{ S: 'p' }] },
      {
        Statement: `UPDATE "${ledger.name}" SET "a"=? REMOVE "due" WHERE "pk"=? AND "sk"=?`,
        Parameters: [{ N: '1' }, { S: 'p' }, { S: 's' }],
      },
    ];

    expect(price([['BatchExecuteStatement', { Statements }]])).toEqual([4]);
  });
});
