import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesise } from '../cdk/local/synthesise.ts';

/**
 * Vitest's global setup. Bundles and synthesises once, so that every test of the stack runs what is in the tree.
 * Gives all tests and their child processes one folder for temporary files and removes it at the end: workers are
 * ended by a signal, so what a file leaves to its exit would stay.
 */
export async function setup(): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'fanfare-tests-'));
  process.env['TMPDIR'] = folder;
  await synthesise();
  return () => rmSync(folder, { recursive: true, force: true });
}
