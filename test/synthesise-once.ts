import { synthesise } from '../cdk/local/synthesise.ts';

/** Vitest's global setup: bundles and synthesises once, so that every test of the stack runs what is in the tree. */
export async function setup(): Promise<void> {
  await synthesise();
}
