import { setTimeout as sleep } from 'node:timers/promises';
import type { KillOptions } from './options.ts';
import { BATCH, type Strike, planStrikes } from './plan.ts';
import type { Watch } from './settle.ts';
import type { StackProcess } from './stack-process.ts';

/** At least this long from post to post: kills must meet work, not an end that waits for it. */
const PACE_MS = 400;
/** Ids of the events of a run. */
export function idsOf(events: number): string[] {
  return Array.from({ length: events }, (_, n) => `event-${n}`);
}

/** Posts batch after batch while the plan strikes; a batch is posted until it is accepted. */
export async function postAndKill(
  options: KillOptions,
  stack: StackProcess,
  { signal, progress, count }: Watch,
) {
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
    if (victim !== undefined) return kill(victim.pid);
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
