import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FAULTS, LEVELS, type Proof } from './faults.ts';

describe('the list of faults', () => {
  test('is whole and in order', () => {
    expect(FAULTS.map(({ id }) => id)).toEqual(Array.from({ length: 54 }, (_, n) => `F${n + 1}`));
  });

  test.each(FAULTS)('$id ($fault) is shown by tests that exist', ({ proofs }) => {
    expect(proofs.filter((proof) => !exists(proof))).toEqual([]);
  });

  test.each(FAULTS)('$id is shown at each level that it asks for', ({ levels, proofs }) => {
    const open = levels.filter((level) => !proofs.some(({ file }) => LEVELS[level].where.test(file)));
    expect(levels.length).toBeGreaterThan(0);
    expect(open).toEqual([]);
  });

  test('does not take a test for there that is not', () => {
    const [{ file, title }] = FAULTS[0]!.proofs as [Proof];
    expect(exists({ file, title })).toBe(true);
    expect(exists({ file, title: `${title}, perhaps` })).toBe(false);
    expect(exists({ file: 'simulation/none.test.ts', title })).toBe(false);
  });
});

/** Whether the file has a test, a mutant or a rule of this title: as a whole text between quotes. */
function exists({ file, title }: Proof): boolean {
  const path = join(import.meta.dirname, file);
  if (!existsSync(path)) return false;
  const source = readFileSync(path, 'utf8').replaceAll(String.raw`\'`, "'");
  return [`'${title}'`, `"${title}"`, `\`${title}\``].some((text) => source.includes(text));
}
