import { networkOf } from '../address.ts';
import type { Formula, Hint } from './formula.ts';
import type { Layout } from './layout.ts';

/** A way to find a formula: at least one of its ways must be open for an event that it is true of. */
export interface Access {
  readonly slot: number;
  readonly hint: Hint;
}

/** Ways that nobody shares tell formulas apart best; what is only known to be there tells nothing apart. */
export type Cost = (access: Access) => number;

/** The cheapest ways that cannot miss; `undefined`: the formula may be true of an event it can tell nothing about. */
export function cheapestAccess(formula: Formula, layout: Layout, cost: Cost): readonly Access[] | undefined {
  const total = (ways: readonly Access[]): number => ways.reduce((sum, way) => sum + cost(way), 0);
  const of = (part: Formula): readonly Access[] | undefined => {
    if (part.kind === 'not' || (part.kind === 'leaf' && part.mayBeAbsent)) return undefined;
    if (part.kind === 'leaf') {
      const slot = layout.slotOf(part.path);
      const isVague = part.hints.some(saysNothing);
      return isVague ? [{ slot, hint: PRESENCE }] : part.hints.map((hint) => ({ slot, hint }));
    }
    const ways = part.of.map(of);
    // Of parts that must all hold, one is enough to go by; of branches, each must be.
    if (part.kind === 'any') return ways.every((way) => way !== undefined) ? ways.flat() : undefined;
    return ways.filter((way) => way !== undefined).toSorted((a, b) => total(a) - total(b))[0];
  };
  return of(formula);
}

/** Whether all that is found by such ways is wanted: nothing else is asked than that a value be one of some. */
export function isProof(formula: Formula): boolean {
  if (formula.kind === 'leaf') return !formula.mayBeAbsent && formula.hints.every(({ by }) => by === 'value');
  return formula.kind !== 'not' && formula.of.length === 1 && isProof(formula.of[0]!);
}

const PRESENCE: Hint = { by: 'presence' };

function saysNothing(hint: Hint): boolean {
  return hint.by === 'presence' || ((hint.by === 'prefix' || hint.by === 'suffix') && hint.text === '');
}

/** Prices a way by the formulas that share it; of all ranges of a member, half may hold a value. */
export function pricesOf(ways: readonly Access[], formulas: number): Cost {
  const shared = new Map<string, number>();
  for (const way of ways) shared.set(nameOf(way), (shared.get(nameOf(way)) ?? 0) + 1);
  return (way) => {
    if (way.hint.by === 'presence') return formulas;
    return (shared.get(nameOf(way)) ?? 0) / (way.hint.by === 'range' ? 2 : 1);
  };
}

/** All ranges of a member are one way. */
function nameOf({ slot, hint }: Access): string {
  if (hint.by === 'range' || hint.by === 'presence') return `${slot} ${hint.by}`;
  if (hint.by === 'network') return `${slot} network ${networkOf(hint.range)}`;
  return `${slot} ${hint.by} ${JSON.stringify(hint.by === 'value' ? hint.value : hint.text)}`;
}
