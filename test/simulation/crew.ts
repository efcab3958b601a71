import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Result } from './simulate.ts';
import type { FromThread, Patch, ToThread } from './thread.ts';

export interface Task {
  readonly from: number;
  readonly seeds: number;
  readonly patch?: Patch | undefined;
  /** Hears every result; `stop` ends the run early. */
  readonly onResult: (result: Result) => 'go on' | 'stop';
}

/** Seeds that a thread gets at a time: few, so that threads end together. */
const SHARE = 8;

/** Runs seeds on all cores. Ends when all are done or the listener has heard enough; throws what a thread throws. */
export async function runSeeds({ from, seeds, patch, onResult }: Task, signal?: AbortSignal): Promise<void> {
  let next = from;
  const last = from + seeds - 1;
  let over = false;
  const share = (): ToThread => {
    if (over || next > last) return undefined;
    const range = { from: next, to: Math.min(next + SHARE - 1, last) };
    next = range.to + 1;
    return range;
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
          reject(new Error(`seed ${message.seed}: ${message.error}`));
        } else if (over) end();
        else if (onResult(message.result) === 'stop') end();
      });
    });
  const threads = Math.min(availableParallelism(), Math.ceil(seeds / SHARE));
  await Promise.all(Array.from({ length: threads }, thread));
}
