import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { bundle } from '../../cdk/bundle.ts';
import { ENV } from '../../lib/platform/env.ts';
import { measure } from '../import-cost.ts';
import { type Measured, type Options, ratioRow } from './rows.ts';
import { deliveryPacks, naiveDeliveries } from './work.ts';
import { openWorld } from './world.ts';

const ROOT = join(import.meta.dirname, '../..');
const SENDER = join(ROOT, 'load/naive/sender-entry.ts');
const QUEUE = 'https://sqs.us-east-1.amazonaws.com/000000000000/queue';
/** A fresh process each; the three take turns. */
const MAX_RUNS = 20;

/** What a cold start of the sender costs until its first call is answered, and until its first notification is out. */
export async function cold({ rounds, receiver, progress }: Options): Promise<Measured> {
  // Within the project, where packages are found.
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, 'dist', 'headline-'));
  const world = await openWorld(receiver);
  try {
    await bundle({ outdir: join(folder, 'fanfare'), names: ['deliver'] });
    const common: BuildOptions = {
      entryPoints: [SENDER],
      bundle: true,
      platform: 'node',
      target: 'node24',
      format: 'esm',
    };
    const bundled = join(folder, 'bundled.mjs');
    const banner = {
      js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);",
    };
    await build({ ...common, outfile: bundled, minify: true, banner, mainFields: ['module', 'main'] });
    const unbundled = join(folder, 'unbundled.mjs');
    await build({ ...common, outfile: unbundled, packages: 'external' });

    const env = {
      ...environment(world.fanfare.tables, receiver),
      AWS_ENDPOINT_URL_DYNAMODB: process.env['AWS_ENDPOINT_URL_DYNAMODB'] ?? '',
    };
    const cpuOf = async (path: string, batch: object, until: Until): Promise<number> =>
      (await measure(path, 1, { env, after: UNTIL[until] + firstBatch(batch) })).minMs;
    const runs = Math.min(rounds, MAX_RUNS);
    const samplesUntil = async (until: Until) => {
      const samples = { fanfareMs: [] as number[], bundledMs: [] as number[], unbundledMs: [] as number[] };
      for (let run = 0; run < runs; run++) {
        progress(`until the ${until}: start ${run + 1} of ${runs}`);
        const ours = join(folder, 'fanfare/deliver/index.mjs');
        samples.fanfareMs.push(await cpuOf(ours, deliveryPacks(1, 1), until));
        samples.bundledMs.push(await cpuOf(bundled, naiveDeliveries(1, receiver), until));
        samples.unbundledMs.push(await cpuOf(unbundled, naiveDeliveries(1, receiver), until));
      }
      return samples;
    };
    const first = await samplesUntil('first call');
    const whole = await samplesUntil('first delivery');
    return {
      rows: [
        ratioRow('cold.cpu.vsNaiveBundled', ['bundledMs', 'fanfareMs'], first),
        ratioRow('cold.cpu.vsNaiveUnbundled', ['unbundledMs', 'fanfareMs'], first),
        ratioRow('cold.delivery.vsNaiveBundled', ['bundledMs', 'fanfareMs'], whole),
      ],
      checks: [],
    };
  } finally {
    await world.close();
    rmSync(folder, { recursive: true, force: true });
    rmSync(`${join(folder, 'fanfare')}.meta.json`, { force: true });
  }
}

function environment(
  { catalog, ledger, limits }: { readonly catalog: string; readonly ledger: string; readonly limits: string },
  receiver: string,
): Record<string, string> {
  return {
    [ENV.catalogTable]: catalog,
    [ENV.ledgerTable]: ledger,
    [ENV.limitsTable]: limits,
    [ENV.localHosts]: new URL(receiver).host,
    [ENV.ownQueue]: QUEUE,
    [ENV.deliverQueues]: JSON.stringify({ http: QUEUE, webhook: QUEUE, urgent: QUEUE }),
  };
}

type Until = 'first call' | 'first delivery';

/** Where a start ends: when AWS has answered for the first time, or when all is done. */
const UNTIL: Readonly<Record<Until, string>> = {
  'first call': `process.getBuiltinModule('node:diagnostics_channel').subscribe(
      'http.client.response.finish', () => {
        const { user, system } = process.cpuUsage(before);
        console.error((user + system) / 1000);
        process.exit();
      });`,
  'first delivery': '',
};

/** Handles one batch, and fails unless all of it was taken care of. */
function firstBatch(batch: object): string {
  return `const { batchItemFailures } = await handler(${JSON.stringify(batch)},
      { awsRequestId: 'one', functionName: 'cold', functionVersion: '1', memoryLimitInMB: '512',
        invokedFunctionArn: 'arn:aws:lambda:us-east-1:0:function:cold', getRemainingTimeInMillis: () => 30_000 });
    if (batchItemFailures.length > 0) throw new Error('not delivered');`;
}
