import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ENV } from '../../lib/platform/env.ts';
import { REGION } from './aws-names.ts';
import { createCompute } from './compute.ts';
import { SILENT_VIEW } from './console-view.ts';
import { type Dynamo, startDynamo } from './dynamo.ts';
import { admit, provideCatalog } from './first-steps.ts';
import { startGate } from './gate.ts';
import { startHttpFront } from './http-front.ts';
import { claimInstance } from './instance.ts';
import { readSecrets, readState, writeState } from './local-state.ts';
import { orPortInUse } from './port-in-use.ts';
import { isFree } from './ports.ts';
import { startPollers } from './pollers.ts';
import { startScheduler } from './scheduler.ts';
import { startSqs } from './sqs.ts';
import type { LocalStack, LocalStackOptions } from './stack-options.ts';
import { createStats } from './stats.ts';
import { Stoppables } from './stoppables.ts';
import { startSweeper } from './sweeper.ts';
import { synthesise } from './synthesise.ts';
import { createTables } from './tables.ts';
import { readTemplate } from './template.ts';
import { type Twin, startTwin } from './twin/twin.ts';

const DEFAULT_CATALOG = join(import.meta.dirname, '../../test/fixtures/catalog.example.yaml');

export type { LocalStack, LocalStackOptions } from './stack-options.ts';

/** Boots the stack from its synthesised template. What was started is stopped when a later step fails. */
export async function startLocalStack(options: LocalStackOptions = {}): Promise<LocalStack> {
  const parts = new Stoppables();
  try {
    return await boot(options, parts);
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

async function boot(options: LocalStackOptions, parts: Stoppables): Promise<LocalStack> {
  const { view = SILENT_VIEW, port = 0, twinPort = 0, concurrency = 4, isolate = false } = options;
  const dir = options.dir ?? temporaryFolder(parts);
  const memory = options.memory ?? options.dir === undefined;
  const data = memory ? undefined : join(dir, 'data');

  const instance = claimInstance(dir);
  parts.add(() => instance.release());
  const state = readState(dir);
  // Ports first: they are what most often goes wrong, and it shows at once.
  const front = await orPortInUse(startHttpFront({ port }), port, '--port');
  parts.add(() => front.close());
  const twin = await orPortInUse(
    startTwinNear(state.smtpUrl, twinPort, data && join(data, 'twin.jsonl')),
    twinPort,
    '--twin-port',
  );
  parts.add(() => twin.close());
  const { url: twinUrl, smtpUrl } = twin;
  const secretsFile = join(dir, 'secrets.json');
  readSecrets(secretsFile, state, { twinUrl, smtpUrl });
  writeState(dir, { ...state, twinUrl, smtpUrl });

  const [synthesised, dynamo] = await Promise.all([
    synthesise({ outdir: options.cdkOut, reuse: options.reuse }),
    startDynamo({ dir: data && join(data, 'dynamodb'), engine: options.engine }).then((started) => {
      parts.add(() => started.close());
      return started;
    }),
  ]);

  const stats = createStats([]);
  const gate = await startGate({ stats, onDenied: view.denied });
  parts.add(() => gate.close());
  const asRead = readTemplate(synthesised.template, {
    ...synthesised,
    apiUrl: front.url,
    queueBase: gate.url,
  });
  const model = options.change?.(asRead) ?? asRead;

  const sqs = await startSqs({ queues: model.queues, dir: data && join(data, 'sqs') });
  parts.add(() => sqs.close());
  const client = dynamoClient(dynamo);
  parts.add(() => client.destroy());
  await createTables(client, model.tables);
  gate.enforce({
    tables: model.tables,
    statementsOf: (caller) => model.functions.find(({ label }) => label === caller)?.statements,
  });
  gate.connect({ sqs: sqs.endpoint, dynamodb: dynamo.endpoint, ses: `${twinUrl}/ses` });

  const compute = createCompute(model, {
    gateUrl: gate.url,
    localHosts: [hostOf(twinUrl), hostOf(smtpUrl)],
    secretsFile,
    logLevel: options.logLevel,
    isolate,
    concurrency,
    stats,
    view,
  });
  parts.add(() => compute.stop());
  for (const poller of startPollers(model, { compute, sqs, stats, queueBase: gate.url })) {
    parts.add(() => poller.stop());
  }
  parts.add(startScheduler(model.schedules, compute.invoke));
  parts.add(startSweeper(client, model.tables));
  front.serve({ routes: model.routes, invoke: compute.invoke });
  // Before the functions stop, the requests they serve must be answered.
  parts.add(() => front.close());

  const { apiKey } = state;
  const catalogTable = model.functions
    .map(({ env }) => env[ENV.catalogTable])
    .find((name) => name !== undefined);
  await admit(apiKey, { client, table: catalogTable ?? '' });
  await provideCatalog({
    apiUrl: front.url,
    apiKey,
    twinUrl,
    smtpUrl,
    secretsFile,
    file: options.catalog,
    fallback: options.defaultCatalog ?? DEFAULT_CATALOG,
    before: state,
  });

  let closing = false;
  void dynamo.ended.then(() => closing || options.onBroken?.(`${dynamo.engine} has ended`));
  const secrets = readSecrets(secretsFile, {}, { twinUrl, smtpUrl });
  const { url: apiUrl } = front;
  const { statsUrl } = gate;
  instance.announce({ apiUrl, twinUrl, smtpUrl, apiKey, pid: process.pid, secrets, statsUrl });
  return {
    apiUrl,
    twinUrl,
    smtpUrl,
    apiKey,
    statsUrl,
    secrets,
    engine: dynamo.engine,
    dir,
    model,
    invoke: compute.invoke,
    depth: sqs.depth,
    close() {
      closing = true;
      return parts.stop();
    },
  };
}

function temporaryFolder(parts: Stoppables): string {
  const dir = mkdtempSync(join(tmpdir(), 'fanfare-'));
  parts.add(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** The twin with its mail server where it was the last time, if that port is still free: values name it. */
async function startTwinNear(
  smtpUrl: string | undefined,
  port: number,
  journal: string | undefined,
): Promise<Twin> {
  const last = smtpUrl === undefined ? undefined : Number(new URL(smtpUrl).port);
  if (last !== undefined && (await isFree(last)))
    return startTwin({ port, smtpPort: last, quiet: true, journal });
  return startTwin({ port, quiet: true, journal });
}

function dynamoClient({ endpoint }: Dynamo): DynamoDBClient {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  return new DynamoDBClient({ endpoint, region: REGION, credentials });
}

function hostOf(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port}`;
}
