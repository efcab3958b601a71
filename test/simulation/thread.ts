import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { Plan, Result } from './simulate.ts';

/** A bug to be planted: one piece of a product file becomes another. */
export interface Patch {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export interface ThreadData {
  readonly patch?: Patch | undefined;
}

/** From a thread: it wants plans, has a result, or cannot go on. */
export type FromThread<P extends Plan = Plan> =
  | { readonly kind: 'ready' }
  | { readonly kind: 'result'; readonly plan: P; readonly result: Result }
  | { readonly kind: 'broken'; readonly plan: P; readonly error: string };

if (!parentPort) throw new Error('thread.ts runs in a worker thread');
const port = parentPort;
const { patch }: ThreadData = workerData;
if (patch) plant(patch);
// Errors are most of what a day is made of; `--seed` runs on the main thread, where they have their stacks.
Error.stackTraceLimit = 0;
// Only now, so that the bug is in what it loads.
const { simulate } = await import('./simulate.ts');

port.on('message', (plans: readonly Plan[] | undefined) => {
  if (plans === undefined) port.close();
  else void run(plans);
});
tell({ kind: 'ready' });

async function run(plans: readonly Plan[]): Promise<void> {
  for (const plan of plans) {
    try {
      tell({ kind: 'result', plan, result: await simulate(plan) });
    } catch (error) {
      tell({
        kind: 'broken',
        plan,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    }
  }
  tell({ kind: 'ready' });
}

function tell(message: FromThread): void {
  port.postMessage(message);
}

/** Changes the text of one product file as it is loaded. A patch that does not apply is a mistake. */
function plant({ file, from, to }: Patch): void {
  const path = fileURLToPath(new URL(`../../${file}`, import.meta.url));
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context);
      if (!url.startsWith('file:') || fileURLToPath(url) !== path) return loaded;
      const { source } = loaded;
      const text = typeof source === 'string' ? source : new TextDecoder().decode(source ?? new Uint8Array());
      const parts = text.split(from);
      if (parts.length !== 2) throw new Error(`${file} holds ${parts.length - 1} times: ${from}`);
      return { ...loaded, source: parts.join(to) };
    },
  });
}
