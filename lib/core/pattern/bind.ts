import { type Facts, isAny } from './facts.ts';
import type { Formula, Leaf } from './formula.ts';
import type { Layout } from './layout.ts';

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
  return formula.kind === 'all' ? allOf(parts) : anyOf(parts);
}

export function allOf(parts: readonly Bound[]): Bound {
  const [only] = parts;
  if (only && parts.length === 1) return only;
  return (facts) => {
    for (const part of parts) if (!part(facts)) return false;
    return true;
  };
}

function anyOf(parts: readonly Bound[]): Bound {
  return (facts) => {
    for (const part of parts) if (part(facts)) return true;
    return false;
  };
}

function bindLeaf({ accepts, mayBeAbsent }: Leaf, slot: number): Bound {
  return ({ values }) => {
    const found = values[slot];
    return found === undefined ? mayBeAbsent : isAny(found, accepts);
  };
}
