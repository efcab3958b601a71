/** One line a function wrote. */
export type LogLine =
  | { readonly kind: 'metrics'; readonly values: readonly MetricValue[] }
  | { readonly kind: 'log'; readonly level: string; readonly message: string; readonly fields: Fields }
  | { readonly kind: 'text'; readonly text: string };

type Fields = Readonly<Record<string, unknown>>;

export interface MetricValue {
  readonly name: string;
  /** Sum of the values. */
  readonly sum: number;
  /** Value of its dimension, the service left out. */
  readonly per?: string;
}

interface Emf {
  readonly CloudWatchMetrics: readonly {
    readonly Dimensions: readonly (readonly string[])[];
    readonly Metrics: readonly { readonly Name: string }[];
  }[];
}

/** A line of JSON: an EMF blob has `_aws`. */
interface Line extends Fields {
  readonly _aws?: Emf;
}

/** Reads a line: an EMF blob, a line of the structured log, or just text. */
export function readLogLine(line: string): LogLine {
  const record = line.startsWith('{') ? parse(line) : undefined;
  if (!record) return { kind: 'text', text: line };
  const emf = record['_aws'];
  if (typeof emf === 'object') return { kind: 'metrics', values: readMetrics(emf, record) };
  const { level, message, ...fields } = record;
  if (typeof level !== 'string' || typeof message !== 'string') return { kind: 'text', text: line };
  return { kind: 'log', level: level.toLowerCase(), message, fields };
}

function readMetrics({ CloudWatchMetrics }: Emf, record: Fields): MetricValue[] {
  return CloudWatchMetrics.flatMap(({ Dimensions, Metrics }) => {
    const dimension = Dimensions.flat().find((name) => name !== 'service');
    const per = dimension === undefined ? undefined : String(record[dimension]);
    return Metrics.map(({ Name }) => ({
      name: Name,
      sum: [record[Name]].flat().reduce<number>((sum, value) => sum + Number(value), 0),
      ...(per !== undefined && { per }),
    }));
  });
}

function parse(line: string): Line | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
