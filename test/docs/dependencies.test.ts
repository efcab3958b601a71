import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundle } from '../../cdk/bundle.ts';
import { BUNDLES } from '../../cdk/functions.ts';
import { DEPENDENCIES } from '../../load/cold-start.ts';
import { measure } from '../../load/import-cost.ts';
import { ROOT, readDocument } from '../docs.ts';
import { rowsBelow } from './table.ts';

const page = readDocument('docs/dependencies.md');
const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  dependencies: Readonly<Record<string, string>>;
};

describe('the page about dependencies', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fanfare-docs-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const bundles = new Map<string, number>();
  const packages = new Map<string, number>();

  beforeAll(async () => {
    const { outputs } = await bundle({ outdir: join(folder, 'dist') });
    for (const [path, { bytes, inputs }] of Object.entries(outputs)) {
      if (!path.endsWith('.mjs')) continue;
      bundles.set(path.split('/').at(-2) ?? '', bytes / 1024);
      const own = new Map<string, number>();
      for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
        const name = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? '';
        own.set(name, (own.get(name) ?? 0) + bytesInOutput / 1024);
      }
      for (const [name, kib] of own) packages.set(name, Math.max(packages.get(name) ?? 0, kib));
    }
  });

  test('has a row for each bundle, its size within 10 % and its budget', () => {
    const rows = rowsBelow(page, 'Bundles');
    expect(rows.map(([name, , budget]) => [name, Number(budget)])).toEqual(
      Object.entries(BUNDLES).map(([name, { budgetKiB }]) => [name, budgetKiB]),
    );
    for (const [name = '', kib] of rows) expectNear(name, Number(kib), bundles.get(name));
  });

  test('has a row for each dependency, its size within 10 %', () => {
    const rows = rowsBelow(page, 'What is in them');
    expect(new Set(rows.map(([name]) => name))).toEqual(new Set(Object.keys(dependencies)));
    for (const [name = '', kib] of rows) if (kib !== '') expectNear(name, Number(kib), packages.get(name));
  });

  test('has a row for each package of at least 10 KiB that comes along', () => {
    const others = [...packages].filter(([name, kib]) => kib >= 10 && name !== '' && !(name in dependencies));
    const rows = rowsBelow(page, 'What comes along');
    expect(new Set(rows.map(([name]) => name))).toEqual(new Set(others.map(([name]) => name)));
    for (const [name = '', kib] of rows) expectNear(name, Number(kib), packages.get(name));
  });

  test('can be measured again', async () => {
    const measured = new Set([...Object.keys(DEPENDENCIES), 'yaml']);
    expect(measured).toEqual(new Set(Object.keys(dependencies)));
    const { kib, minMs } = await measure(join(folder, 'dist/timers/index.mjs'), 1);
    expect(kib).toBeCloseTo(bundles.get('timers') ?? 0);
    expect(minMs).toBeGreaterThan(0);
  });
});

function expectNear(name: string, documented: number, actual = Number.NaN): void {
  const off = Math.abs(documented - actual) / actual;
  expect([name, documented, actual.toFixed(1), off < 0.1]).toEqual([
    name,
    documented,
    actual.toFixed(1),
    true,
  ]);
}
