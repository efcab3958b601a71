import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectQueues } from '../../cdk/local/engines.ts';
import type { QueueSpec } from '../../cdk/local/stack-model.ts';
import { Stoppables } from '../../cdk/local/stoppables.ts';
import { synthesise } from '../../cdk/local/synthesise.ts';
import { readTemplate } from '../../cdk/local/template.ts';
import { driver } from '../e2e/rig.ts';
import { startEngines } from './engines-process.ts';
import { type Verdict, arrivalsOf, judge } from './judge.ts';
import type { KillOptions } from './options.ts';
import { BATCH, type Strike, planStrikes } from './plan.ts';
import { type StackProcess, startStackProcess } from './stack-process.ts';

export const DESTINATIONS = ['one', 'two', 'three'];

/** What a run did, and what came of it. */
export interface KillReport extends Verdict {
  readonly events: number;
  readonly wanted: number;
  readonly kills: number;
  readonly stackKills: number;
  /** Runs of functions that a kill ended in their middle, as far as a stack lived to tell. */
  readonly cutShort: number;
  /** Posts that got no 202 and were sent again. */
  readonly postedAgain: number;
  readonly postingMs: number;
  readonly settlingMs: number;
}

export interface RunDeps {
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

/** At least this long from post to post: kills must meet work, not an end that waits for it. */
const PACE_MS = 400;
/**
 * A killed run's messages come again after this, instead of minutes. Shorter than the lease of its claims (35 s)
 * and than a run may last, which is harder than AWS is.
 */
const VISIBILITY_SECONDS = 10;
/** Receivers take their time, as they do: a kill then meets messages that have arrived and are not yet recorded. */
const REPLY_MS = 250;
/** Nothing has moved for so long that nothing will. */
const GIVE_UP_MS = 240_000;

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
    const verdict = await judge(wanted, arrivalsOf(await user.inbox('verdict=accepted')), (delivery) => {
      const [event = '', destination] = delivery.split(':');
      return user.delivery(event, destination);
    });
    const times = { postingMs: posted - started, settlingMs: settled - posted };
    return { ...verdict, ...done, ...times, events: options.events, wanted: wanted.length, cutShort };
  } finally {
    await parts.stop();
  }
}

function impatient({ name, attributes }: QueueSpec): QueueSpec {
  return { name, attributes: { ...attributes, VisibilityTimeout: String(VISIBILITY_SECONDS) } };
}

export function idsOf(events: number): string[] {
  return Array.from({ length: events }, (_, n) => `event-${n}`);
}

interface Posting extends RunDeps {
  /** Messages that have arrived so far. */
  readonly count: () => Promise<number>;
}

/** Posts batch after batch while the plan strikes; a batch is posted until it is accepted. */
async function postAndKill(options: KillOptions, stack: StackProcess, { signal, progress, count }: Posting) {
  const strikes = planStrikes(options);
  const ids = idsOf(options.events);
  const done = { kills: 0, stackKills: 0, postedAgain: 0 };
  for (let batch = 0; batch * BATCH < ids.length; batch++) {
    const now = strikes.filter((strike) => strike.batch === batch);
    const events = ids.slice(batch * BATCH, (batch + 1) * BATCH).map(eventOf);
    const [again] = await Promise.all([
      post(events, stack, signal),
      strikeAll(now, stack, signal),
      sleep(PACE_MS, undefined, { signal }),
    ]);
    done.postedAgain += again;
    for (const { target } of now) done[target === 'stack' ? 'stackKills' : 'kills']++;
    const posted = Math.min(ids.length, (batch + 1) * BATCH);
    progress(
      `posted ${posted} of ${ids.length} · killed ${done.kills} functions, ${done.stackKills} stacks · arrived ${await count()}`,
    );
  }
  return done;
}

function eventOf(id: string) {
  return { id, topic: 'kill.test', data: { title: id } };
}

/** Answers how often it had to post again. */
async function post(events: readonly object[], stack: StackProcess, signal: AbortSignal): Promise<number> {
  for (let again = 0; ; again++) {
    const { apiUrl, apiKey } = await stack.ready();
    const reply = await fetch(`${apiUrl}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(events),
      signal,
    }).catch(() => undefined);
    await reply?.body?.cancel();
    if (reply?.status === 202) return again;
    await sleep(100, undefined, { signal });
  }
}

async function strikeAll(
  strikes: readonly Strike[],
  stack: StackProcess,
  signal: AbortSignal,
): Promise<void> {
  let waited = 0;
  for (const { target, afterMs, pick } of strikes) {
    await sleep(Math.max(0, afterMs - waited), undefined, { signal });
    waited = Math.max(waited, afterMs);
    if (target === 'stack') await stack.strike();
    else await killOne(pick, stack, signal);
  }
}

/** Right after a start there may be no function yet. */
async function killOne(pick: number, stack: StackProcess, signal: AbortSignal): Promise<void> {
  for (;;) {
    const running = await stack.functions();
    const victim = running[Math.floor(pick * running.length)];
    if (victim !== undefined) return kill(victim);
    await sleep(50, undefined, { signal });
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended in this moment by itself: with its stack, or at its time-out.
  }
}

interface Settling extends Posting {
  readonly depths: () => Promise<readonly { ready: number; delayed: number; inFlight: number }[]>;
}

/** Waits until every queue has been empty for a while: then nothing is left that could still arrive. */
async function settle({ signal, progress, count, depths }: Settling): Promise<void> {
  let last = '';
  let movedAt = Date.now();
  for (let empty = 0; empty < 3;) {
    await sleep(1_000, undefined, { signal });
    const all = await depths();
    const sum = (key: 'ready' | 'delayed' | 'inFlight') => all.reduce((total, one) => total + one[key], 0);
    const left = [sum('ready'), sum('delayed'), sum('inFlight')];
    const state = `arrived ${await count()} · queues: ${left[0]} waiting, ${left[1]} delayed, ${left[2]} in flight`;
    progress(`settling · ${state}`);
    empty = left.every((number) => number === 0) ? empty + 1 : 0;
    if (state !== last) movedAt = Date.now();
    last = state;
    if (Date.now() - movedAt > GIVE_UP_MS) return;
  }
}

async function totalOf(twinUrl: string): Promise<number> {
  const reply = await fetch(`${twinUrl}/inbox.json?last=1`);
  await reply.body?.cancel();
  return Number(reply.headers.get('x-inbox-total'));
}
