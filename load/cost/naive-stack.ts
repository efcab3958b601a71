import { join } from 'node:path';
import { bundle } from '../../cdk/bundle.ts';
import type { FunctionSpec, StackModel } from '../../cdk/local/stack-model.ts';
import { ENV } from '../../lib/platform/env.ts';
import { NAIVE_TABLES } from '../naive/tables.ts';
import { NAIVE_ENV } from './naive-env.ts';

/** Where the naive stack takes events, on the API of the local stack. */
export const NAIVE_PATH = '/naive';
/** The key it lets in; nothing but a loopback API is behind it. */
export const NAIVE_KEY = 'naive-key';

const ARN = 'arn:aws:execute-api:us-east-1:000000000000:naive/$default/POST/naive';
const NAMES = ['receiver', 'router', 'sender'] as const;
/** As Fanfare's own event and deliver queues have it. */
const MAPPING = { batchSize: 10, maximumConcurrency: 20, partial: true } as const;
const MEMORY_MB = 512;

/** Bundles the three functions of the naive stack with esbuild as it comes, without what Fanfare adds to it. */
export async function bundleNaive(outdir: string): Promise<void> {
  await bundle({ outdir, from: join(import.meta.dirname, 'naive'), names: NAMES, plugins: [] });
}

/**
 * The naive stack beside Fanfare in one local stack, so that both are counted by the same rules: the same
 * pollers, the same tables and queues, threads of the same kind, on the same machine in the same run.
 */
export function withNaive(model: StackModel, folder: string): StackModel {
  const beside = model.functions.find(({ env }) => env[ENV.eventsQueue] !== undefined)?.env[ENV.eventsQueue];
  if (beside === undefined) throw new Error('no function of the stack knows the queue of events');
  const urlOf = (queue: string): string => beside.replace(/[^/]+$/, queue);
  const env = {
    [NAIVE_ENV.routerQueue]: urlOf('naive-router'),
    [NAIVE_ENV.senderQueue]: urlOf('naive-sender'),
    [NAIVE_ENV.key]: NAIVE_KEY,
    POWERTOOLS_LOG_LEVEL: 'INFO',
  };
  const functions = NAMES.map((name): FunctionSpec => ({
    label: labelOf(name),
    name: `naive-${name}`,
    file: join(folder, name, 'index.mjs'),
    handler: 'handler',
    env,
    timeoutMs: 30_000,
    memoryMb: MEMORY_MB,
    statements: [{ effect: 'Allow', actions: ['*'], resources: ['*'] }],
  }));
  const queues = ['naive-router', 'naive-sender'];
  return {
    ...model,
    functions: [...model.functions, ...functions],
    tables: [...model.tables, ...Object.values(NAIVE_TABLES)],
    queues: [...model.queues, ...queues.map((name) => ({ name, attributes: { VisibilityTimeout: '180' } }))],
    mappings: [
      ...model.mappings,
      { ...MAPPING, queue: 'naive-router', target: labelOf('router') },
      { ...MAPPING, queue: 'naive-sender', target: labelOf('sender') },
    ],
    routes: [...model.routes, { key: `POST ${NAIVE_PATH}`, target: labelOf('receiver'), arn: ARN }],
    permissions: [...model.permissions, { target: labelOf('receiver'), sourceArn: ARN }],
  };
}

function labelOf(name: (typeof NAMES)[number]): string {
  return `Naive${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}
