import {
  type LogFields,
  type LogLevel,
  METRICS,
  type Metric,
  type MetricName,
  type Telemetry,
} from '../core/metrics.ts';
import { type Blob, createEmf } from './emf.ts';
import { readOptionalEnv } from './env.ts';
import { logLine } from './log-line.ts';

/** Telemetry of one execution environment. */
export interface InvocationTelemetry extends Telemetry {
  /** Begins an invocation: its id goes into every line. */
  readonly begin: (requestId: string) => void;
  /** Writes the metrics collected since the last flush and ends the invocation. */
  readonly flush: () => void;
}

export interface TelemetryOptions {
  /** Name of the stack, the `service` dimension: stacks in one account stay apart. */
  readonly service: string;
  /** Least level that is written. */
  readonly level: LogLevel;
  /** `lean` leaves out metrics that are not marked lean: each series costs money every month. */
  readonly observability: 'lean' | 'full';
  /** Takes one line, without its line break. */
  readonly write: (line: string) => void;
  readonly now: () => number;
}

const NAMESPACE = 'Fanfare';
const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
/** EMF: values per metric and blob (CloudWatch_Embedded_Metric_Format_Specification, "Target members"). */
const MAX_VALUES = 100;
/** Values of dimensions come from closed lists; anything else would be a series that nobody asked for. */
const DIMENSION_VALUE = /^[a-z][a-zA-Z0-9_-]{0,63}$/;

/** Options from the environment; lines go to standard output past `console`, which would wrap them. */
export function telemetryOptions(env: NodeJS.ProcessEnv = process.env): TelemetryOptions {
  const level = readOptionalEnv('logLevel', env)?.toLowerCase();
  return {
    service: readOptionalEnv('stack', env) ?? 'fanfare',
    level: LEVELS.find((known) => known === level) ?? 'info',
    observability: readOptionalEnv('observability', env) === 'full' ? 'full' : 'lean',
    write: (line) => void process.stdout.write(`${line}\n`),
    now: Date.now,
  };
}

/** Values of metrics that share a dimension. */
type Group = Map<MetricName, number[]>;

/** Metrics as EMF, one blob per dimension value and flush; log lines as JSON. */
export function createTelemetry(options: TelemetryOptions = telemetryOptions()): InvocationTelemetry {
  const writeBlob = createEmf(NAMESPACE, options.service);
  /** Dimension -> its value -> metric -> values. Those without a dimension stand under the value ''. */
  const collected = new Map<Metric['per'], Map<string, Group>>();
  let requestId: string | undefined;

  return {
    begin(id) {
      requestId = id;
    },
    add(name, value = 1, per = '') {
      const metric: Metric = METRICS[name];
      if ((!metric.lean && options.observability === 'lean') || !Number.isFinite(value)) return;
      const groups = getOrAdd(collected, metric.per, newMap<string, Group>);
      // What stands there already has been looked at.
      const group =
        groups.get(per) ??
        getOrAdd(groups, metric.per ? dimensionValue(per) : '', newMap<MetricName, number[]>);
      const values = getOrAdd(group, name, newList);
      // Of counts only the sum matters, of times the distribution.
      if (metric.unit === 'Count') values[0] = (values[0] ?? 0) + value;
      else values.push(value);
    },
    log(level, message, fields) {
      if (LEVELS.indexOf(level) < LEVELS.indexOf(options.level)) return;
      options.write(logLine(level, message, { requestId, ...fields } satisfies LogFields, options.now()));
    },
    flush() {
      for (const [name, groups] of collected) {
        for (const [value, group] of groups) {
          const dimension = name && ([name, value] as const);
          for (const blob of toBlobs(group)) options.write(writeBlob(dimension, blob, options.now()));
        }
      }
      collected.clear();
      requestId = undefined;
    },
  };
}

/** Cuts value arrays so that no blob has too many of one metric. */
function toBlobs(group: Group): Blob[] {
  const longest = Math.max(...[...group.values()].map(({ length }) => length));
  if (longest <= MAX_VALUES) return [[...group]];
  return Array.from({ length: Math.ceil(longest / MAX_VALUES) }, (_, at) =>
    [...group]
      .map(([name, values]) => [name, values.slice(at * MAX_VALUES, (at + 1) * MAX_VALUES)] as const)
      .filter(([, values]) => values.length > 0),
  );
}

function dimensionValue(per: string): string {
  return DIMENSION_VALUE.test(per) ? per : 'other';
}

function newMap<K, V>(): Map<K, V> {
  return new Map();
}

function newList(): number[] {
  return [];
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
