import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import { afterAll, expect, test } from 'vitest';
import { leanSdk } from '../../cdk/bundle-plugins.ts';
import { bundle } from '../../cdk/bundle.ts';

const temporary = mkdtempSync(join(tmpdir(), 'fanfare-lean-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

/** What the parts of the SDK answer that are replaced in the bundles. */
const SOURCE = `
import { partition } from '@aws-sdk/core/client';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { dateToUtcString, parseEpochTimestamp, parseRfc3339DateTimeWithOffset, parseRfc7231DateTime } from '@smithy/core/serde';
const at = (date) => date?.toISOString();
const tried = (read, value) => { try { return at(read(value)); } catch { return 'refused'; } };
const regions = ['eu-central-1', 'us-east-1', 'us-gov-west-1', 'cn-north-1', 'ap-southeast-5', 'me-central-1', 'il-central-1', 'mx-central-1', 'eusc-de-east-1', 'us-iso-east-1', 'nowhere'];
const hosts = await Promise.all(regions.slice(0, 4).map(async (region) => {
  const client = new DynamoDBClient({ region, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
  let host;
  client.middlewareStack.add(() => async ({ request }) => { host = request.hostname; throw new Error('seen'); }, { step: 'finalizeRequest', priority: 'low' });
  const { ListTablesCommand } = await import('@aws-sdk/client-dynamodb');
  await client.send(new ListTablesCommand({})).catch(() => undefined);
  return host;
}));
const item = { pk: { S: 'ä' }, list: { L: [{ M: { n: { N: '1' } } }, { BOOL: true }] } };
const bodies = [];
const answering = (statusCode, answer) => new DynamoDBClient({
  region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  requestHandler: { async handle({ body }) {
    bodies.push(JSON.parse(Buffer.from(body).toString()));
    return { response: { statusCode, headers: {}, body: Buffer.from(JSON.stringify(answer)) } };
  } },
});
const { Item: found } = await answering(200, { Item: item }).send(new GetItemCommand({ TableName: 't', Key: { pk: item.pk }, ConsistentRead: undefined }));
const refusal = { __type: 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException', message: 'no', Item: item };
const { name, message, Item: kept } = await answering(400, refusal).send(new PutItemCommand({ TableName: 't', Item: item })).catch((error) => error);
export const seen = {
  calls: { found, name, message, kept, bodies },
  partitions: regions.map((region) => { const { description: _, ...rest } = partition(region); return rest; }),
  hosts,
  dates: [
    dateToUtcString(new Date(1795687200123)),
    ...[1795687200.1234, '1795687200', 0, undefined, 'x'].map((value) => tried(parseEpochTimestamp, value)),
    ...['2026-11-27T01:02:03.5Z', '2026-11-27T01:02:03+02:00', undefined, 'x'].map((value) => tried(parseRfc3339DateTimeWithOffset, value)),
    ...['Fri, 27 Nov 2026 01:02:03 GMT', undefined, 'x'].map((value) => tried(parseRfc7231DateTime, value)),
  ],
};`;

interface Seen {
  readonly hosts: readonly string[];
  readonly calls: { readonly name: string };
}

async function seenIn(name: string, plugins: readonly Plugin[]): Promise<Seen> {
  const outdir = join(temporary, `${name}-out`);
  await bundle({ from: temporary, outdir, names: ['seen'], plugins });
  const { seen }: { seen: Seen } = await import(join(outdir, 'seen', 'index.mjs'));
  return seen;
}

test('what is replaced in the SDK answers as the SDK does', async () => {
  writeFileSync(join(temporary, 'seen.ts'), SOURCE);
  const root = join(import.meta.dirname, '../..');
  const resolve: Plugin = {
    name: 'from-here',
    setup: (build) =>
      build.onResolve({ filter: /^@(aws-sdk|smithy)\// }, ({ path, importer, kind, pluginData }) =>
        importer.startsWith(temporary) && !pluginData
          ? build.resolve(path, { resolveDir: root, kind, pluginData: true })
          : undefined,
      ),
  };
  const lean = await seenIn('lean', [resolve, leanSdk]);
  expect(lean).toEqual(await seenIn('whole', [resolve]));
  expect(lean.calls.name).toBe('ConditionalCheckFailedException');
  expect(lean.hosts).toContain('dynamodb.cn-north-1.amazonaws.com.cn');
});
