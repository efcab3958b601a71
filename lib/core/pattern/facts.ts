import { isObject } from '../is-object.ts';
import { isScalar, type Scalar } from './formula.ts';

/** A step of the paths that are asked for; the root has no name. */
interface Step {
  readonly steps: Map<string, Step>;
  /** Where the names lead that events were seen to have: to a step, or nowhere. */
  readonly seen: Map<string, Step | undefined>;
  slot: number;
}

/** Producers make up names without end. */
const MAX_SEEN = 1_000;
/** Nor do they need to be short: what is longer is looked up each time. */
const MAX_SEEN_LENGTH = 128;

/** JSON that passed our border is at most 32 deep; what is deeper than this is not looked at. */
const MAX_DEPTH = 500;

/** The values of an event that some formula asks for. */
export interface Facts {
  readonly event: unknown;
  /** Values by slot; nothing where the event has none. */
  readonly values: readonly (Scalar[] | undefined)[];
  /** Slots with values that lie in different elements of an array, so that some may not belong together. */
  readonly scattered: ReadonlySet<number>;
}

/** The paths that formulas ask for, each with a number, so that an event is walked once for all of them. */
export class Layout {
  readonly #root: Step = newStep();
  #size = 0;

  /** The number of a path; `{"a.b": ...}` and `{"a": {"b": ...}}` are one path. */
  slotOf(path: readonly string[]): number {
    let at = this.#root;
    for (const name of path) {
      const next = at.steps.get(name) ?? newStep();
      at.steps.set(name, next);
      at.seen.clear();
      at = next;
    }
    if (at.slot < 0) at.slot = this.#size++;
    return at.slot;
  }

  /** Looks up everything that is asked for; costs one visit of each member beside the paths. Never throws. */
  factsOf(event: unknown): Facts {
    const facts: Collected = { event, values: Array<Scalar[] | undefined>(this.#size), scattered: NONE };
    if (isObject(event)) collectMembers(event, this.#root, facts, false, 0);
    return facts;
  }
}

interface Collected extends Facts {
  readonly values: (Scalar[] | undefined)[];
  scattered: Set<number>;
}

/** Of most events; nothing is ever put into it. */
const NONE = new Set<number>();

function scatter(facts: Collected, slot: number): void {
  if (facts.scattered === NONE) facts.scattered = new Set();
  facts.scattered.add(slot);
}

function collect(value: unknown, step: Step, facts: Collected, apart: boolean, depth: number): void {
  if (isScalar(value)) {
    if (step.slot < 0) return;
    if (apart) scatter(facts, step.slot);
    const found = facts.values[step.slot];
    if (found) found.push(value);
    else facts.values[step.slot] = [value];
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
  facts: Collected,
  apart: boolean,
  depth: number,
): void {
  // What JSON is inherits nothing, and a list of the names costs more than they do.
  for (const name in object) {
    const below = stepOf(step, name);
    if (below) collect(object[name], below, facts, apart, depth + 1);
  }
}

function newStep(): Step {
  return { steps: new Map(), seen: new Map(), slot: -1 };
}

/** What is asked for below a name; a name that was seen before costs one look-up. */
function stepOf(step: Step, name: string): Step | undefined {
  const known = step.seen.get(name);
  if (known !== undefined || step.seen.has(name)) return known;
  const below = step.steps.get(name) ?? dotted(step, name);
  if (step.seen.size < MAX_SEEN && name.length <= MAX_SEEN_LENGTH) step.seen.set(name, below);
  return below;
}

/** An event may spell the steps of a path in one name. */
function dotted(step: Step, name: string): Step | undefined {
  if (!name.includes('.')) return undefined;
  let at: Step | undefined = step;
  for (const part of name.split('.')) at = at?.steps.get(part);
  return at;
}
