import { describe, expect, test } from 'vitest';
import { readStatement } from '../../../cdk/local/partiql.ts';

describe('readStatement', () => {
  test('INSERT: which attributes, and which parameter is whose', () => {
    const { kind, table, sets } = readStatement(
      `INSERT INTO "t-1" VALUE {'pk':?,'sk':?,'fixed':'a,b','state':?}`,
    );

    expect({ kind, table }).toEqual({ kind: 'Insert', table: 't-1' });
    expect([...sets]).toEqual([
      ['pk', 0],
      ['sk', 1],
      ['fixed', undefined],
      ['state', 2],
    ]);
  });

  test('UPDATE: what is set, what is removed, and the parameters of its conditions', () => {
    const statement = readStatement(
      'UPDATE "t" SET "state"=?, "attempt"=? REMOVE "open" WHERE "pk"=? AND "sk"=? AND "owner"=?',
    );

    expect(statement.kind).toBe('Update');
    expect([...statement.sets.keys()]).toEqual(['state', 'attempt']);
    expect(statement.removes).toEqual(['open']);
    expect([...statement.where]).toEqual([
      ['pk', 2],
      ['sk', 3],
      ['owner', 4],
    ]);
  });

  test.each([
    ['SELECT * FROM "t"."due" WHERE "due"=?', { kind: 'Select', table: 't', index: 'due' }],
    ['SELECT "a" FROM "t" WHERE "pk"=?', { kind: 'Select', table: 't' }],
    ['DELETE FROM "t" WHERE "pk"=? AND "sk"=?', { kind: 'Delete', table: 't' }],
  ])('%s', (text, expected) => {
    expect(readStatement(text)).toMatchObject(expected);
  });

  test('a statement it cannot read is an error, not a free pass', () => {
    expect(() => readStatement('DROP TABLE "t"')).toThrow('cannot read PartiQL');
  });
});
