import { bind } from './bind.ts';
import { bindConsistency } from './consistency.ts';
import type { Facts } from './facts.ts';
import type { Formula } from './formula.ts';
import type { Layout } from './layout.ts';

/** All that is asked of an event, before it is known where its values stand. */
export interface Condition {
  readonly formula: Formula;
  /** The part that is a pattern, which wants what belongs together to stand together. */
  readonly pattern?: Formula;
}

export function bindCondition({ formula, pattern }: Condition, layout: Layout): (facts: Facts) => boolean {
  const holds = bind(formula, layout);
  const fits = pattern && bindConsistency(pattern, layout);
  return fits ? (facts) => holds(facts) && fits(facts) : holds;
}
