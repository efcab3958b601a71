/** So many within so much time. */
export interface Bound {
  readonly max: number;
  readonly perMs: number;
}

/** An event that was let through, and when, epoch ms. */
export interface Passed {
  readonly event: string;
  readonly at: number;
}

/** What was let through of late, by line: a line is counted for itself. */
export type Tally = ReadonlyMap<string, readonly Passed[]>;

/** An event that asks to be let through a line. */
export interface Asking {
  readonly line: string;
  readonly event: string;
  readonly bound: Bound;
  /** It is let through always, and what it leaves behind is a line on which nothing has passed. */
  readonly clears?: boolean;
}

export interface Told {
  /** Whether each may pass, in order. */
  readonly passes: readonly boolean[];
  /** The tally afterwards; the very same when nothing has changed. */
  readonly after: Tally;
}

/**
 * Lets events through, one after the other. One that was let through before is so again, and counts once: what asks
 * twice is another run of the same fan-out. What was refused leaves no trace.
 */
export function letThrough(tally: Tally, asking: readonly Asking[], nowMs: number): Told {
  let after = tally;
  const passes = asking.map(({ line, event, bound, clears }) => {
    const passed = after.get(line) ?? [];
    if (clears) {
      if (passed.length > 0) after = new Map(after).set(line, []);
      return true;
    }
    if (passed.some((one) => one.event === event)) return true;
    const recent = withinBound(passed, bound, nowMs);
    if (recent.length >= bound.max) return false;
    after = new Map(after).set(line, [...recent, { event, at: nowMs }]);
    return true;
  });
  return { passes, after };
}

/** What still counts at a time. */
export function withinBound(passed: readonly Passed[], { perMs }: Bound, nowMs: number): readonly Passed[] {
  return passed.filter(({ at }) => at > nowMs - perMs);
}
