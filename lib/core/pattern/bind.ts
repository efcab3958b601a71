import type { Facts, Layout } from './facts.ts';
import type { Formula, Leaf } from './formula.ts';

/** A formula that knows where its values stand. */
export type Bound = (facts: Facts) => boolean;

/** Gives every leaf of a formula its place in the layout. What is asked of one leaf does not look at another. */
export function bind(formula: Formula, layout: Layout): Bound {
  if (formula.kind === 'leaf') return bindLeaf(formula, layout.slotOf(formula.path));
  if (formula.kind === 'not') {
    const inner = bind(formula.of, layout);
    return (facts) => !inner(facts);
  }
  const parts = formula.of.map((part) => bind(part, layout));
  const [only] = parts;
  if (only && parts.length === 1) return only;
  return formula.kind === 'all'
    ? (facts) => parts.every((part) => part(facts))
    : (facts) => parts.some((part) => part(facts));
}

function bindLeaf(leaf: Leaf, slot: number): Bound {
  return ({ values }) => {
    const found = values[slot];
    return found === undefined ? leaf.mayBeAbsent : found.some(leaf.accepts);
  };
}
