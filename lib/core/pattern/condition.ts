import { bind } from './bind.ts';
import { bindConsistency } from './consistency.ts';
import type { Facts, Layout } from './facts.ts';
import type { Formula } from './formula.ts';

/** All that is asked of an event, before it is known where its values stand. */
export interface Condition {
  readonly formula: Formula;
  /** The part that is a pattern, which wants what belongs together to stand together. */
  readonly pattern?: Formula;
}

export function bindCondition({ formula, pattern }: Condition, layout: Layout): (facts: Facts) => boolean {
  const holds = bind(formula, layout);
  const fits = pattern ? bindConsistency(pattern, layout) : () => true;
  return (facts) => holds(facts) && fits(facts);
}
