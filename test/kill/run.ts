import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectQueues } from '../../cdk/local/engines.ts';
import type { QueueSpec } from '../../cdk/local/stack-model.ts';
import { Stoppables } from '../../cdk/local/stoppables.ts';
import { synthesise } from '../../cdk/local/synthesise.ts';
import { readTemplate } from '../../cdk/local/template.ts';
import { driver } from '../e2e/rig.ts';
import { startEngines } from './engines-process.ts';
import { type Verdict, arrivalsOf, judge } from './judge.ts';
import type { KillOptions } from './options.ts';
import { idsOf, postAndKill } from './post-and-kill.ts';
import { type RunDeps, replay, settle } from './settle.ts';
import { startStackProcess } from './stack-process.ts';

const DESTINATIONS = ['one', 'two', 'three'];

/** What a run did, and what came of it. */
export interface KillReport extends Verdict {
  readonly events: number;
  readonly wanted: number;
  readonly kills: number;
  readonly stackKills: number;
  /** Deliveries that three deaths in a row had made poison, and that were replayed then. */
  readonly replayed: number;
  /** Runs of functions that a kill ended in their middle, as far as a stack lived to tell. */
  readonly cutShort: number;
  /** Posts that got no 202 and were sent again. */
  readonly postedAgain: number;
  readonly postingMs: number;
  readonly settlingMs: number;
}

/**
 * A killed run's messages come again after this, instead of minutes. Shorter than the lease of its claims (35 s)
 * and than a run may last, which is harder than AWS is.
 */
const VISIBILITY_SECONDS = 10;
/** Receivers take their time, as they do: a kill then meets messages that have arrived and are not yet recorded. */
const REPLY_MS = 250;

export async function runKills(options: KillOptions, deps: RunDeps): Promise<KillReport> {
  const parts = new Stoppables();
  try {
    const dir = mkdtempSync(join(tmpdir(), 'fanfare-kill-'));
    parts.add(() => rmSync(dir, { recursive: true, force: true }));
    const { template, stackName, assets } = await synthesise();
    const { queues } = readTemplate(template, { stackName, assets, apiUrl: '', queueBase: '' });
    const engines = await startEngines({ dir: join(dir, 'engines'), queues: queues.map(impatient) });
    parts.add(engines.stop);
    await fetch(`${engines.addresses.twinUrl}/behaviour/webhook`, {
      method: 'PUT',
      body: JSON.stringify({ delayMs: REPLY_MS }),
    });
    let cutShort = 0;
    const request = { dir: join(dir, 'stack'), engines: engines.addresses };
    const stack = startStackProcess(request, { onCutShort: () => cutShort++ });
    parts.add(stack.end);
    await stack.ready();

    const started = Date.now();
    const count = async () => totalOf(engines.addresses.twinUrl);
    const done = await postAndKill(options, stack, { ...deps, count });
    const posted = Date.now();
    const depth = connectQueues(engines.addresses).depth;
    await settle({ ...deps, count, depths: () => Promise.all(queues.map(async ({ name }) => depth(name))) });
    const settled = Date.now();

    const user = driver({ ...engines.addresses, ...(await stack.ready()) });
    const wanted = idsOf(options.events).flatMap((id) => DESTINATIONS.map((one) => `${id}:${one}`));
    const arrivals = async () => arrivalsOf(await user.inbox('verdict=accepted'));
    const look = (delivery: string) => {
      const [event = '', destination] = delivery.split(':');
      return user.delivery(event, destination);
    };
    const { poisoned } = await judge(wanted, await arrivals(), look);
    await replay(poisoned, user, { ...deps, arrivals });
    const verdict = { ...(await judge(wanted, await arrivals(), look)), replayed: poisoned.length };
    const times = { postingMs: posted - started, settlingMs: settled - posted };
    return { ...verdict, ...done, ...times, events: options.events, wanted: wanted.length, cutShort };
  } finally {
    await parts.stop();
  }
}

function impatient({ name, attributes }: QueueSpec): QueueSpec {
  return { name, attributes: { ...attributes, VisibilityTimeout: String(VISIBILITY_SECONDS) } };
}

async function totalOf(twinUrl: string): Promise<number> {
  const reply = await fetch(`${twinUrl}/inbox.json?last=1`);
  await reply.body?.cancel();
  return Number(reply.headers.get('x-inbox-total'));
}
