import { isObject } from '../is-object.ts';
import { Facts } from './facts.ts';
import { isScalar } from './formula.ts';

/** A step of the paths that are asked for; the root has no name. */
interface Step {
  readonly steps: Map<string, Step>;
  /** Whether a path goes on by two steps, which an event may spell in one name. */
  goesOn: boolean;
  /** -1: no path ends here. */
  slot: number;
  /** The members of the last event here, in its order. The next one is mostly of the same make. */
  readonly seen: Seen[];
}

/** A name, and where it leads: to a step, or nowhere. */
interface Seen {
  name: string;
  step: Step | undefined;
}

/** Producers make up names, as many and as long as they like; what is beyond this is looked up each time. */
const MAX_SEEN = 32;
const MAX_SEEN_LENGTH = 64;

/** JSON that passed our border is at most 32 deep; what is deeper than this is not looked at. */
const MAX_DEPTH = 500;

/** The paths that formulas ask for, each with a number, so that an event is walked once for all of them. */
export class Layout {
  readonly #root: Step = newStep();
  readonly #facts = new Facts();
  #size = 0;

  /** How many slots there are. */
  get size(): number {
    return this.#size;
  }

  /** The number of a path; `{"a.b": ...}` and `{"a": {"b": ...}}` are one path. */
  slotOf(path: readonly string[]): number {
    let above: Step | undefined;
    let at = this.#root;
    for (const name of path) {
      const next = at.steps.get(name) ?? newStep();
      at.steps.set(name, next);
      at.seen.length = 0;
      if (above) above.goesOn = true;
      above = at;
      at = next;
    }
    if (at.slot < 0) at.slot = this.#size++;
    return at.slot;
  }

  /**
   * Answers a question about an event: all that is asked for is looked up at once, for one visit of each member beside
   * the paths. The facts hold until the answer is given; then the next event takes their place. Nothing is thrown.
   */
  ask<Answer>(event: unknown, question: (facts: Facts) => Answer): Answer {
    const facts = this.#facts;
    facts.begin(event, this.#size);
    if (isObject(event)) collectMembers(event, this.#root, facts, false, 0);
    const answer = question(facts);
    facts.forget();
    return answer;
  }
}

function newStep(): Step {
  return { steps: new Map(), goesOn: false, slot: -1, seen: [] };
}

function collect(value: unknown, step: Step, facts: Facts, apart: boolean, depth: number): void {
  if (isScalar(value)) {
    if (step.slot >= 0) facts.add(step.slot, value, apart);
  } else if (depth > MAX_DEPTH) {
    // Such an event is made to hurt.
  } else if (Array.isArray(value)) {
    const inner = apart || value.filter((element) => !isScalar(element)).length > 1;
    for (const element of value) collect(element, step, facts, inner, depth + 1);
  } else if (isObject(value) && step.steps.size > 0) collectMembers(value, step, facts, apart, depth);
}

function collectMembers(
  object: Readonly<Record<string, unknown>>,
  step: Step,
  facts: Facts,
  apart: boolean,
  depth: number,
): void {
  const { seen } = step;
  let at = 0;
  // What JSON is inherits nothing, and a list of the names costs more than they do.
  for (const name in object) {
    const last = at < seen.length ? seen[at]! : undefined;
    const below = last !== undefined && last.name === name ? last.step : see(step, name, at);
    if (below !== undefined) collect(object[name], below, facts, apart, depth + 1);
    at++;
  }
}

/** Where a name leads, which is remembered for the next event. */
function see(step: Step, name: string, at: number): Step | undefined {
  const below = step.steps.get(name) ?? (step.goesOn ? dotted(step, name) : undefined);
  if (at >= MAX_SEEN || name.length > MAX_SEEN_LENGTH) return below;
  const last = step.seen[at];
  if (last) {
    last.name = name;
    last.step = below;
  } else if (at === step.seen.length) step.seen.push({ name, step: below });
  return below;
}

/** An event may spell the steps of a path in one name. */
function dotted(step: Step, name: string): Step | undefined {
  if (!name.includes('.')) return undefined;
  let at: Step | undefined = step;
  for (const part of name.split('.')) at = at?.steps.get(part);
  return at;
}
