import { isObject } from '../is-object.ts';
import type { Facts, Layout } from './facts.ts';
import { type Formula, isScalar, type Leaf, leavesOf, type Scalar } from './formula.ts';

/**
 * Looks into an event that may be spent on one pattern. Only events with thousands of elements under patterns with
 * hundreds of branches need more; then it is enough that each leaf by itself is satisfied, because one notification
 * too many is better than a function that everybody waits for.
 */
const MAX_LOOKS = 50_000;

/**
 * Inside arrays of objects, what belongs together must stand together: all leaves of a branch find their values
 * in the same element of each array they share. To be asked when each leaf by itself is satisfied. Patterns only:
 * a formula with `not` has no branches to look at.
 *
 * A branch costs one look at each of the members it names.
 */
export function bindConsistency(formula: Formula, layout: Layout): (facts: Facts) => boolean {
  const leaves = leavesOf(formula);
  // One leaf alone is always in one place, and so are those that share no step with another.
  if (new Set(leaves.map(({ path }) => path[0])).size === leaves.length) return () => true;
  const slots = new Map(leaves.map((leaf) => [leaf, layout.slotOf(leaf.path)] as const));

  return (facts) => {
    const scattered = leaves.filter((leaf) => facts.scattered.has(slots.get(leaf)!));
    if (scattered.length < 2) return true;
    const satisfied = (leaf: Leaf): boolean => {
      const values = facts.values[slots.get(leaf)!];
      return values === undefined ? leaf.mayBeAbsent : values.some(leaf.accepts);
    };
    const looks = { left: MAX_LOOKS };
    for (const branch of branches(formula, satisfied)) {
      const present = branch.filter((leaf) => facts.values[slots.get(leaf)!] !== undefined);
      const root = treeOf(present);
      if (holds(root, root.leaves, [facts.event], looks)) return true;
    }
    return false;
  };
}

/** Every way to choose the branches of a formula, without those that a leaf rules out by itself. */
function* branches(formula: Formula, satisfied: (leaf: Leaf) => boolean): Generator<readonly Leaf[]> {
  if (formula.kind === 'leaf') {
    if (satisfied(formula)) yield [formula];
  } else if (formula.kind === 'any') {
    for (const part of formula.of) yield* branches(part, satisfied);
  } else if (formula.kind === 'all') {
    yield* together(formula.of, satisfied);
  }
}

function* together(
  [first, ...rest]: readonly Formula[],
  satisfied: (leaf: Leaf) => boolean,
): Generator<readonly Leaf[]> {
  if (first === undefined) yield [];
  else
    for (const head of branches(first, satisfied))
      for (const tail of together(rest, satisfied)) yield [...head, ...tail];
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
function holds(
  tree: Tree,
  open: readonly Leaf[],
  sources: readonly unknown[],
  looks: { left: number },
): boolean {
  if (looks.left-- <= 0) return true;
  const objects = sources.filter(isObject);
  const left = without(open, sources.filter(isScalar));
  const membersHold = (): boolean =>
    [...tree.members].every(([name, member]) =>
      holds(
        member,
        member.leaves,
        objects.flatMap((object) => membersOf(object, name)),
        looks,
      ),
    );
  if (left.length === 0 && membersHold()) return true;
  return sources.some((source) => {
    if (!Array.isArray(source)) return false;
    // Plain values of an array belong to all of its elements.
    const rest = without(left, source.filter(isScalar));
    const elements = source.filter((element) => !isScalar(element));
    if (elements.length === 0) return rest.length === 0 && membersHold();
    return elements.some((element) => holds(tree, rest, [...objects, element], looks));
  });
}

function without(open: readonly Leaf[], values: readonly Scalar[]): readonly Leaf[] {
  return open.filter((leaf) => !values.some(leaf.accepts));
}

/** What an object has under a name, and under names that begin with it and go on after a dot. */
function membersOf(object: Readonly<Record<string, unknown>>, name: string): unknown[] {
  const own = Object.hasOwn(object, name) ? [object[name]] : [];
  const dotted = Object.entries(object).filter(([key]) => key.startsWith(`${name}.`));
  if (dotted.length === 0) return own;
  return [...own, Object.fromEntries(dotted.map(([key, value]) => [key.slice(name.length + 1), value]))];
}
