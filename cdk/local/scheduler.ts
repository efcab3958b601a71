import type { ScheduleSpec } from './stack-model.ts';

/** Calls functions at their rates, the first time one interval from now. Gives a function that ends it. */
export function startScheduler(
  schedules: readonly ScheduleSpec[],
  invoke: (label: string, event: unknown) => Promise<unknown>,
): () => void {
  const timers = schedules.map(({ everyMs, target, input }) =>
    setInterval(() => void invoke(target, input), everyMs),
  );
  return () => {
    for (const timer of timers) clearInterval(timer);
  };
}
