import { type Access, cheapestAccess, pricesOf } from './access.ts';
import type { Facts } from './facts.ts';
import { type Filed, Finder } from './finder.ts';
import { type Formula, leavesOf } from './formula.ts';
import type { Layout } from './layout.ts';
import { Marks } from './marks.ts';

/** Marks the positions of all formulas that may be true, and of no others: what is left of an earlier event is forgotten. */
export type Candidates = (facts: Facts) => Marks;

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
  const finders = Array.from({ length: layout.size }, (_, slot) => {
    const filed = bySlot.get(slot);
    return filed && new Finder(filed);
  });
  // Used again by the next event, since nothing waits in between.
  const marks = new Marks(formulas.length);

  return ({ values, present, count }) => {
    // Free where all were taken. An event that threw midway would leave its routes to the next one.
    marks.clear();
    marks.setAll(anywhere);
    for (let index = 0; index < count; index++) {
      const slot = present[index]!;
      const finder = finders[slot];
      if (finder === undefined) continue;
      const found = values[slot];
      if (Array.isArray(found)) for (const value of found) finder.mark(value, marks);
      else if (found !== undefined) finder.mark(found, marks);
    }
    return marks;
  };
}

function everyAccess(formulas: readonly Formula[], layout: Layout): Access[] {
  return formulas
    .flatMap(leavesOf)
    .flatMap(({ path, hints }) => hints.map((hint) => ({ slot: layout.slotOf(path), hint })));
}
