import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApiClient } from '../../cdk/cli/api-client.ts';
import { type LocalStack, startLocalStack } from '../../cdk/local/local-stack.ts';
import type { StackModel } from '../../cdk/local/stack-model.ts';
import { Stoppables } from '../../cdk/local/stoppables.ts';
import { ENV } from '../../lib/platform/env.ts';
import type { Scenario } from './scenarios.ts';
import { type Threads, watchThreads } from './threads.ts';
import { type Waits, createWaits } from './waits.ts';

const CATALOG = join(import.meta.dirname, '../../test/fixtures/catalog.load.yaml');
const INSIDE = new URL('./inside.ts', import.meta.url);

/** The local stack, made ready to be looked into. */
export interface Profiled {
  readonly stack: LocalStack;
  readonly threads: Threads;
  readonly waits: Waits;
  /** Posts for so long; answers what came of it. */
  readonly load: (seconds: number) => Promise<Posted>;
  readonly close: () => Promise<void>;
}

export interface Posted {
  readonly posts: number;
  readonly refused: number;
}

/** Starts the stack for a scenario, and asks after its health first. */
export async function openProfiled(scenario: Scenario): Promise<Profiled> {
  const parts = new Stoppables();
  try {
    const dir = mkdtempSync(join(tmpdir(), 'fanfare-profile-'));
    parts.add(() => rmSync(dir, { recursive: true, force: true }));
    const catalog = join(dir, 'catalog.yaml');
    writeFileSync(catalog, catalogFor(scenario));
    const threads = watchThreads();
    parts.add(threads.close);
    const waits = createWaits();
    const stack = await startLocalStack({
      memory: true,
      catalog,
      preload: INSIDE,
      onReceived: waits.note,
      change: withAllMetrics,
    });
    parts.add(stack.close);
    await checkHealth(stack);
    if (scenario.behaviour) await behave(stack, scenario.behaviour);
    return {
      stack,
      threads,
      waits,
      load: (seconds) => load(scenario, seconds, stack),
      close: () => parts.stop(),
    };
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

function catalogFor({ perSecond }: Scenario): string {
  const text = readFileSync(CATALOG, 'utf8');
  const rate = `    rate: { limit: ${perSecond}, perMs: 1000 }\n`;
  return perSecond === undefined ? text : text.replace('- id: one\n', `- id: one\n${rate}`);
}

/** What is left out by default, because it costs money, is wanted here. */
function withAllMetrics(model: StackModel): StackModel {
  const functions = model.functions.map((spec) => ({
    ...spec,
    env: { ...spec.env, [ENV.observability]: 'full' },
  }));
  return { ...model, functions };
}

async function checkHealth({ apiUrl }: LocalStack): Promise<void> {
  const { status } = await fetch(`${apiUrl}/healthz`);
  if (status !== 200) throw new Error(`the stack is not well: /healthz answers ${status}`);
}

async function behave({ twinUrl }: LocalStack, behaviour: object): Promise<void> {
  const body = JSON.stringify(behaviour);
  const reply = await fetch(`${twinUrl}/behaviour/webhook`, { method: 'PUT', body });
  if (!reply.ok) throw new Error(`the twin does not behave: ${await reply.text()}`);
}

/** Posts at the rate of the scenario, whether earlier posts have been answered or not. */
async function load({ rate, path, body }: Scenario, seconds: number, stack: LocalStack): Promise<Posted> {
  const call = createApiClient(stack);
  const run = `p${randomBytes(6).toString('hex')}`;
  const started = performance.now();
  const open: Promise<number>[] = [];
  for (let n = 0; n < seconds * rate; n++) {
    await sleep(Math.max(0, started + (n * 1_000) / rate - performance.now()));
    open.push(call('POST', path, body(run, n)).then(({ status }) => status));
  }
  const statuses = await Promise.all(open);
  await drained(stack);
  return { posts: statuses.length, refused: statuses.filter((status) => status >= 300).length };
}

const DRAINED_MS = 15_000;

/** Waits until the queues are empty, but not for what is to come later. */
async function drained({ model, depth }: LocalStack): Promise<void> {
  const until = performance.now() + DRAINED_MS;
  for (;;) {
    const depths = await Promise.all(model.queues.map(({ name }) => depth(name)));
    const left = depths.reduce((sum, { ready, delayed, inFlight }) => sum + ready + delayed + inFlight, 0);
    if (left === 0 || performance.now() > until) return;
    await sleep(50);
  }
}
