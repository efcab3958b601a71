/** What one function did since the start or the last reset. */
export interface FunctionStats {
  invocations: number;
  errors: number;
  timeouts: number;
  /** Queue messages it was given. */
  records: number;
  /** AWS calls it made, all and by API operation. */
  calls: number;
  byAction: Record<string, number>;
  denied: number;
  writeUnits: number;
  /** Writes whose condition failed, by table. */
  conflicts: Record<string, number>;
  /** Writes that a table refused otherwise: throttled, or not understood. */
  refused: number;
  readUnits: number;
  /** Billed SQS requests, one per started 64 KiB, its own and those of its event source mapping. */
  sqsRequests: number;
  mappingRequests: number;
  /** Time for which Lambda would bill, on this machine; without cold starts. */
  billedMs: number;
  /** What it wrote to its log. */
  logBytes: number;
}

export interface Stats {
  readonly of: (label: string) => FunctionStats;
  /** Sums of the metrics the functions emitted: name -> sum, and name -> dimension value -> sum. */
  readonly addMetric: (name: string, value: number, per?: string) => void;
  readonly snapshot: () => StatsSnapshot;
  readonly reset: () => void;
}

export interface StatsSnapshot {
  readonly functions: Readonly<Record<string, FunctionStats>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly metricsBy: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export function createStats(labels: readonly string[]): Stats {
  let functions = new Map<string, FunctionStats>();
  let metrics: Record<string, number> = {};
  let metricsBy: Record<string, Record<string, number>> = {};
  const reset = (): void => {
    functions = new Map(labels.map((label) => [label, nothing()]));
    metrics = {};
    metricsBy = {};
  };
  reset();
  return {
    of(label) {
      const known = functions.get(label) ?? nothing();
      functions.set(label, known);
      return known;
    },
    addMetric(name, value, per) {
      metrics[name] = (metrics[name] ?? 0) + value;
      if (per === undefined) return;
      const by = (metricsBy[name] ??= {});
      by[per] = (by[per] ?? 0) + value;
    },
    snapshot: () => ({ functions: Object.fromEntries(functions), metrics, metricsBy }),
    reset,
  };
}

function nothing(): FunctionStats {
  return {
    invocations: 0,
    errors: 0,
    timeouts: 0,
    records: 0,
    calls: 0,
    byAction: {},
    denied: 0,
    writeUnits: 0,
    conflicts: {},
    refused: 0,
    readUnits: 0,
    sqsRequests: 0,
    mappingRequests: 0,
    billedMs: 0,
    logBytes: 0,
  };
}
