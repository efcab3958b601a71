import { setImmediate as nextTick } from 'node:timers/promises';

/** Time that moves only when everybody waits for it: as far as the earliest of them. */
export interface VirtualClock {
  ms: number;
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<void>;
  /** Real work, during which time stands still. */
  during<T>(work: Promise<T>): Promise<T>;
  /** Resolves when nobody does real work: all that are left wait. */
  readonly quiet: () => Promise<void>;
  /** Drops waits that nobody is interested in any more. */
  forget(): void;
}

/** Turns of the event loop without real work after which everybody is taken to wait. */
const QUIET_TURNS = 4;

export function createVirtualClock(startMs: number): VirtualClock {
  const waiting: { readonly at: number; readonly resolve: () => void }[] = [];
  let working = 0;
  let running = false;

  async function everybodyWaits(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS; quiet = working === 0 ? quiet + 1 : 0) await nextTick();
  }

  async function run(): Promise<void> {
    if (running) return;
    running = true;
    while (waiting.length > 0) {
      await everybodyWaits();
      waiting.sort((a, b) => a.at - b.at);
      const next = waiting.shift();
      if (!next) break;
      clock.ms = Math.max(clock.ms, next.at);
      next.resolve();
    }
    running = false;
  }

  const clock: VirtualClock = {
    ms: startMs,
    now: () => clock.ms,
    wait: (ms) =>
      new Promise((resolve) => {
        waiting.push({ at: clock.ms + ms, resolve });
        void run();
      }),
    async during(work) {
      working++;
      try {
        return await work;
      } finally {
        working--;
      }
    },
    quiet: everybodyWaits,
    forget: () => void waiting.splice(0),
  };
  return clock;
}
