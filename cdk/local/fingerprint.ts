import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** All that a synthesised stack is made of; dependencies are told by their lock file. */
const SOURCES = ['cdk', 'functions', 'lib', 'cdk.json', 'package-lock.json'];

/** A text that changes whenever a source is changed, added or removed. Reads no file. */
export function fingerprint(root: string, sources: readonly string[] = SOURCES): string {
  const hash = createHash('sha256');
  for (const path of sources.flatMap((name) => filesIn(root, name))) {
    const { mtimeMs, size } = statSync(join(root, path));
    hash.update(`${path} ${mtimeMs} ${size}\n`);
  }
  return hash.digest('hex');
}

function filesIn(root: string, name: string): string[] {
  if (!statSync(join(root, name)).isDirectory()) return [name];
  const entries = readdirSync(join(root, name), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .toSorted();
}
