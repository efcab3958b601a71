import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from './open-loop.ts';

/** The clock of this process, in microseconds; the wall's, so that what other processes write down can be compared. */
export const realClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  // A timer knows whole milliseconds and fires a little early or late, which would count as the server's time: the last
  // one is passed awake. At a hundred requests a second that is a twentieth of a core.
  sleep: (ms, signal) =>
    ms < 1 ? turn() : sleep(Math.floor(ms), undefined, { signal }).catch(() => undefined),
};
