import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Plugin } from 'esbuild';
import { bundle } from '../cdk/bundle.ts';
import { httpShim, leanSdk } from '../cdk/bundle-plugins.ts';
import { BUNDLES } from '../cdk/functions.ts';
import { type ColdStart, measure } from './import-cost.ts';

/*
 * What a cold start costs, in CPU time of a fresh process, main thread and helpers together. It is an upper bound
 * for Lambda, whose runtime has loaded part of Node already.
 *
 *     node load/cold-start.ts [bundles | requests | dependencies] [--runs 15]
 */

type Rows = readonly (readonly string[])[];

/** A way to bundle. The first is the one that is deployed. */
export const VARIANTS: Readonly<
  Record<string, { readonly format: 'esm' | 'cjs'; readonly plugins: readonly Plugin[] }>
> = {
  'ESM, shim': { format: 'esm', plugins: [httpShim, leanSdk] },
  'ESM, no shim': { format: 'esm', plugins: [leanSdk] },
  'CJS, shim': { format: 'cjs', plugins: [httpShim, leanSdk] },
  'CJS, no shim': { format: 'cjs', plugins: [leanSdk] },
};

/** What the functions use of each dependency, as a module of its own. zod comes with the schemas it checks. */
export const DEPENDENCIES: Readonly<Record<string, string>> = {
  '@aws-sdk/client-dynamodb': `export { BatchExecuteStatementCommand, BatchGetItemCommand, BatchWriteItemCommand,
    DeleteItemCommand, DynamoDBClient, GetItemCommand, PutItemCommand, QueryCommand, UpdateItemCommand,
    paginateQuery } from '@aws-sdk/client-dynamodb';`,
  '@aws-sdk/client-sqs': `export { ChangeMessageVisibilityBatchCommand, SendMessageBatchCommand, SQSClient }
    from '@aws-sdk/client-sqs';`,
  '@aws-sdk/util-dynamodb': `export { convertToAttr, marshall, unmarshall } from '@aws-sdk/util-dynamodb';`,
  '@smithy/signature-v4': `export { SignatureV4 } from '@smithy/signature-v4';`,
  '@middy/core': `export { default as middy } from '@middy/core';`,
  '@aws-lambda-powertools/metrics': `export { Metrics } from '@aws-lambda-powertools/metrics';`,
  zod: `export { eventInput } from '${join(import.meta.dirname, '../lib/core/event-input.ts')}';`,
  nodemailer: `export { createTransport } from 'nodemailer';`,
};

/** Bundles the functions in every variant: `<folder>/<variant>/<name>/index.*`. */
async function measureBundles(folder: string, runs: number): Promise<Rows> {
  const rows = Object.entries(BUNDLES).map(([name, { budgetKiB }]) => [name, '', String(budgetKiB)]);
  await inEveryVariant(folder, async (pathOf) => {
    for (const row of rows) {
      const cost = await measure(pathOf(row[0] ?? ''), runs);
      row[1] ||= cost.kib.toFixed(0);
      row.push(shown(cost));
    }
  });
  return [['bundle', 'KiB', 'budget', ...Object.keys(VARIANTS)], ...rows];
}

/** Import and a first request, which looks up an API key: the SDK loads Node's HTTP client with its first call. */
async function measureRequests(folder: string, runs: number): Promise<Rows> {
  const rows = Object.keys(REQUESTS).map((name) => [name]);
  const server = createServer((_, answer) => answer.end('{}'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const env = { AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${port}` };
  await inEveryVariant(folder, async (pathOf) => {
    for (const row of rows)
      row.push(shown(await measure(pathOf(row[0] ?? ''), runs, { env, after: requestTo(row[0] ?? '') })));
  });
  server.closeAllConnections();
  server.close();
  return [['bundle', ...Object.keys(VARIANTS)], ...rows];
}

const REQUESTS: Readonly<Record<string, readonly [method: string, path: string]>> = {
  ingest: ['POST', '/v1/events'],
  manage: ['GET', '/v1/catalog'],
};

function requestTo(name: string): string {
  const [method, path] = REQUESTS[name] ?? [];
  const event = {
    rawPath: path,
    rawQueryString: '',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer fan_live_${'0'.repeat(12)}_${'0'.repeat(43)}`,
    },
    body: '{}',
    isBase64Encoded: false,
    requestContext: { http: { method, sourceIp: '127.0.0.1' } },
  };
  return `const { statusCode } = await handler(${JSON.stringify(event)},
      { awsRequestId: 'one', getRemainingTimeInMillis: () => 20_000 });
    if (statusCode !== 401) throw new Error('answered ' + statusCode);`;
}

async function inEveryVariant(
  folder: string,
  run: (pathOf: (name: string) => string) => Promise<void>,
): Promise<void> {
  for (const [variant, options] of Object.entries(VARIANTS)) {
    const outdir = join(folder, fileName(variant));
    await bundle({ outdir, ...options });
    const file = options.format === 'esm' ? 'index.mjs' : 'index.cjs';
    await run((name) => join(outdir, name, file));
  }
}

function shown({ minMs, medianMs }: ColdStart): string {
  return `${minMs.toFixed(0)} / ${medianMs.toFixed(0)}`;
}

/** Bundles of one dependency each, with what the functions import of it. */
async function measureDependencies(folder: string, runs: number): Promise<Rows> {
  // Inside the project, where packages are found.
  const from = mkdtempSync(join(import.meta.dirname, '.dependencies-'));
  try {
    const names = Object.keys(DEPENDENCIES).map(fileName);
    for (const [name, module] of Object.entries(DEPENDENCIES))
      writeFileSync(join(from, `${fileName(name)}.ts`), module);
    const outdir = join(folder, 'dependencies');
    await bundle({ from, outdir, names });
    const rows: string[][] = [];
    for (const name of Object.keys(DEPENDENCIES)) {
      const cost = await measure(join(outdir, fileName(name), 'index.mjs'), runs);
      rows.push([name, cost.kib.toFixed(0), shown(cost)]);
    }
    return [['dependency', 'KiB alone', 'CPU ms'], ...rows];
  } finally {
    rmSync(from, { recursive: true, force: true });
  }
}

function fileName(dependency: string): string {
  return dependency.replaceAll(/\W+/g, '-');
}

/** Rows as a Markdown table. */
function print([head = [], ...rows]: Rows): void {
  for (const row of [head, head.map(() => '---'), ...rows]) console.log(`| ${row.join(' | ')} |`);
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { runs: { type: 'string', default: '15' } },
  });
  const [what = 'bundles'] = positionals;
  const run = { bundles: measureBundles, requests: measureRequests, dependencies: measureDependencies }[what];
  if (!run) throw new Error('measure bundles, requests or dependencies');
  const folder = mkdtempSync(join(tmpdir(), 'fanfare-cold-'));
  try {
    console.log(`CPU ms in a fresh process, minimum / median of ${values.runs}; Node ${process.version}\n`);
    print(await run(folder, Number(values.runs)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
