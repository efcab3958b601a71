import type { Answer } from './provider.ts';

/** What was accepted under a key of its sender, for as long as its provider remembers it. */
export interface Accepted {
  readonly find: (key: string, knownMs: number) => Answer | undefined;
  readonly add: (key: string, answer: Answer) => void;
  readonly clear: () => void;
}

/** Beyond so many the oldest are forgotten: load runs send millions. */
const MAX_KEYS = 100_000;

export function createAccepted(now: () => number): Accepted {
  const kept = new Map<string, { readonly answer: Answer; readonly atMs: number }>();
  return {
    find(key, knownMs) {
      const found = kept.get(key);
      return found && now() - found.atMs < knownMs ? found.answer : undefined;
    },
    add(key, answer) {
      kept.delete(key);
      kept.set(key, { answer, atMs: now() });
      const [oldest] = kept.size > MAX_KEYS ? kept.keys() : [];
      if (oldest !== undefined) kept.delete(oldest);
    },
    clear: () => kept.clear(),
  };
}
