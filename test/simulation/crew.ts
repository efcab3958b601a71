import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Plan, Result } from './simulate.ts';
import type { FromThread, Patch } from './thread.ts';

export interface Task {
  readonly plans: Iterable<Plan>;
  readonly patch?: Patch | undefined;
  /** Hears every result; `stop` ends the run early. */
  readonly onResult: (result: Result, plan: Plan) => 'go on' | 'stop';
}

/** Plans that a thread gets at a time: few, so that threads end together. */
const SHARE = 8;

/** Runs plans on all cores. Ends when all are done or the listener has heard enough; throws what a thread throws. */
export async function runPlans({ plans, patch, onResult }: Task, signal?: AbortSignal): Promise<void> {
  const left = plans[Symbol.iterator]();
  let over = false;
  const share = (): Plan[] | undefined => {
    const some = over ? [] : takeSome(left);
    return some.length > 0 ? some : undefined;
  };
  signal?.addEventListener('abort', () => (over = true));

  const thread = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL('thread.ts', import.meta.url), { workerData: { patch } });
      const end = (): void => {
        over = true;
        void worker.terminate();
      };
      worker.on('error', reject);
      worker.on('exit', () => resolve());
      worker.on('message', (message: FromThread) => {
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for browsers
        if (message.kind === 'ready') worker.postMessage(share());
        else if (message.kind === 'broken') {
          end();
          reject(new Error(`seed ${message.plan.seed}: ${message.error}`));
        } else if (over) end();
        else if (onResult(message.result, message.plan) === 'stop') end();
      });
    });
  await Promise.all(Array.from({ length: availableParallelism() }, thread));
}

function takeSome(plans: Iterator<Plan>): Plan[] {
  const some: Plan[] = [];
  while (some.length < SHARE) {
    const next = plans.next();
    if (next.done) break;
    some.push(next.value);
  }
  return some;
}

/** One plan a seed. */
export function* seedsFrom(first: number, count: number): Generator<Plan> {
  for (let seed = first; seed < first + count; seed++) yield { seed };
}
