import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fetchJson } from '../../cdk/cli/fetch-json.ts';
import { connectQueues } from '../../cdk/local/engines.ts';
import type { StatsSnapshot } from '../../cdk/local/stats.ts';
import { Stoppables } from '../../cdk/local/stoppables.ts';
import { synthesise } from '../../cdk/local/synthesise.ts';
import { readTemplate } from '../../cdk/local/template.ts';
import { startEngines } from '../../test/kill/engines-process.ts';
import { sampleMemory } from '../soak/memory.ts';
import { createClient } from './client.ts';
import { createDirect } from './direct.ts';
import type { Emitted } from './emitted.ts';
import type { StackSpec } from './scenario.ts';
import type { FromStack, StackRequest } from './stack-entry.ts';
import type { Probe, Target } from './target.ts';

const ENTRY = join(import.meta.dirname, 'stack-entry.ts');

/** Starts the local stack for one scenario: it in a process, queues, tables and twin in another, the driver in its own. */
export async function startLocalTarget(spec: StackSpec, now: () => number): Promise<Target> {
  const parts = new Stoppables();
  try {
    return await start(spec, now, parts);
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

async function start(spec: StackSpec, now: () => number, parts: Stoppables): Promise<Target> {
  const dir = mkdtempSync(join(tmpdir(), 'fanfare-load-'));
  parts.add(() => rmSync(dir, { recursive: true, force: true }));
  const catalog = join(dir, 'catalog.json');
  writeFileSync(catalog, JSON.stringify(spec.catalog));
  const { template, stackName, assets } = await synthesise();
  const { queues } = readTemplate(template, { stackName, assets, apiUrl: '', queueBase: '' });
  const engines = await startEngines({ queues });
  parts.add(engines.stop);
  const { twinUrl } = engines.addresses;

  const child = fork(ENTRY, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] });
  parts.add(() => end(child));
  const request: StackRequest = { dir, engines: engines.addresses, catalog, workers: spec.workers };
  child.send(request);
  const stack = await messageOf(child);
  if (stack.kind !== 'ready')
    throw new Error(`the stack does not start: ${stack.kind === 'broken' ? stack.text : stack.kind}`);

  const own = createClient({ url: stack.apiUrl, key: stack.apiKey, now });
  const key = spec.key === undefined ? stack.apiKey : stack.secrets[spec.key];
  if (key === undefined) throw new Error(`the catalog of the scenario has no key ${spec.key}`);
  const sender = createClient({ url: stack.apiUrl, key, now });
  const direct = createDirect(twinUrl, now);
  parts.add(() => [own.close(), sender.close(), direct.close()]);
  for (const [id, body] of Object.entries(spec.recipients)) {
    const reply = await own.call('PUT', `/v1/recipients/${id}`, body);
    if (reply.status > 299) throw new Error(`the recipient ${id} is refused: ${reply.body}`);
  }

  const { depth } = connectQueues(engines.addresses);
  const names = queues.map((queue) => queue.name);
  return {
    name: 'the local stack',
    call: sender.call,
    local: {
      ask: own.call,
      inbox: (afterMs) => fetchJson(`${twinUrl}/inbox.json?after=${afterMs}`),
      behave: (how) => behave(twinUrl, spec.behaviours, how),
      async probe() {
        const [depths, stats, memory] = await Promise.all([
          Promise.all(names.map(async (name) => [name, await depth(name)] as const)),
          fetchJson<StatsSnapshot>(stack.statsUrl),
          sampleMemory([child.pid ?? 0, engines.pid]),
        ]);
        return probeOf(depths, stats, { memory, stack: child.pid ?? 0, engines: engines.pid });
      },
      emitted: () => allEmittedBy(child),
      direct: direct.send,
    },
    stop: () => parts.stop(),
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

async function messageOf(child: ChildProcess): Promise<FromStack> {
  const gone = new AbortController();
  try {
    return await Promise.race([
      once(child, 'message', gone).then(([message]) => message as FromStack),
      once(child, 'exit', gone).then(([code]) => {
        throw new Error(`the stack has ended with ${String(code)}`);
      }),
    ]);
  } finally {
    gone.abort();
  }
}

/** A line reaches the stack a moment after its function has ended: what is still on its way is waited for. */
const ON_ITS_WAY_MS = 100;
const LOOKS = 50;

async function allEmittedBy(child: ChildProcess): Promise<Emitted> {
  let seen = await emittedBy(child);
  for (let look = 1; look < LOOKS; look++) {
    await sleep(ON_ITS_WAY_MS);
    const before = seen.lines;
    seen = await emittedBy(child);
    if (seen.lines === before) break;
  }
  return seen;
}

async function emittedBy(child: ChildProcess): Promise<Emitted> {
  child.send('emitted');
  const message = await messageOf(child);
  if (message.kind !== 'emitted') throw new Error(`the stack says ${message.kind}`);
  return message.emitted;
}

async function behave(
  twinUrl: string,
  behaviours: StackSpec['behaviours'],
  how: 'asTold' | 'normally',
): Promise<void> {
  for (const [channel, behaviour] of Object.entries(behaviours)) {
    const body = JSON.stringify(how === 'asTold' ? behaviour : null);
    const reply = await fetch(`${twinUrl}/behaviour/${channel}`, { method: 'PUT', body });
    if (!reply.ok) throw new Error(`behaviours.${channel}: ${await reply.text()}`);
    await reply.body?.cancel();
  }
}

type Depths = readonly (readonly [string, { ready: number; delayed: number; inFlight: number }])[];

function probeOf(
  depths: Depths,
  { functions }: StatsSnapshot,
  of: { readonly memory: ReadonlyMap<number, number>; readonly stack: number; readonly engines: number },
): Probe {
  const sum = (state: 'ready' | 'delayed' | 'inFlight'): number =>
    depths.reduce((total, [, one]) => total + one[state], 0);
  const all = Object.values(functions);
  const full = depths.map(
    ([name, { ready, delayed, inFlight }]) => [name, ready + delayed + inFlight] as const,
  );
  const mib = (pid: number): number => Math.round((of.memory.get(pid) ?? 0) / 1_024);
  return {
    ready: sum('ready'),
    delayed: sum('delayed'),
    inFlight: sum('inFlight'),
    queues: Object.fromEntries(full.filter(([, count]) => count > 0)),
    calls: all.reduce((total, { calls }) => total + calls, 0),
    writeUnits: Math.round(all.reduce((total, { writeUnits }) => total + writeUnits, 0)),
    stackMiB: mib(of.stack),
    enginesMiB: mib(of.engines),
  };
}
