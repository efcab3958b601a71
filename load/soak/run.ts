import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectQueues } from '../../cdk/local/engines.ts';
import { Stoppables } from '../../cdk/local/stoppables.ts';
import { synthesise } from '../../cdk/local/synthesise.ts';
import { readTemplate } from '../../cdk/local/template.ts';
import { driver } from '../../test/e2e/rig.ts';
import { startEngines } from '../../test/kill/engines-process.ts';
import { type RunDeps, settle } from '../../test/kill/settle.ts';
import { type StackProcess, startStackProcess } from '../../test/kill/stack-process.ts';
import { type Growth, growthOf, sampleMemory } from './memory.ts';

export interface SoakOptions {
  readonly seconds: number;
  /** Events a second, each to three destinations. */
  readonly rate: number;
}

export interface SoakReport {
  readonly events: number;
  readonly wanted: number;
  readonly arrived: number;
  /** Not delivered, by what the ledger says. */
  readonly undelivered: number;
  /** Runs of functions that did not return: an unhandled rejection ends its process. */
  readonly cutShort: number;
  /** Posts that were not answered 202. */
  readonly refused: number;
  readonly postingMs: number;
  readonly settlingMs: number;
  readonly memory: Growth;
}

const DESTINATIONS = 3;
const POSTS_A_SECOND = 5;
const CROWD = 50;
const SAMPLE_MS = 2_000;

/** Posts a steady stream for some time, waits until all of it has settled, and says what came of it. */
export async function soak({ seconds, rate }: SoakOptions, deps: RunDeps): Promise<SoakReport> {
  const parts = new Stoppables();
  try {
    const dir = mkdtempSync(join(tmpdir(), 'fanfare-soak-'));
    parts.add(() => rmSync(dir, { recursive: true, force: true }));
    const { template, stackName, assets } = await synthesise();
    const { queues } = readTemplate(template, { stackName, assets, apiUrl: '', queueBase: '' });
    const engines = await startEngines({ dir: join(dir, 'engines'), queues });
    parts.add(engines.stop);
    let cutShort = 0;
    const request = { dir: join(dir, 'stack'), engines: engines.addresses };
    const stack = startStackProcess(request, { onCutShort: () => cutShort++ });
    parts.add(stack.end);
    await stack.ready();

    const user = driver({ ...engines.addresses, ...(await stack.ready()) });
    const count = async () => arrivedAt(engines.addresses.twinUrl);
    const samples: Map<string, number>[] = [];
    const sampling = setInterval(() => void sample(stack).then((one) => samples.push(one)), SAMPLE_MS);
    parts.add(() => clearInterval(sampling));

    const started = Date.now();
    const posts = seconds * POSTS_A_SECOND;
    const total = Math.ceil(seconds * rate);
    let refused = 0;
    let events = 0;
    for (let post = 0; post < posts; post++) {
      // The first come as a crowd, so that every worker that there will be has begun, and nothing grows by beginning late.
      const dueMs = post < CROWD ? started : started + (post * 1_000) / POSTS_A_SECOND;
      await sleep(Math.max(0, dueMs - Date.now()), undefined, deps);
      const [first, next] = [Math.floor((total * post) / posts), Math.floor((total * (post + 1)) / posts)];
      if (next === first) continue;
      const some = Array.from({ length: next - first }, (_, n) => eventOf(`event-${first + n}`));
      const { status } = await user.call('POST', '/v1/events', some);
      if (status === 202) events += some.length;
      else refused++;
      if (post % POSTS_A_SECOND === 0) deps.progress(`posted ${next} of ${total} · arrived ${await count()}`);
    }
    const posted = Date.now();
    const depth = connectQueues(engines.addresses).depth;
    await settle({ ...deps, count, depths: () => Promise.all(queues.map(async ({ name }) => depth(name))) });
    clearInterval(sampling);
    return {
      events,
      wanted: events * DESTINATIONS,
      arrived: await count(),
      undelivered: await undelivered(user),
      cutShort,
      refused,
      postingMs: posted - started,
      settlingMs: Date.now() - posted,
      memory: growthOf(samples),
    };
  } finally {
    await parts.stop();
  }
}

function eventOf(id: string) {
  return { id, topic: 'soak.test', data: { title: id } };
}

async function sample(stack: StackProcess): Promise<Map<string, number>> {
  const functions = await stack.functions();
  const memory = await sampleMemory(functions.map(({ pid }) => pid));
  return new Map(
    functions.flatMap(({ pid, label }) => {
      const kib = memory.get(pid);
      return kib === undefined ? [] : [[`${label} ${pid}`, kib] as const];
    }),
  );
}

async function arrivedAt(twinUrl: string): Promise<number> {
  const reply = await fetch(`${twinUrl}/inbox.json?last=1`);
  await reply.body?.cancel();
  return Number(reply.headers.get('x-inbox-total'));
}

async function undelivered(user: ReturnType<typeof driver>): Promise<number> {
  const { body } = await user.call('GET', '/v1/deliveries?state=undelivered&limit=1000');
  return (body as { readonly items: readonly unknown[] }).items.length;
}
