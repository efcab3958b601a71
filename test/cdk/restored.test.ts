import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseSettings } from '../../cdk/settings.ts';
import { ENV } from '../../lib/platform/env.ts';
import { all } from './rules.ts';
import { synthesise } from './synthesise.ts';

const page = readFileSync('docs/restore.md', 'utf8');

describe('a stack with a ledger that was restored', () => {
  const template = synthesise({ tables: { ledger: 'Fanfare-Ledger-restored' } });
  const own = synthesise();

  test('leaves its old one out, which is retained, and keeps the others', () => {
    const tables = (of: typeof own) => all(of, 'AWS::DynamoDB::GlobalTable').map(({ id }) => id);
    const gone = tables(own).filter((id) => !tables(template).includes(id));
    expect(gone).toEqual([expect.stringMatching(/^FanfareStateLedger/)]);
    expect(own.Resources[gone[0]!]).toMatchObject({
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
    });
    expect(Object.keys(own.Resources).filter((id) => !(id in template.Resources))).toEqual(gone);
    expect(Object.keys(template.Resources).filter((id) => !(id in own.Resources))).toEqual([]);
  });

  test('has every function use it, with rights for it and for its indexes, and none for the old one', () => {
    for (const { Properties } of all(template, 'AWS::Lambda::Function'))
      expect(Properties.Environment.Variables[ENV.ledgerTable]).toBe('Fanfare-Ledger-restored');
    const policies = JSON.stringify(template.Resources);
    for (const end of ['', '/index/due', '/index/open'])
      expect(policies).toContain(`:table/Fanfare-Ledger-restored${end}"`);
    expect(policies).not.toContain('FanfareStateLedger');
  });
});

describe('the page about restoring', () => {
  const template = synthesise();

  const prefixes = [...page.matchAll(/starts_with\(LogicalResourceId, '(\w+)'\)/g)];

  test.each(prefixes.map(([, prefix = '']) => prefix))('finds one resource by %s', (prefix) => {
    expect(Object.keys(template.Resources).filter((id) => id.startsWith(prefix))).toHaveLength(1);
  });

  test('shows settings that are accepted', () => {
    const [, json = ''] = /```json\n([\s\S]*?)```/.exec(page) ?? [];
    const { context } = JSON.parse(json) as { context: { fanfare: object } };
    expect(parseSettings(context.fanfare)).toMatchObject(context.fanfare);
  });
});
