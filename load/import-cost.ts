import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { promisify } from 'node:util';
import { ENV } from '../lib/platform/env.ts';

/** CPU time of a fresh process, main thread and helpers together. */
export interface ColdStart {
  /** Of the bundle, without its source map. */
  readonly kib: number;
  /** Milliseconds of CPU. */
  readonly minMs: number;
  readonly medianMs: number;
}

interface More {
  /** Code to run after the import, with `handler` in its scope. */
  readonly after?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Loads a module in `runs` fresh processes. The minimum is what the code costs, the rest is the machine. */
export async function measure(path: string, runs: number, more: More = {}): Promise<ColdStart> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) times.push(await load(path, more));
  times.sort((a, b) => a - b);
  return {
    kib: statSync(path).size / 1024,
    minMs: times[0] ?? Number.NaN,
    medianMs: times[Math.floor(times.length / 2)] ?? Number.NaN,
  };
}

async function load(path: string, { after = '', env = {} }: More): Promise<number> {
  const code = `const before = process.cpuUsage(); const { handler } = await import(${JSON.stringify(path)}); ${after}
    const { user, system } = process.cpuUsage(before); console.error((user + system) / 1000); process.exit();`;
  const args = ['--input-type=module', '-e', code];
  const { stderr } = await promisify(execFile)(process.execPath, args, {
    env: { ...ENVIRONMENT, ...env },
  });
  return Number(stderr);
}

/** What a bundle needs to be loaded, not to work. */
const ENVIRONMENT = {
  ...Object.fromEntries(Object.values(ENV).map((variable) => [variable, 'x'])),
  [ENV.deliverQueues]: '{"http":"https://sqs.example/http","urgent":"https://sqs.example/urgent"}',
  [ENV.timeoutSeconds]: '30',
  [ENV.apiUrl]: 'https://api.example.com',
  [ENV.localHosts]: '',
  [ENV.secretsFile]: '',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'x',
  AWS_SECRET_ACCESS_KEY: 'x',
};
