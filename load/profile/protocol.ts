import type { Findings, ProbeName } from './probes.ts';

/** The threads of the functions and whoever profiles them talk over this `BroadcastChannel` of the process. */
export const CHANNEL = 'fanfare.profile';

export type ToThreads =
  /** Begins round n; a thread that has begun it already has nothing to do. */
  { readonly kind: 'start'; readonly round: number; readonly probe: ProbeName } | { readonly kind: 'stop' };

export type FromThread =
  /** It has started; the label of its function, and its number. */
  | { readonly kind: 'hello'; readonly thread: ThreadId }
  | { readonly kind: 'found'; readonly thread: ThreadId; readonly findings: Findings };

export interface ThreadId {
  readonly label: string;
  readonly number: number;
}
