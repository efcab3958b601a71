import { bind } from './bind.ts';
import { type Condition, bindCondition } from './condition.ts';
import { type Facts, listOf } from './facts.ts';
import { type Formula, type Leaf, leavesOf, type Scalar } from './formula.ts';
import { Layout } from './layout.ts';

/** Why an event is not wanted. */
export type Mismatch =
  /** A member has other values than were asked for, or none. */
  | {
      readonly kind: 'value';
      /** `data.env` */
      readonly path: string;
      /** The list of a pattern, or the text of a comparison. */
      readonly wanted: unknown;
      /** What the event has there: the first few values, long texts cut. Empty: nothing. */
      readonly had: readonly Scalar[];
      /** It is not wanted because the member does have such a value. */
      readonly negated: boolean;
      /** Of several branches, this is the first; so many others failed too. */
      readonly otherBranches: number;
    }
  /** Each member has a value that was asked for, but not in the same element of their array. */
  | { readonly kind: 'apart'; readonly paths: readonly string[] };

const MAX_VALUES = 5;
const MAX_TEXT = 200;

/** The first thing that keeps a condition from being true of an event; `undefined`: nothing does. */
export function mismatchOf(condition: Condition, event: unknown): Mismatch | undefined {
  const layout = new Layout();
  const holds = bindCondition(condition, layout);
  return layout.ask(event, (facts) => (holds(facts) ? undefined : firstFault(condition, { facts, layout })));
}

function firstFault(condition: Condition, ask: Ask): Mismatch {
  if (!isTrue(condition.formula, ask)) return culprit(condition.formula, false, ask);
  const scattered = leavesOf(condition.pattern ?? condition.formula).filter(({ path }) =>
    ask.facts.scattered.has(ask.layout.slotOf(path)),
  );
  return { kind: 'apart', paths: [...new Set(scattered.map(({ path }) => path.join('.')))] };
}

interface Ask {
  readonly facts: Facts;
  readonly layout: Layout;
}

function isTrue(formula: Formula, { facts, layout }: Ask): boolean {
  return bind(formula, layout)(facts);
}

/** The leaf that decides that a formula is what it is: `truth`, though the other was wanted. */
function culprit(formula: Formula, truth: boolean, ask: Ask): Mismatch {
  if (formula.kind === 'leaf') return valueOf(formula, truth, ask);
  if (formula.kind === 'not') return culprit(formula.of, !truth, ask);
  const deciding = formula.of.find((part) => isTrue(part, ask) === truth);
  if (deciding === undefined) throw new Error('a formula is what one of its parts makes it');
  const found = culprit(deciding, truth, ask);
  // One part decides that a list of all is false; that none of several is true, they all do.
  const isShared = (formula.kind === 'any') !== truth;
  return found.kind === 'value' && isShared
    ? { ...found, otherBranches: found.otherBranches + formula.of.length - 1 }
    : found;
}

function valueOf({ path, wants }: Leaf, negated: boolean, { facts, layout }: Ask): Mismatch {
  const had = listOf(facts.values[layout.slotOf(path)])
    .slice(0, MAX_VALUES)
    .map((value) => (typeof value === 'string' ? value.slice(0, MAX_TEXT) : value));
  return { kind: 'value', path: path.join('.'), wanted: wants, had, negated, otherBranches: 0 };
}
