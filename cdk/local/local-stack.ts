import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ENV } from '../../lib/platform/env.ts';
import { REGION } from './aws-names.ts';
import { createCompute } from './compute.ts';
import { SILENT_VIEW, type View } from './console-view.ts';
import { type Dynamo, type DynamoEngine, startDynamo } from './dynamo.ts';
import type { InvocationResult } from './environment.ts';
import { admit, provideCatalog } from './first-steps.ts';
import { startGate } from './gate.ts';
import { startHttpFront } from './http-front.ts';
import { claimInstance } from './instance.ts';
import { readSecrets, readState, writeState } from './local-state.ts';
import { orPortInUse } from './port-in-use.ts';
import { isFree } from './ports.ts';
import { startPollers } from './pollers.ts';
import { startScheduler } from './scheduler.ts';
import { type QueueDepth, startSqs } from './sqs.ts';
import type { StackModel } from './stack-model.ts';
import { createStats } from './stats.ts';
import { Stoppables } from './stoppables.ts';
import { startSweeper } from './sweeper.ts';
import { synthesise } from './synthesise.ts';
import { createTables } from './tables.ts';
import { readTemplate } from './template.ts';
import { type Twin, startTwin } from './twin/twin.ts';

export interface LocalStackOptions {
  /** Ports of API and twin; 0, the default, takes a free one. */
  readonly port?: number;
  readonly twinPort?: number;
  /** `.fanfare`: state, secrets and data. Absent: a folder of its own that goes when the stack is closed. */
  readonly dir?: string;
  /** Keep queues and tables in memory. Default when there is no `dir`. */
  readonly memory?: boolean;
  /** Catalog file to apply; without it the default one is, when there is no catalog yet. */
  readonly catalog?: string;
  /** Catalog for a tenant that has none. */
  readonly defaultCatalog?: string;
  /** Functions as child processes instead of threads. */
  readonly isolate?: boolean;
  /** Most invocations of one function at a time. Default: 4. */
  readonly concurrency?: number;
  /** Instead of the level in the template. */
  readonly logLevel?: string;
  readonly view?: View;
  readonly engine?: DynamoEngine;
  /** Take the bundles and the template as they are. Default: false. */
  readonly reuse?: boolean;
  /** Folder of the synthesised template. Default: `cdk.out`. */
  readonly cdkOut?: string;
  /** Changes what was read from the template: how tests break a grant. */
  readonly change?: (model: StackModel) => StackModel;
  /** Called when a part that must run has ended by itself. */
  readonly onBroken?: (text: string) => void;
}

/** The whole stack, running. */
export interface LocalStack {
  readonly apiUrl: string;
  readonly twinUrl: string;
  readonly smtpUrl: string;
  readonly apiKey: string;
  readonly statsUrl: string;
  /** Values by reference name. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly engine: DynamoEngine;
  /** Folder of its state. */
  readonly dir: string;
  readonly model: StackModel;
  /** Calls a function by its label, `Timers`, as AWS would. */
  invoke(label: string, event: unknown): Promise<InvocationResult>;
  /** Messages of a queue of the model by state. */
  depth(queue: string): QueueDepth;
  /** Finishes what is in flight, then ends everything. */
  close(): Promise<void>;
}

const DEFAULT_CATALOG = join(import.meta.dirname, '../../test/fixtures/catalog.example.yaml');

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
  const twin = await orPortInUse(startTwinNear(state.smtpUrl, twinPort), twinPort, '--twin-port');
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
async function startTwinNear(smtpUrl: string | undefined, port: number): Promise<Twin> {
  const last = smtpUrl === undefined ? undefined : Number(new URL(smtpUrl).port);
  if (last !== undefined && (await isFree(last))) return startTwin({ port, smtpPort: last, quiet: true });
  return startTwin({ port, quiet: true });
}

function dynamoClient({ endpoint }: Dynamo): DynamoDBClient {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  return new DynamoDBClient({ endpoint, region: REGION, credentials });
}

function hostOf(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port}`;
}
