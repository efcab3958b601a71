import { setTimeout as sleep } from 'node:timers/promises';

/** Epoch milliseconds. */
export type Clock = () => number;

export const now: Clock = () => Date.now();

/** Milliseconds that only go forward: for durations. */
export const monotonic: Clock = () => performance.now();

/** Resolves after so many milliseconds. */
export const wait = async (ms: number): Promise<void> => {
  await sleep(ms);
};
