import { isObject } from '../is-object.ts';
import { type Facts, isAny } from './facts.ts';
import { type Formula, isScalar, type Leaf, leavesOf, type Scalar } from './formula.ts';
import type { Layout } from './layout.ts';

/**
 * Steps through an event that may be spent on one pattern: its members and elements, each as often as it is passed.
 * Only events with thousands of them under patterns with hundreds of branches need more; then it is enough that each
 * leaf by itself is satisfied, because one notification too many is better than a function that everybody waits for.
 */
const MAX_STEPS = 500_000;
/** What a look costs beside what it passes. */
const LOOK_STEPS = 10;

/**
 * Inside arrays of objects, what belongs together must stand together: all leaves of a branch find their values
 * in the same element of each array they share. To be asked when each leaf by itself is satisfied. Patterns only:
 * a formula with `not` has no branches to look at. `undefined`: nothing of it can be apart.
 *
 * A branch costs one look at each of the members it names, and passes each member of the objects that it looks into.
 */
export function bindConsistency(formula: Formula, layout: Layout): ((facts: Facts) => boolean) | undefined {
  const leaves = leavesOf(formula);
  // One leaf alone is always in one place, and so are those that share no step with another.
  if (new Set(leaves.map(({ path }) => path[0])).size === leaves.length) return undefined;
  const slots = new Map(leaves.map((leaf) => [leaf, layout.slotOf(leaf.path)] as const));

  return (facts) => {
    if (facts.scattered.size === 0) return true;
    const scattered = leaves.filter((leaf) => facts.scattered.has(slots.get(leaf)!));
    if (scattered.length < 2) return true;
    const isSatisfied = (leaf: Leaf): boolean => {
      const found = facts.values[slots.get(leaf)!];
      return found === undefined ? leaf.mayBeAbsent : isAny(found, leaf.accepts);
    };
    const satisfied = new Set(leaves.filter(isSatisfied));
    const steps = { left: MAX_STEPS };
    for (const branch of branches(formula, (leaf) => satisfied.has(leaf))) {
      const present = branch.filter((leaf) => facts.values[slots.get(leaf)!] !== undefined);
      const root = treeOf(present);
      if (holds(root, root.leaves, [facts.event], steps)) return true;
    }
    return false;
  };
}

type Branch = readonly Leaf[];
type Satisfied = (leaf: Leaf) => boolean;

/** Every way to choose the branches of a formula, without those that a leaf rules out by itself. */
function branches(formula: Formula, satisfied: Satisfied): Iterable<Branch> {
  const { leaves, choices } = partsOf(formula);
  return leaves.every(satisfied) ? choose(leaves, choices, satisfied) : [];
}

/** As deep as there are choices, which are few: each has two branches at least, and all their products are bounded. */
function* choose(leaves: Branch, choices: readonly Formula[][], satisfied: Satisfied): Generator<Branch> {
  const [first, ...rest] = choices;
  if (first === undefined) yield leaves;
  else
    for (const part of first)
      for (const branch of branches(part, satisfied)) yield* choose([...leaves, ...branch], rest, satisfied);
}

/** What must hold in any case, and lists of which one must. */
function partsOf(formula: Formula): { readonly leaves: Branch; readonly choices: readonly Formula[][] } {
  if (formula.kind === 'leaf') return { leaves: [formula], choices: [] };
  if (formula.kind !== 'all') return { leaves: [], choices: formula.kind === 'any' ? [[...formula.of]] : [] };
  const parts = formula.of.map(partsOf);
  return { leaves: parts.flatMap(({ leaves }) => leaves), choices: parts.flatMap(({ choices }) => choices) };
}

/** Those that are left. */
interface Steps {
  left: number;
}

/** The leaves of one branch, arranged as the event is. */
interface Tree {
  readonly leaves: Leaf[];
  readonly members: Map<string, Tree>;
}

function treeOf(leaves: readonly Leaf[]): Tree {
  const root: Tree = { leaves: [], members: new Map() };
  for (const leaf of leaves) {
    let at = root;
    for (const name of leaf.path) {
      const next = at.members.get(name) ?? { leaves: [], members: new Map() };
      at.members.set(name, next);
      at = next;
    }
    at.leaves.push(leaf);
  }
  return root;
}

/** Whether everything below a step finds its value; `open` are the leaves of the step itself that do not have theirs. */
function holds(tree: Tree, open: readonly Leaf[], sources: readonly unknown[], steps: Steps): boolean {
  if (steps.left <= 0) return true;
  steps.left -= LOOK_STEPS;
  const objects = sources.filter(isObject);
  const left = without(open, sources.filter(isScalar));
  const membersHold = (): boolean => {
    const below = membersOf(objects, tree, steps);
    return [...tree.members].every(([name, member]) =>
      holds(member, member.leaves, below.get(name) ?? [], steps),
    );
  };
  if (left.length === 0 && membersHold()) return true;
  return sources.some((source) => {
    if (!Array.isArray(source)) return false;
    steps.left -= source.length;
    // Plain values of an array belong to all of its elements.
    const rest = without(left, source.filter(isScalar));
    const elements = source.filter((element) => !isScalar(element));
    if (elements.length === 0) return rest.length === 0 && membersHold();
    return elements.some((element) => holds(tree, rest, [...objects, element], steps));
  });
}

function without(open: readonly Leaf[], values: readonly Scalar[]): readonly Leaf[] {
  return open.filter((leaf) => !values.some(leaf.accepts));
}

/** What objects have under the names that are asked for, also where a name goes on after a dot. */
function membersOf(
  objects: readonly object[],
  { members }: Tree,
  steps: Steps,
): ReadonlyMap<string, unknown[]> {
  const found = new Map<string, unknown[]>();
  if (members.size === 0) return found;
  const entries = objects.flatMap((object) => Object.entries(object));
  steps.left -= entries.length;
  for (const [key, value] of entries) {
    const dot = members.has(key) ? -1 : key.indexOf('.');
    const name = dot < 0 ? key : key.slice(0, dot);
    if (!members.has(name)) continue;
    const source: unknown = dot < 0 ? value : { [key.slice(dot + 1)]: value };
    const list = found.get(name);
    if (list) list.push(source);
    else found.set(name, [source]);
  }
  return found;
}
