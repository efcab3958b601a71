import type { Conditions } from './conditions.ts';
import { GOALS, goalText, isReached } from './goals.ts';
import type { Check, Row } from './rows.ts';

/** A whole run, as it is written to a file. */
export interface Run {
  readonly conditions: Conditions & { readonly rounds: number };
  readonly checks: readonly Check[];
  readonly rows: readonly Row[];
  /** Groups that failed, and why: their rows are absent. */
  readonly failed: Readonly<Record<string, string>>;
}

export type Verdict = 'reached' | 'missed' | 'void' | '';

export function isVoid({ value, least, most }: Check): boolean {
  return !(value >= least && value <= most);
}

/** A ratio to a naive stack that does not stand where it has to is void, whatever it says. */
export function verdictOn({ name, value }: Row, checks: readonly Check[]): Verdict {
  if (/\.vsNaive/.test(name) && (checks.length === 0 || checks.some(isVoid))) return 'void';
  const goal = GOALS[name];
  if (goal === undefined) return '';
  return isReached(goal, value) ? 'reached' : 'missed';
}

/** The run as lines of text. */
export function reportLines({ rows, checks, failed }: Run): string[] {
  const table = [
    ['name', 'value', 'goal', ''],
    ...rows.map((row) => [row.name, figure(row.value), goalText(GOALS[row.name]), verdictOn(row, checks)]),
  ];
  return [
    ...aligned(table),
    '',
    ...checks.map(
      (check) =>
        `${check.name} ${figure(check.value)}, wanted ${figure(check.least)} to ${figure(check.most)}${
          isVoid(check) ? ': void, and with it every ratio to the naive stack' : ''
        }`,
    ),
    ...Object.entries(failed).map(([group, why]) => `${group} failed: ${why}`),
  ];
}

export function figure(value: number): string {
  return Math.abs(value) >= 1_000 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

function aligned(table: readonly (readonly string[])[]): string[] {
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}
