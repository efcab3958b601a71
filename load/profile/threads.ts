import { setTimeout as sleep } from 'node:timers/promises';
import { BroadcastChannel } from 'node:worker_threads';
import { type Findings, PROBES, type ProbeName } from './probes.ts';
import { CHANNEL, type FromThread, type ThreadId, type ToThreads } from './protocol.ts';

export interface ThreadFindings {
  readonly thread: ThreadId;
  readonly findings: Findings;
}

/** What runs beside the functions in this process: the load, the emulated queues, the gate, the twin. */
export const STACK_LABEL = 'LocalStack';
/** Time for every thread to hand over what it found. */
const ANSWER_MS = 10_000;

/** Watches the threads of all functions, and the one that the stack itself runs in. */
export function watchThreads() {
  const channel = new BroadcastChannel(CHANNEL);
  const threads = new Map<number, ThreadId>();
  let round = 0;
  let probe: ProbeName | undefined;
  let found = new Map<number, ThreadFindings>();
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for browsers
  const say = (message: ToThreads): void => channel.postMessage(message);

  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- its types know no other way
  channel.onmessage = ({ data }) => {
    const message = data as FromThread;
    const { thread } = message;
    threads.set(thread.number, thread);
    if (message.kind === 'found') found.set(thread.number, { thread, findings: message.findings });
    // Whoever comes late takes part.
    else if (probe !== undefined) say({ kind: 'start', round, probe });
  };

  return {
    /** Starts a probe everywhere; what it gives ends it, and answers what each thread found. */
    async start(name: ProbeName): Promise<() => Promise<ThreadFindings[]>> {
      round++;
      probe = name;
      found = new Map();
      say({ kind: 'start', round, probe: name });
      const stopOwn = await PROBES[name]();
      return async () => {
        probe = undefined;
        const own = { thread: { label: STACK_LABEL, number: 0 }, findings: await stopOwn() };
        say({ kind: 'stop' });
        const until = performance.now() + ANSWER_MS;
        // One that has ended meanwhile answers no more.
        while (found.size < threads.size && performance.now() < until) await sleep(20);
        return [own, ...found.values()];
      };
    },
    close: () => channel.close(),
  };
}

export type Threads = ReturnType<typeof watchThreads>;
