import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Plan, Result } from './simulate.ts';
import { nameOfPoint } from './process.ts';
import type { FromThread, Patch } from './thread.ts';

export interface Task<P extends Plan> {
  readonly plans: Iterable<P>;
  readonly patch?: Patch | undefined;
  /** Hears every result; `stop` ends the run early. */
  readonly onResult: (result: Result, plan: P) => 'go on' | 'stop';
}

/** A day leaves much behind at once, and nothing of it lives longer: less is copied where more fits in. */
const YOUNG_MIB = 96;

/** Plans that a thread gets at a time: few, so that threads end together. */
const SHARE = 8;

/** Runs plans on all cores. Ends when all are done or the listener has heard enough; throws what a thread throws. */
export async function runPlans<P extends Plan>(
  { plans, patch, onResult }: Task<P>,
  signal?: AbortSignal,
): Promise<void> {
  const left = plans[Symbol.iterator]();
  let over = false;
  const share = (): P[] | undefined => {
    const some = over ? [] : takeSome(left);
    return some.length > 0 ? some : undefined;
  };
  signal?.addEventListener('abort', () => (over = true));

  const thread = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL('thread.ts', import.meta.url), {
        workerData: { patch },
        resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
      });
      const end = (): void => {
        over = true;
        void worker.terminate();
      };
      worker.on('error', reject);
      worker.on('exit', () => resolve());
      worker.on('message', (message: FromThread<P>) => {
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for browsers
        if (message.kind === 'ready') worker.postMessage(share());
        else if (message.kind === 'broken') {
          end();
          reject(new Error(`${nameOf(message.plan)}: ${message.error}`));
        } else if (over) end();
        else if (onResult(message.result, message.plan) === 'stop') end();
      });
    });
  await Promise.all(Array.from({ length: availableParallelism() }, thread));
}

function takeSome<P>(plans: Iterator<P>): P[] {
  const some: P[] = [];
  while (some.length < SHARE) {
    const next = plans.next();
    if (next.done) break;
    some.push(next.value);
  }
  return some;
}

function nameOf({ seed, crashPoints = [] }: Plan): string {
  return [`seed ${seed}`, ...crashPoints.map(nameOfPoint)].join(', and ');
}

/** One plan a seed. */
export function* seedsFrom(first: number, count: number): Generator<Plan> {
  for (let seed = first; seed < first + count; seed++) yield { seed };
}
