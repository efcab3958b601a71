import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ENV } from '../../lib/platform/env.ts';
import { REGION } from './aws-names.ts';
import { createCompute } from './compute.ts';
import { SILENT_VIEW } from './console-view.ts';
import type { TableEngine } from './engines.ts';
import { admit, provideCatalog } from './first-steps.ts';
import { startGate } from './gate.ts';
import { startHttpFront } from './http-front.ts';
import { type Ground, startQueues, startTables } from './ground.ts';
import { claimInstance } from './instance.ts';
import { type LocalState, readSecrets, readState, writeState } from './local-state.ts';
import { orPortInUse } from './port-in-use.ts';
import { isFree } from './ports.ts';
import { startPollers } from './pollers.ts';
import { startScheduler } from './scheduler.ts';
import type { StackModel } from './stack-model.ts';
import type { LocalStack, LocalStackOptions } from './stack-options.ts';
import { type Stats, createStats } from './stats.ts';
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
  const dir = options.dir ?? temporaryFolder(parts);
  const memory = options.memory ?? options.dir === undefined;
  const data = memory ? undefined : join(dir, 'data');
  const instance = claimInstance(dir);
  parts.add(instance.release);
  const state = readState(dir);

  // Ports first: they are what most often goes wrong, and it shows at once.
  const { front, twin } = await openDoors(options, { parts, data, state });
  const { url: twinUrl, smtpUrl } = twin;
  const secretsFile = join(dir, 'secrets.json');
  readSecrets(secretsFile, state, { twinUrl, smtpUrl });

  const stats = createStats([]);
  const objects = join(dir, 'objects');
  const aws = await startAws(options, { parts, data, objects, stats, apiUrl: front.url, twinUrl });
  const { model, gate, sqs, client } = aws;

  const { view = SILENT_VIEW, concurrency = 4, isolate = false, logLevel, preload, onReceived } = options;
  const localHosts = [hostOf(twinUrl), hostOf(smtpUrl)];
  const endpoints = { gateUrl: gate.url, localHosts, secretsFile, logLevel };
  const compute = createCompute(model, { ...endpoints, isolate, preload, concurrency, stats, view });
  parts.add(compute.stop);
  const { routes, permissions } = model;
  const onDenied = view.denied.bind(undefined, 'HttpApi');
  front.serve({ routes, permissions, invoke: compute.invoke, onDenied });

  const { apiKey } = state;
  await admit(apiKey, { client, table: catalogTableOf(model) });
  const addresses = { apiUrl: front.url, apiKey, twinUrl, smtpUrl };
  const fallback = options.defaultCatalog ?? DEFAULT_CATALOG;
  await provideCatalog({ ...addresses, secretsFile, file: options.catalog, fallback, before: state });
  writeState(dir, { apiKey, twinUrl, smtpUrl });

  // What was left in the queues must meet the catalog as it is now: it names the twin's present addresses.
  for (const poller of startPollers(model, { compute, sqs, stats, queueBase: gate.url, onReceived }))
    parts.add(poller.stop);
  parts.add(startScheduler(model.schedules, compute.invoke));
  parts.add(startSweeper(client, model.tables));
  // Before the functions stop, the requests they serve must be answered.
  parts.add(front.close);

  const { statsUrl } = gate;
  const secrets = readSecrets(secretsFile, {}, { twinUrl, smtpUrl });
  instance.announce({ ...addresses, pid: process.pid, secrets, statsUrl });
  let closing = false;
  void aws.dynamo.ended.then(() => closing || options.onBroken?.(`${aws.dynamo.engine} has ended`));
  return {
    ...addresses,
    statsUrl,
    secrets,
    engine: aws.dynamo.engine,
    dir,
    model,
    invoke: compute.invoke,
    depth: async (queue) => sqs.depth(queue),
    close() {
      closing = true;
      return parts.stop();
    },
  };
}

/** What people and providers talk to. */
async function openDoors(
  { port = 0, twinPort = 0, engines }: LocalStackOptions,
  { parts, data, state }: Ground & { readonly state: LocalState },
) {
  const front = await orPortInUse(startHttpFront({ port }), port, '--port');
  parts.add(front.close);
  if (engines) return { front, twin: { url: engines.twinUrl, smtpUrl: engines.smtpUrl } };
  const journal = data && join(data, 'twin.jsonl');
  const twin = await orPortInUse(startTwinNear(state.smtpUrl, twinPort, journal), twinPort, '--twin-port');
  parts.add(() => twin.close());
  return { front, twin };
}

interface AwsGround extends Ground {
  /** Folder of what is put into buckets. */
  readonly objects: string;
  readonly stats: Stats;
  readonly apiUrl: string;
  readonly twinUrl: string;
}

/** What the functions talk to: queues and tables as the template says, behind the gate. */
async function startAws(
  options: LocalStackOptions,
  { parts, data, objects, stats, apiUrl, twinUrl }: AwsGround,
) {
  const [synthesised, dynamo] = await Promise.all([
    synthesise({ outdir: options.cdkOut, reuse: options.reuse, settings: options.settings }),
    startTables(options, { parts, data }),
  ]);
  const gate = await startGate({ stats, onDenied: (options.view ?? SILENT_VIEW).denied });
  parts.add(gate.close);
  const { template, stackName, assets } = synthesised;
  const asRead = readTemplate(template, { stackName, assets, apiUrl, queueBase: gate.url });
  const model = options.change?.(asRead) ?? asRead;

  const sqs = await startQueues(options, { parts, data }, model);
  const client = dynamoClient(dynamo);
  parts.add(() => client.destroy());
  await createTables(client, model.tables);
  const roles = new Map(model.functions.map(({ label, statements }) => [label, statements]));
  gate.enforce({ tables: model.tables, statementsOf: (caller) => roles.get(caller) });
  gate.connect({ sqs: sqs.endpoint, dynamodb: dynamo.endpoint, ses: `${twinUrl}/ses`, objects });
  return { model, gate, sqs, dynamo, client };
}

function catalogTableOf({ functions }: StackModel): string {
  const table = functions.map(({ env }) => env[ENV.catalogTable]).find((name) => name !== undefined);
  if (table === undefined) throw new Error(`no function of the stack has ${ENV.catalogTable}`);
  return table;
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

function dynamoClient({ endpoint }: TableEngine): DynamoDBClient {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  return new DynamoDBClient({ endpoint, region: REGION, credentials });
}

function hostOf(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port}`;
}
