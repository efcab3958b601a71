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

/** A line of a tally that an event has to pass. */
export interface Gate {
  /** Name of the tally. */
  readonly name: string;
  readonly line: string;
  readonly bound: Bound;
  /** It is let through always, and what it leaves behind is a line on which nothing has passed. */
  readonly clears?: boolean;
}

/** An event that asks to be let through all of its gates. */
export interface Asking<G extends Gate = Gate> {
  readonly event: string;
  readonly gates: readonly G[];
}

/** Tallies by name. */
export type Tallies = ReadonlyMap<string, Tally>;

export interface Told<G extends Gate = Gate> {
  /** The first gate that each may not pass, in order; `undefined`: it is let through. */
  readonly refusals: readonly (G | undefined)[];
  /** The tallies afterwards, each the very same when nothing has changed in it. */
  readonly after: Tallies;
}

/**
 * Lets events through, one after the other. One that was let through before is so again, and counts once: what asks
 * twice is another run of the same fan-out. What one gate refuses has passed none: it leaves no trace, and takes back
 * what it left when it asked before, or the next one would be a duplicate of what nobody heard.
 */
export function letThrough<G extends Gate>(
  tallies: Tallies,
  asking: readonly Asking<G>[],
  nowMs: number,
): Told<G> {
  const after = new Map(tallies);
  const refusals = asking.map(({ event, gates }) => {
    const steps = gates.map((gate) => {
      const passed = after.get(gate.name)?.get(gate.line) ?? NOTHING;
      return { gate, passed, next: pass(passed, event, gate, nowMs) };
    });
    const refusal = steps.find(({ next }) => next === undefined);
    for (const { gate, passed, next } of steps) {
      const left = refusal || !next ? without(passed, event) : next;
      if (left !== passed) after.set(gate.name, new Map(after.get(gate.name)).set(gate.line, left));
    }
    return refusal?.gate;
  });
  return { refusals, after };
}

const NOTHING: readonly Passed[] = [];

/** A line behind an event that passes; `undefined`: it may not. */
function pass(
  passed: readonly Passed[],
  event: string,
  { bound, clears }: Gate,
  nowMs: number,
): readonly Passed[] | undefined {
  if (clears) return passed.length > 0 ? NOTHING : passed;
  if (passed.some((one) => one.event === event)) return passed;
  const recent = withinBound(passed, bound, nowMs);
  return recent.length < bound.max ? [...recent, { event, at: nowMs }] : undefined;
}

function without(passed: readonly Passed[], event: string): readonly Passed[] {
  return passed.some((one) => one.event === event) ? passed.filter((one) => one.event !== event) : passed;
}

/** What still counts at a time. */
export function withinBound(passed: readonly Passed[], { perMs }: Bound, nowMs: number): readonly Passed[] {
  return passed.filter(({ at }) => at > nowMs - perMs);
}
