import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fingerprint } from '../../../cdk/local/fingerprint.ts';

let root: string;
const at = (name: string) => join(root, name);
const taken = () => fingerprint(root, ['lib', 'lock.json']);
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fanfare-fingerprint-'));
  mkdirSync(at('lib/core'), { recursive: true });
  for (const name of ['lib/core/a.ts', 'lib/b.ts', 'lock.json']) writeFileSync(at(name), 'text');
});
afterEach(() => rmSync(root, { recursive: true }));

test('stays the same while nothing changes, whatever lies beside the sources', () => {
  const before = taken();
  writeFileSync(at('other.ts'), 'text');

  expect(taken()).toBe(before);
});

test.each([
  ['a file is longer', () => writeFileSync(at('lib/core/a.ts'), 'longer text')],
  ['a file is as long as before, but newer', () => utimesSync(at('lock.json'), 1, 2)],
  ['a file is added', () => writeFileSync(at('lib/core/c.ts'), '')],
  ['a file is removed', () => rmSync(at('lib/b.ts'))],
  ['a file is moved', () => renameSync(at('lib/b.ts'), at('lib/core/b.ts'))],
])('changes when %s', (_, change) => {
  const before = taken();
  change();

  expect(taken()).not.toBe(before);
});
