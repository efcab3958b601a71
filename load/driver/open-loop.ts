/** Time as the scheduler knows it; tests bring their own. */
export interface Clock {
  /** Epoch ms with fractions, never going back. */
  readonly now: () => number;
  /** Returns early when the signal is given. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

interface Planned {
  /** Ms after the start. */
  readonly atMs: number;
}

/**
 * Fires each shot at its time, whatever has become of the ones before it: a server that stands still finds all that
 * came meanwhile, and each of them has waited since the time it was meant to be sent. Resolves when all are answered.
 */
export async function openLoop<Shot extends Planned>(
  shots: Iterable<Shot>,
  fire: (shot: Shot, meantMs: number) => Promise<void>,
  {
    clock,
    signal,
    startMs,
  }: { readonly clock: Clock; readonly signal: AbortSignal; readonly startMs: number },
): Promise<void> {
  const open = new Set<Promise<void>>();
  for (const shot of shots) {
    const meantMs = startMs + shot.atMs;
    for (let waitMs = meantMs - clock.now(); waitMs > 0; waitMs = meantMs - clock.now()) {
      await clock.sleep(waitMs, signal);
      if (signal.aborted) break;
    }
    if (signal.aborted) break;
    const fired = fire(shot, meantMs).finally(() => open.delete(fired));
    open.add(fired);
  }
  await Promise.all(open);
}
