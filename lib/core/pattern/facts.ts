import { isObject } from '../is-object.ts';
import { isScalar, type Scalar } from './formula.ts';

/** A step of the paths that are asked for; the root has no name. */
interface Step {
  readonly steps: Map<string, Step>;
  slot: number;
}

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
      at = next;
    }
    if (at.slot < 0) at.slot = this.#size++;
    return at.slot;
  }

  /** Looks up everything that is asked for; costs one visit of each member beside the paths. Never throws. */
  factsOf(event: unknown): Facts {
    const values: (Scalar[] | undefined)[] = Array.from({ length: this.#size });
    const scattered = new Set<number>();
    if (isObject(event)) collect(event, this.#root, false, 0);
    return { event, values, scattered };

    function collect(value: unknown, step: Step, apart: boolean, depth: number): void {
      if (depth > MAX_DEPTH) return;
      if (isScalar(value)) return found(step.slot, value, apart);
      if (Array.isArray(value)) {
        const inner = apart || value.filter((element) => !isScalar(element)).length > 1;
        for (const element of value) collect(element, step, inner, depth + 1);
      } else if (typeof value === 'object' && value !== null && step.steps.size > 0) {
        for (const name of Object.keys(value)) {
          const below = step.steps.get(name) ?? dotted(step, name);
          if (below) collect(Reflect.get(value, name), below, apart, depth + 1);
        }
      }
    }

    function found(slot: number, value: Scalar, apart: boolean): void {
      if (slot < 0) return;
      if (apart) scattered.add(slot);
      const list = values[slot];
      if (list) list.push(value);
      else values[slot] = [value];
    }
  }
}

function newStep(): Step {
  return { steps: new Map(), slot: -1 };
}

/** An event may spell the steps of a path in one name. */
function dotted(step: Step, name: string): Step | undefined {
  if (!name.includes('.')) return undefined;
  let at: Step | undefined = step;
  for (const part of name.split('.')) at = at?.steps.get(part);
  return at;
}
