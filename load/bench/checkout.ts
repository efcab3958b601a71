import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Code that is compared with. */
export interface Checkout {
  readonly root: string;
  readonly remove: () => void;
}

const ROOT = join(import.meta.dirname, '../..');

/** A folder as it is, or a commit laid out in a folder of its own, with the packages of this one. */
export function checkOut(against: string): Checkout | 'unknown' {
  if (existsSync(join(against, 'package.json'))) return { root: resolve(against), remove: () => {} };
  const root = mkdtempSync(join(tmpdir(), 'fanfare-bench-'));
  const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: ROOT, stdio: 'pipe' });
  const remove = (): void => {
    git('worktree', 'remove', '--force', root);
    rmSync(root, { recursive: true, force: true });
  };
  try {
    git('worktree', 'add', '--detach', root, against);
  } catch {
    rmSync(root, { recursive: true, force: true });
    return 'unknown';
  }
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  return { root, remove };
}
