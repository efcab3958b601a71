import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundle } from '../../cdk/bundle.ts';
import { BUNDLES } from '../../cdk/functions.ts';
import { ENV } from '../../lib/platform/env.ts';

const temporary = mkdtempSync(join(tmpdir(), 'fanfare-bundle-'));
const outdir = join(temporary, 'dist');
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

/** Runs a module in a process of its own and gives what it prints. */
function run(code: string, env: Record<string, string> = {}): string {
  const only = { PATH: process.env['PATH'] ?? '', ...env };
  return execFileSync(process.execPath, ['--input-type=module', '-e', code], {
    env: only,
    encoding: 'utf8',
  }).trim();
}

/** Prints an expression over the `handler` of the bundle `one`. */
function print(expression: string, env?: Record<string, string>): string {
  return run(
    `import { handler } from '${join(outdir, 'one', 'index.mjs')}'; console.log(${expression});`,
    env,
  );
}

describe('a bundle', () => {
  const from = join(temporary, 'functions');
  beforeAll(() => {
    mkdirSync(from, { recursive: true });
    mkdirSync(join(outdir, 'old'), { recursive: true });
    writeFileSync(
      join(from, 'one.ts'),
      `import { STATUS_CODES, request } from 'node:http';
       import { defaultProvider } from '@aws-sdk/credential-provider-node';
       export const handler = { status: STATUS_CODES[404], request: typeof request, credentials: defaultProvider({}) };`,
    );
    return bundle({ from, outdir, names: ['one'] });
  });

  test('reaches the http modules of Node without importing them', () => {
    expect(print('handler.status, handler.request')).toBe('Not Found function');
    const loaded = 'process.moduleLoadList.some((name) => name.includes("undici"))';
    expect(print(loaded)).toBe('false');
  });

  test('takes credentials from the environment and nowhere else', () => {
    const env = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'token' };
    expect(JSON.parse(print('JSON.stringify(await handler.credentials())', env))).toEqual({
      accessKeyId: 'id',
      secretAccessKey: 'secret',
      sessionToken: 'token',
    });
    expect(print('await handler.credentials().catch((error) => error.message)')).toMatch(/are not set$/);
  });

  test('lies in a folder of its own with its source map, the metafile outside', () => {
    expect(existsSync(join(outdir, 'one', 'index.mjs.map'))).toBe(true);
    expect(existsSync(`${outdir}.meta.json`)).toBe(true);
  });

  test('leaves nothing of an earlier build behind', () => {
    expect(existsSync(join(outdir, 'old'))).toBe(false);
  });

  test('is not begun while a source is missing, and all missing ones are named', async () => {
    await expect(bundle({ from, outdir, names: ['one', 'two', 'three'] })).rejects.toThrow(
      /two\.ts.*three\.ts/,
    );
    expect(existsSync(join(outdir, 'one', 'index.mjs'))).toBe(true);
  });
});

describe('the deployed bundles', () => {
  const dist = join(temporary, 'deployed');
  const sizes = new Map<string, number>();

  beforeAll(async () => {
    const { outputs } = await bundle({ outdir: dist });
    for (const [path, { bytes }] of Object.entries(outputs)) {
      if (path.endsWith('.mjs')) sizes.set(path.split('/').at(-2) as string, bytes / 1024);
    }
  });

  test.each(Object.entries(BUNDLES))('%s stays within its budget', (name, { budgetKiB }) => {
    console.info(`bundle ${name}: ${sizes.get(name)?.toFixed(0)} of ${budgetKiB} KiB`);
    expect(sizes.get(name)).toBeLessThanOrEqual(budgetKiB);
  });

  test('are the same bytes when some of their runs are profiled, with one more file beside each', async () => {
    const sampled = join(temporary, 'sampled');
    await bundle({ outdir: sampled, sampled: true });
    for (const name of Object.keys(BUNDLES)) {
      const [plain, watched] = [dist, sampled].map((folder) => readFileSync(join(folder, name, 'index.mjs')));
      expect(watched!.equals(plain!)).toBe(true);
      expect(existsSync(join(dist, name, 'sampled.mjs'))).toBe(false);
      expect(statSync(join(sampled, name, 'sampled.mjs')).size / 1024).toBeLessThan(64);
    }
  });

  // Node 24 on Lambda refuses a third parameter, the callback. Undici costs 40 ms of each cold start.
  test.each(Object.keys(BUNDLES))(
    '%s exports a handler of at most two parameters and does without undici',
    (name) => {
      const code = `import { handler } from '${join(dist, name, 'index.mjs')}';
      const undici = process.moduleLoadList.some((module) => module.includes('undici'));
      console.log(JSON.stringify({ parameters: handler.length <= 2, undici }));
      process.exit();`;
      expect(JSON.parse(run(code, ENVIRONMENT))).toEqual({ parameters: true, undici: false });
    },
  );
});

/** What a bundle needs to be loaded, not to work. */
const ENVIRONMENT = {
  ...Object.fromEntries(Object.values(ENV).map((variable) => [variable, 'x'])),
  [ENV.deliverQueues]: '{"http":"https://sqs.example/http","urgent":"https://sqs.example/urgent"}',
  [ENV.timeoutSeconds]: '30',
  [ENV.apiUrl]: 'https://api.example.com',
  [ENV.localHosts]: '',
  [ENV.secretsFile]: '',
  AWS_REGION: 'us-east-1',
};
