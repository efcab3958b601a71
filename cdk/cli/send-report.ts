/** Counters of one function since the last reset, from `statsUrl`. */
export interface FunctionStats {
  readonly calls: number;
  readonly byAction?: Readonly<Record<string, number>>;
  readonly writeUnits: number;
  readonly invocations: number;
}

export interface SendResult {
  readonly events: number;
  /** Deliveries the routes ask for. */
  readonly expected: number;
  readonly delivered: number;
  readonly duplicates: number;
  /** Ended without being delivered. */
  readonly ended: number;
  /** Post of the first event to the last arrival. */
  readonly ms: number;
  readonly functions?: Readonly<Record<string, FunctionStats>> | undefined;
}

/** The report of a run as lines: what arrived, and what each function spent on it. */
export function reportLines(result: SendResult): string[] {
  const { events, expected, delivered, duplicates, ended, ms, functions } = result;
  const rows: [string, string][] = [
    ['events', String(events)],
    ['deliveries', `${delivered} of ${expected}`],
    ['duplicates', String(duplicates)],
    ['ended otherwise', String(ended)],
    ['missing', String(Math.max(expected - delivered - ended, 0))],
    ['time', `${(ms / 1000).toFixed(1)} s, ${Math.round((delivered / Math.max(ms, 1)) * 1000)} deliveries/s`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
  return functions && delivered > 0 ? [...lines, '', ...costLines(functions, delivered)] : lines;
}

/** Calls and write units per delivered notification. */
function costLines(functions: Readonly<Record<string, FunctionStats>>, delivered: number): string[] {
  const used = Object.entries(functions).filter(([, { invocations, calls }]) => invocations + calls > 0);
  const deliver = used.filter(([name]) => /deliver/i.test(name));
  const rows = [
    ['function', 'invocations', 'AWS calls', 'write units', 'calls/delivery', 'units/delivery'],
    ...used
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, stats]) => costRow(name, [stats], delivered)),
    costRow(
      'deliver functions',
      deliver.map(([, stats]) => stats),
      delivered,
    ),
    costRow(
      'all functions',
      used.map(([, stats]) => stats),
      delivered,
    ),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
}

function costRow(name: string, stats: readonly FunctionStats[], delivered: number): string[] {
  const sum = (of: (one: FunctionStats) => number): number =>
    stats.reduce((total, one) => total + of(one), 0);
  const calls = sum((one) => one.calls);
  const units = sum((one) => one.writeUnits);
  return [
    name,
    String(sum((one) => one.invocations)),
    String(calls),
    String(units),
    (calls / delivered).toFixed(3),
    (units / delivered).toFixed(3),
  ];
}
