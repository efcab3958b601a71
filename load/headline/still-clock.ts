import { setTimeout as sleep } from 'node:timers/promises';

/** From here on a wait is a deadline, not a pause before a send. */
const LONG_MS = 1_000;

interface Wait {
  readonly until: number;
  readonly wake: () => void;
}

/**
 * A clock that stands still while code runs, and moves on when it waits, from one wait to the next. On a machine that
 * others use as well a process stands still for longer than a slot may be missed by, and what that costs is another
 * question (`load/limiter.ts`).
 */
export function createStillClock() {
  let ms = Date.now();
  const waits: Wait[] = [];

  function moveOn(): void {
    let next = 0;
    for (const [index, { until }] of waits.entries()) if (until < waits[next]!.until) next = index;
    const [{ until, wake }] = waits.splice(next, 1) as [Wait];
    ms = Math.max(ms, until);
    wake();
    if (waits.length > 0) setImmediate(moveOn);
  }

  return {
    now: () => ms,
    /** Catches up with the time of the machine. */
    catchUp: () => void (ms = Math.max(ms, Date.now())),
    async wait(forMs: number): Promise<void> {
      if (forMs >= LONG_MS) return await sleep(forMs, undefined, { ref: false });
      await new Promise<void>((wake) => {
        if (waits.push({ until: ms + forMs, wake }) === 1) setImmediate(moveOn);
      });
    },
  };
}

export type StillClock = ReturnType<typeof createStillClock>;
