import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
/** Processes take turns on a machine that others use as well. */
const TEST = { timeout: 180_000 };
const CASE = 'reliability/retry-decision';
const SHORT = ['--time', '0.2'];

let dir: string;
/** A copy of this checkout, into which the tests plant what the gate has to find. */
let copy: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'fanfare-gate-'));
  copy = join(dir, 'copy');
  for (const part of ['lib', 'load', 'cdk', 'functions', 'test', 'package.json'])
    cpSync(join(ROOT, part), join(copy, part), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Runs a program of a checkout; its commit is that of this one. */
function run(
  root: string,
  program: string,
  ...args: readonly string[]
): Promise<{ code: number; text: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(root, 'load', program), ...args],
      { cwd: ROOT },
      (error, out, complaints) => resolve({ code: Number(error?.code ?? 0), text: out + complaints }),
    );
  });
}

/** Changes a file of the copy for the length of an act. */
async function planted<T>(
  file: string,
  [from, to]: readonly [string, string],
  act: () => Promise<T>,
): Promise<T> {
  const path = join(copy, file);
  const text = readFileSync(path, 'utf8');
  expect(text).toContain(from);
  writeFileSync(path, text.replace(from, to));
  try {
    return await act();
  } finally {
    writeFileSync(path, text);
  }
}

const GONE = "  if (outcome.kind === 'gone') return { kind: 'discarded', reason: 'gone' };";
/** Deciding does work that leads to nothing: several times its own. */
const SLOW = [
  GONE,
  `${GONE}\n  for (let n = 0; n < 99; n++) if (Math.cos(nowMs + n) > 1) return inDoubt();`,
] as const;
const WRONG = [GONE, `${GONE}\n  if (random < 2) return { kind: 'discarded', reason: 'gone' };`] as const;
const EMF = 'JSON.stringify({ _aws:';
const MORE_BYTES = [EMF, `JSON.stringify({ padding: 'none', _aws:`] as const;

test('fails on a planted slow-down, and lets through what has become faster', TEST, async () => {
  await planted('lib/core/verdict.ts', SLOW, async () => {
    const slower = await run(copy, 'compare.ts', '--gate', CASE, '--against', ROOT, ...SHORT, '--max', '10%');
    expect(slower.text).toMatch(/retry-decision: slower by \d+/);
    expect(slower.code).toBe(1);
    const faster = await run(ROOT, 'compare.ts', '--gate', CASE, '--against', copy, ...SHORT, '--max', '10%');
    expect(faster.text).toContain('Nothing has become worse.');
    expect(faster.code).toBe(0);
  });
});

test(
  'fails on a counter that has grown, whatever the time says, also against a run that was saved',
  TEST,
  async () => {
    const saved = join(dir, 'saved', 'run.json');
    expect((await run(ROOT, 'bench.ts', 'metrics/flush', ...SHORT, '--json', saved)).code).toBe(0);
    const gate = ['--gate', 'metrics/flush', ...SHORT, '--baseline', saved, '--max', '10000%'];
    expect(await run(ROOT, 'compare.ts', ...gate)).toMatchObject({ code: 0 });
    await planted('lib/platform/emf.ts', MORE_BYTES, async () => {
      const more = await run(copy, 'compare.ts', ...gate);
      expect(more.text).toMatch(/metrics\/flush: bytes [\d.]+ -> [\d.]+/);
      expect(more.code).toBe(1);
    });
  },
);

test('measures nothing that does not do what it is timed for', TEST, async () => {
  await planted('lib/core/verdict.ts', WRONG, async () => {
    const { code, text } = await run(copy, 'bench.ts', CASE, ...SHORT);
    expect(text).toContain('does not do what it is timed for');
    expect(code).toBe(1);
  });
});

test('says what it cannot compare with', TEST, async () => {
  const absent = await run(ROOT, 'compare.ts', CASE, '--baseline', join(dir, 'absent.json'));
  expect(absent).toMatchObject({ code: 2 });
  for (const args of [['--max', 'much'], ['nothing'], ['--time', '0'], ['--against', 'no-such-commit']])
    expect(await run(ROOT, 'compare.ts', '--gate', ...args)).toMatchObject({ code: 2 });
});
