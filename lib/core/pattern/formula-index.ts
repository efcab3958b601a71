import { type Access, cheapestAccess, pricesOf } from './access.ts';
import type { Facts, Layout } from './facts.ts';
import { type Filed, finderOf } from './finder.ts';
import { type Formula, leavesOf } from './formula.ts';
import { newMarks } from './marks.ts';

/** Calls `visit` with the positions of all formulas that may be true, in their order, until it says `stop`. */
export type Candidates = (facts: Facts, visit: (position: number) => 'stop' | undefined) => void;

/**
 * An index over many formulas. Each is filed under what must be in an event that it is true of, where that is told
 * best; an event is looked up by its own values. The cost grows with the values asked for and the formulas found.
 */
export function indexFormulas(formulas: readonly Formula[], layout: Layout): Candidates {
  const cost = pricesOf(everyAccess(formulas, layout), formulas.length);
  const bySlot = new Map<number, Filed[]>();
  const anywhere: number[] = [];
  for (const [position, formula] of formulas.entries()) {
    const ways = cheapestAccess(formula, layout, cost);
    if (ways === undefined) anywhere.push(position);
    for (const { slot, hint } of ways ?? []) {
      const filed = bySlot.get(slot);
      if (filed) filed.push({ hint, position });
      else bySlot.set(slot, [{ hint, position }]);
    }
  }
  const slots = [...bySlot].map(([slot, filed]) => ({ slot, find: finderOf(filed) }));
  // Used again by the next event, since nothing waits in between.
  const marks = newMarks(formulas.length);
  const mark = (position: number): void => marks.set(position);

  return ({ values }, visit) => {
    for (const position of anywhere) mark(position);
    for (const { slot, find } of slots) {
      const found = values[slot];
      if (found) for (const value of found) find(value, mark);
    }
    marks.drain(visit);
  };
}

function everyAccess(formulas: readonly Formula[], layout: Layout): Access[] {
  return formulas
    .flatMap(leavesOf)
    .flatMap(({ path, hints }) => hints.map((hint) => ({ slot: layout.slotOf(path), hint })));
}
