import { createClient } from './client.ts';
import type { Target } from './target.ts';

/** A deployed stack, or one that runs already: what only the local stack can count is absent. */
export function remoteTarget(url: string, key: string, now: () => number): Target {
  const { call, close } = createClient({ url, key, now });
  return { name: new URL(url).host, call, stop: async () => close() };
}
