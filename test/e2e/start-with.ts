import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalStack, startLocalStack } from '../../cdk/local/local-stack.ts';
import { type Driver, driver } from './rig.ts';

/** A stack with this catalog, and its user. */
export async function startWith(catalog: object): Promise<{ stack: LocalStack; user: Driver }> {
  const dir = mkdtempSync(join(tmpdir(), 'fanfare-e2e-'));
  try {
    const file = join(dir, 'catalog.json');
    writeFileSync(file, JSON.stringify(catalog));
    const stack = await startLocalStack({ reuse: true, catalog: file });
    return { stack, user: driver(stack) };
  } finally {
    rmSync(dir, { recursive: true });
  }
}
