import { marshall } from '@aws-sdk/util-dynamodb';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { execute, getItems, insert, keyText, putIf, toAttributes, update } from '../../lib/stores/table.ts';
import { describeOnEngines } from './engines.ts';

test('an item is what the SDK makes of it', () => {
  const value = fc.oneof(fc.jsonValue(), fc.maxSafeInteger(), fc.double(), fc.constant(undefined));
  const attempt = <T>(make: () => T): T | 'refused' => {
    try {
      return make();
    } catch {
      return 'refused';
    }
  };
  fc.assert(
    fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), value), (item) => {
      const theirs = attempt(() => marshall(item, { removeUndefinedValues: true }));
      expect(attempt(() => toAttributes(item))).toEqual(theirs);
    }),
  );
});

const key = (pk: string) => ({ pk, sk: 's' });

describeOnEngines('a table', (store) => {
  test('inserts whole items once, and answers the ones that are there', async () => {
    const { ledger } = store();
    const item = {
      ...key('i1'),
      text: 'é"\'?',
      list: [1, null, 'x'],
      map: { a: { b: 1 } },
      on: true,
      none: undefined,
    };
    expect(await execute(ledger, [insert(ledger, item)])).toEqual([{ kind: 'written' }]);
    const [again] = await execute(ledger, [insert(ledger, { ...key('i1'), text: 'other' })]);
    expect(again?.kind).toBe('conflict');
    const { none: _, ...stored } = item;
    expect((await getItems(ledger, [key('i1')])).get(keyText(key('i1')))).toEqual(stored);
  });

  test('updates under conditions, removes one attribute, and never creates', async () => {
    const { ledger } = store();
    await execute(ledger, [insert(ledger, { ...key('u1'), state: 'a', n: 1, old: 'x' })]);
    const step = update(ledger, key('u1'), { state: 'b', n: 2, new: undefined }, { state: 'a', n: 1 }, 'old');
    expect(await execute(ledger, [step])).toEqual([{ kind: 'written' }]);
    expect((await execute(ledger, [step]))[0]?.kind).toBe('conflict');
    expect((await execute(ledger, [update(ledger, key('u2'), { n: 1 }, {})]))[0]?.kind).toBe('conflict');
    const items = await getItems(ledger, [key('u1'), key('u2')]);
    expect([...items.values()]).toEqual([{ ...key('u1'), state: 'b', n: 2 }]);
  });

  test('a conflict shows the item as it stands, where the engine tells it', async () => {
    const { ledger } = store();
    await execute(ledger, [insert(ledger, { ...key('c1'), n: 7 })]);
    const [conflict] = await execute(ledger, [update(ledger, key('c1'), { n: 8 }, { n: 1 })]);
    if (conflict?.kind !== 'conflict') throw new Error('no conflict');
    expect(conflict.item ?? { n: 7 }).toMatchObject({ n: 7 });
  });

  test('judges each of many statements by itself, in order, 25 a call', async () => {
    const { ledger, sent } = store();
    await execute(ledger, [insert(ledger, key('m10')), insert(ledger, key('m59'))]);
    const statements = Array.from({ length: 60 }, (_, index) => insert(ledger, key(`m${index}`)));
    sent.length = 0;
    const written = await execute(ledger, statements);
    const conflicts = [...written.entries()]
      .filter(([, { kind }]) => kind === 'conflict')
      .map(([index]) => index);
    expect(conflicts).toEqual([10, 59]);
    expect(written.filter(({ kind }) => kind === 'written')).toHaveLength(58);
    expect(sent).toHaveLength(60);
  });

  test('what fails as a call is unknown, and thrown by nobody', async () => {
    const { ledger } = store();
    const waits: number[] = [];
    const lost = { ...ledger, name: 'no-such-table', wait: async (ms: number) => void waits.push(ms) };
    const [written] = await execute(lost, [insert(lost, key('x'))]);
    expect(written?.kind).toBe('unknown');
    expect(waits).toEqual([200, 400]);
  });

  test('reads by key, any number, each once, leaving out what is absent', async () => {
    const { ledger } = store();
    const keys = Array.from({ length: 130 }, (_, index) => key(`r${index}`));
    await execute(
      ledger,
      keys.slice(1).map((one) => insert(ledger, one)),
    );
    const items = await getItems(ledger, [...keys, ...keys]);
    expect(items.size).toBe(129);
    expect(items.has(keyText(keys[0]!))).toBe(false);
    expect(await getItems(ledger, [])).toEqual(new Map());
  });

  test('puts under a condition', async () => {
    const { ledger } = store();
    const put = (n: number) =>
      putIf(ledger, { ...key('p1'), n }, 'attribute_not_exists(n) OR n < :n', { ':n': n });
    expect([await put(2), await put(2), await put(1), await put(3)]).toEqual([true, false, false, true]);
    await expect(
      putIf({ ...ledger, name: 'no-such-table' }, key('p'), 'attribute_not_exists(pk)'),
    ).rejects.toThrow(/\w/);
  });
});
