import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from './open-loop.ts';

/** The clock of this process, in microseconds; the wall's, so that what other processes write down can be compared. */
export const realClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  // A timer may fire up to a millisecond early; whoever waits looks again.
  sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
};
