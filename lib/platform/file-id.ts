import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** Names what is in a file: the same for the same bytes. */
export async function fileId(file: URL | string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
    .slice(0, 16);
}
