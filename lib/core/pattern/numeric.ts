import type { Matcher } from './formula.ts';

export interface Bounds {
  readonly low?: { readonly value: number; readonly open: boolean };
  readonly high?: { readonly value: number; readonly open: boolean };
}

const RULE =
  'numeric takes ["=", number], [">", low], ["<", high] or [">=", low, "<", high], also with <= and >=';

/** Reads the list behind `numeric`; answers what is wrong with it as a sentence. */
export function readNumeric(list: unknown): Matcher | { readonly fault: string } {
  if (!Array.isArray(list)) return { fault: RULE };
  const [first, low, second, high] = list as unknown[];
  if (!isFinite(low)) return { fault: RULE };
  if (list.length === 2) {
    if (first === '=') return equalTo(low);
    if (first === '>' || first === '>=') return within({ low: { value: low, open: first === '>' } });
    if (first === '<' || first === '<=') return within({ high: { value: low, open: first === '<' } });
    return { fault: RULE };
  }
  if (list.length !== 4 || (first !== '>' && first !== '>=') || (second !== '<' && second !== '<='))
    return { fault: RULE };
  if (!isFinite(high)) return { fault: RULE };
  if (low >= high) return { fault: 'the lower bound must be below the upper one' };
  return within({ low: { value: low, open: first === '>' }, high: { value: high, open: second === '<' } });
}

/** A number within bounds; texts that look like numbers are none. */
export function within({ low, high }: Bounds): Matcher {
  return {
    test: (leaf) =>
      typeof leaf === 'number' &&
      (!low || (low.open ? leaf > low.value : leaf >= low.value)) &&
      (!high || (high.open ? leaf < high.value : leaf <= high.value)),
    hint: { by: 'range', low: low?.value ?? -Infinity, high: high?.value ?? Infinity },
  };
}

function equalTo(value: number): Matcher {
  return { test: (leaf) => leaf === value, hint: { by: 'value', value } };
}

export function isFinite(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
