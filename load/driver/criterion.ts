import { nearest } from '../../lib/core/nearest.ts';
import { METRICS, PART_METRICS } from './metric-names.ts';

/** One line of a scenario's criteria, `latency.p95 < 500 ms`, read. */
export interface Criterion {
  readonly text: string;
  readonly metric: string;
  readonly compare: Compare;
  /** In the unit of its metric: milliseconds, shares, or the number itself; or the name of another metric. */
  readonly bound: number | string;
  /** A rate: it shrinks with the rate of the run. */
  readonly scales: boolean;
}

type Compare = keyof typeof HOLDS;

export interface Verdict {
  readonly criterion: string;
  /** `absent`: this run could not measure it. */
  readonly kind: 'met' | 'missed' | 'absent';
  readonly value?: number;
  /** The bound as it was for the scale of the run; nothing where it is another metric that is absent, too. */
  readonly bound?: number;
}

const HOLDS = {
  '<': (value: number, bound: number) => value < bound,
  '<=': (value: number, bound: number) => value <= bound,
  '=': (value: number, bound: number) => value === bound,
  '>=': (value: number, bound: number) => value >= bound,
  '>': (value: number, bound: number) => value > bound,
} as const;

const UNITS: Readonly<Record<string, number>> = { '': 1, ms: 1, s: 1_000, min: 60_000, '%': 0.01, '/s': 1 };
const FORM = /^(\S+)\s+(<=|>=|<|>|=)\s+(?:(\d[\d_]*(?:\.\d+)?)\s*(\S*)|([a-z]\S*))$/;

/** Reads a criterion; a string says what is wrong with it. `parts` are the names of stages and flows. */
export function parseCriterion(text: string, parts: readonly string[]): Criterion | string {
  const [, metric = '', compare = '', number = '', unit = '', other] = FORM.exec(text) ?? [];
  if (metric === '') return `"${text}" is no criterion; write one such as "latency.p95 < 500 ms"`;
  const factor = UNITS[unit];
  if (factor === undefined)
    return `"${text}": no unit ${unit}; ${nearest(unit, Object.keys(UNITS).slice(1))}`;
  for (const one of other === undefined ? [metric] : [metric, other]) {
    const fault = faultOfName(one, parts);
    if (fault !== undefined) return `"${text}": no metric ${one}; ${fault}`;
  }
  return {
    text,
    metric,
    compare: compare as Compare,
    bound: other ?? Number(number.replaceAll('_', '')) * factor,
    scales: unit === '/s',
  };
}

function faultOfName(metric: string, parts: readonly string[]): string | undefined {
  if (Object.hasOwn(METRICS, metric)) return undefined;
  const [part = '', ...rest] = metric.split('.');
  if (parts.includes(part)) {
    const name = rest.join('.');
    return PART_METRICS.includes(name) ? undefined : nearest(name, PART_METRICS);
  }
  return nearest(metric, Object.keys(METRICS));
}

/** Holds a criterion against what was measured. */
export function judge(
  { text, metric, compare, bound, scales }: Criterion,
  values: Readonly<Record<string, number>>,
  rateScale: number,
): Verdict {
  const value = values[metric];
  const limit = typeof bound === 'string' ? values[bound] : scales ? bound * rateScale : bound;
  const verdict = { criterion: text, ...(limit !== undefined && { bound: limit }) };
  if (value === undefined || limit === undefined) return { ...verdict, kind: 'absent' };
  return { ...verdict, kind: HOLDS[compare](value, limit) ? 'met' : 'missed', value };
}
