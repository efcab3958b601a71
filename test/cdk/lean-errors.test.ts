import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import { afterAll, expect, test } from 'vitest';
import { leanSdk } from '../../cdk/bundle-plugins.ts';
import { bundle } from '../../cdk/bundle.ts';

const temporary = mkdtempSync(join(tmpdir(), 'fanfare-errors-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

/** Says what every error class of a client makes of an answer. */
const SOURCE = (client: string): string => `
import * as sdk from '@aws-sdk/client-${client}';
const answer = { message: 'no', $metadata: { httpStatusCode: 400 }, Item: 1, Message: 2, CancellationReasons: 3,
  ThrottlingReasons: 4, throttlingReasons: 5 };
export const seen = Object.entries(sdk).filter(([name, one]) => !/ServiceException$/.test(name) && one.shapeId).map(([name, One]) => {
  const error = new One(answer);
  const kinds = [error instanceof One, error instanceof sdk.${client === 'sqs' ? 'SQS' : 'DynamoDB'}ServiceException];
  return [name, One.shapeId, Object.fromEntries(Object.entries(error)), error.message, error.name, kinds];
});`;

async function seenIn(client: string, name: string, plugins: readonly Plugin[]): Promise<unknown> {
  const from = join(temporary, client, name);
  const outdir = `${from}-out`;
  writeFileSync(join(temporary, 'package.json'), '{}');
  await bundle({ from: temporary, outdir, names: [client], plugins });
  const { seen }: { seen: unknown } = await import(join(outdir, client, 'index.mjs'));
  return seen;
}

test.each([
  ['dynamodb', 35],
  ['sqs', 28],
])('the errors of %s that are in the bundles are what the SDK defines', async (client, count) => {
  const root = join(import.meta.dirname, '../..');
  const resolve: Plugin = {
    name: 'from-here',
    setup: (build) =>
      build.onResolve({ filter: /^@aws-sdk\/client-/ }, ({ path, importer }) =>
        importer.startsWith(temporary)
          ? build.resolve(path, { kind: 'import-statement', resolveDir: root })
          : null,
      ),
  };
  writeFileSync(join(temporary, `${client}.ts`), SOURCE(client));
  const lean = await seenIn(client, 'lean', [resolve, leanSdk]);
  expect(lean).toEqual(await seenIn(client, 'plain', [resolve]));
  expect(lean).toHaveLength(count);
});
