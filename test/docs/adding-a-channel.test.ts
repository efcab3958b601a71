import { execFile } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { ROOT, readDocument } from '../docs.ts';

const folder = mkdtempSync(join(tmpdir(), 'fanfare-channel-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Code blocks of the page by the path behind their language. */
function blocks(): Map<string, string> {
  const found = readDocument('docs/adding-a-channel.md').matchAll(/```ts (\S+)\n([\s\S]*?)```/g);
  return new Map([...found].map(([, path = '', code = '']) => [path, code]));
}

/** What the example touches, in a copy of its own: a file of the example must never be seen by other tests. */
function copyProject(): void {
  for (const part of [
    'lib',
    'cdk',
    'functions',
    'test/conformance',
    'test/simulation',
    'test/channels/sample.ts',
    'package.json',
    'tsconfig.json',
  ])
    cpSync(join(ROOT, part), join(folder, part), { recursive: true, filter: isPart });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(
    join(folder, 'vitest.config.ts'),
    "export default { test: { include: ['test/**/*.test.ts'], testTimeout: 20_000 } };\n",
  );
}

/** The command line lives through the simulation's night; its tests are none of a channel's. */
function isPart(path: string): boolean {
  return !/\/simulation\/.*\.test\.ts$/.test(path);
}

function followPage(): void {
  for (const [path, code] of blocks()) {
    const file = join(folder, path);
    if (path.endsWith('/index.ts')) appendFileSync(file, code);
    else if (path.endsWith('/samples.ts'))
      writeFileSync(
        file,
        readFileSync(file, 'utf8').replace(/^\];$/m, () => `${code}];`),
      );
    else writeFileSync(file, code);
  }
}

/** Runs a tool of the project in the copy; its output when it fails. */
async function run(tool: string, ...args: string[]): Promise<string> {
  const bin = join(ROOT, 'node_modules', tool);
  return promisify(execFile)(process.execPath, [bin, ...args], { cwd: folder }).then(
    () => '',
    ({ stdout, stderr }: { stdout: string; stderr: string }) => `${stdout}\n${stderr}`,
  );
}

test(
  'the page about new channels makes a channel that compiles and passes its tests',
  { timeout: 120_000 },
  async () => {
    copyProject();
    followPage();

    const problems = await Promise.all([
      run('typescript/bin/tsc', '-p', '.'),
      run('vitest/vitest.mjs', 'run', '--reporter=dot'),
    ]);

    expect(blocks().size).toBe(4);
    expect(problems).toEqual(['', '']);
  },
);
