import { median } from '../headline/interleave.ts';
import type { Bench, Limit } from './bench.ts';
import { fullName } from './bench.ts';
import { type Result, medianUs } from './measure.ts';

/** The results of a benchmark as lines of a table, with what the source states. */
export function benchLines(bench: Bench, results: readonly Result[]): string[] {
  const rows = results.map((result) => [
    result.name,
    timeText(medianUs(result)),
    result.waits ? 'wall' : 'cpu',
    spreadText(result),
    result.heapBytes === undefined ? '' : `${Math.round(result.heapBytes)} B`,
    result.bytes === undefined ? '' : `${(result.bytes / medianUs(result)).toFixed(0)} MB/s`,
    rivalText(result, results),
    countsText({ ...result.counters, ...result.also }),
  ]);
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
  return [
    `${bench.rows}: ${bench.about}`,
    ...rows.map((row) => `  ${row.map((cell, at) => cell.padEnd(widths[at]!)).join('  ')}`.trimEnd()),
    ...(bench.seed === undefined ? [] : [`  source: ${bench.seed}`]),
    ...(bench.flaw === undefined ? [] : [`  of that figure: ${bench.flaw}`]),
    ...limitsOf(bench, results).map(({ text }) => `  ${text}`),
    '',
  ];
}

/** How a benchmark stands to its limits. */
export function limitsOf(
  { name, limits = [] }: Bench,
  results: readonly Result[],
): { readonly text: string; readonly kept: boolean }[] {
  return limits.map((limit) => {
    const ratio = ratioOf(name, limit, results);
    const { what, most = Infinity, least = 0 } = limit;
    const wanted = [limit.most && `<= ${most}`, limit.least && `>= ${least}`].filter(Boolean).join(', ');
    const kept = ratio <= most && ratio >= least;
    return { text: `${what}: ${figureText(ratio)}, wanted ${wanted}${kept ? '' : ': NOT KEPT'}`, kept };
  });
}

function ratioOf(bench: string, { first, second }: Limit, results: readonly Result[]): number {
  const usOf = (name: string) => results.find((result) => result.name === fullName(bench, name))?.us ?? [];
  const below = usOf(second);
  return median(usOf(first).map((us, round) => us / (below[round] ?? Number.NaN)));
}

/** Half of the rounds lie within so many per cent of the median. */
function spreadText({ us }: Result): string {
  const sorted = us.toSorted((a, b) => a - b);
  const [low = 0, high = 0] = [sorted[sorted.length >> 2], sorted[(sorted.length * 3) >> 2]];
  return `±${Math.round((50 * (high - low)) / median(us))} %`;
}

function timeText(us: number): string {
  if (us < 1) return `${figureText(us * 1_000)} ns`;
  return us < 1_000 ? `${figureText(us)} µs` : `${figureText(us / 1_000)} ms`;
}

export function figureText(value: number): string {
  return Math.abs(value) >= 1_000 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

function countsText(counts: Result['counters']): string {
  return Object.entries(counts)
    .map(([name, value]) => `${name} ${figureText(value)}`)
    .join(', ');
}

function rivalText(result: Result, results: readonly Result[]): string {
  const own = results.find(({ name }) => name === result.rivalOf);
  return own === undefined ? '' : `${figureText(medianUs(result) / medianUs(own))} x ours`;
}
