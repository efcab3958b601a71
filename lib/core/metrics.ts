/**
 * Every metric Fanfare emits, in one list: dashboards, alarms and documents are generated from it.
 * An outcome is a metric name, never a dimension value; dimensions come from closed lists, because each
 * series costs $0.30 a month. `lean` metrics are always emitted, the others only with `observability: full`.
 */
export interface Metric {
  readonly unit: 'Count' | 'Milliseconds';
  readonly per?: 'Channel' | 'Source';
  readonly lean: boolean;
}

export const METRICS = {
  EventsAccepted: { unit: 'Count', lean: true },
  EventsDuplicate: { unit: 'Count', lean: false },
  EventsRefused: { unit: 'Count', lean: false },
  UrgentSlowed: { unit: 'Count', lean: false },
  AlertsReceived: { unit: 'Count', per: 'Source', lean: false },
  NoRoute: { unit: 'Count', lean: false },
  Delivered: { unit: 'Count', per: 'Channel', lean: true },
  Failed: { unit: 'Count', per: 'Channel', lean: true },
  Dead: { unit: 'Count', per: 'Channel', lean: true },
  Retried: { unit: 'Count', lean: false },
  Discarded: { unit: 'Count', lean: false },
  RateLimited: { unit: 'Count', lean: true },
  Deferred: { unit: 'Count', lean: false },
  Merged: { unit: 'Count', lean: false },
  DeliveryLatencyMs: { unit: 'Milliseconds', lean: true },
  SendDurationMs: { unit: 'Milliseconds', per: 'Channel', lean: false },
  SlotsWasted: { unit: 'Count', lean: false },
  Blocked: { unit: 'Count', lean: true },
  Malformed: { unit: 'Count', lean: true },
  SpentMicroDollars: { unit: 'Count', lean: false },
  ClockSkewed: { unit: 'Count', lean: false },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof METRICS;

export function isMetricName(name: string): name is MetricName {
  return Object.hasOwn(METRICS, name);
}

/** Fields a log line may carry: ids, counts and times, never payloads, URLs or secrets. */
export interface LogFields {
  readonly tenant?: string | undefined;
  readonly event?: string | undefined;
  readonly destination?: string | undefined;
  readonly channel?: string | undefined;
  readonly delivery?: string | undefined;
  readonly attempt?: number | undefined;
  readonly outcome?: string | undefined;
  readonly reason?: string | undefined;
  readonly status?: number | undefined;
  /** ISO 8601: when the request of an attempt was begun. */
  readonly at?: string | undefined;
  readonly ms?: number | undefined;
  readonly waitMs?: number | undefined;
  readonly count?: number | undefined;
  readonly counts?: Readonly<Record<string, number>> | undefined;
  readonly ids?: readonly string[] | undefined;
  readonly requestId?: string | undefined;
  readonly route?: string | undefined;
  readonly messageId?: string | undefined;
  /** Redacted text. */
  readonly detail?: string | undefined;
  readonly error?:
    | { readonly name: string; readonly message: string; readonly stack?: string | undefined }
    | undefined;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What a pipeline step reports through; one EMF flush per invocation. */
export interface Telemetry {
  /** Adds to a metric; `per` is the value of its dimension, required exactly for metrics that have one. */
  readonly add: (metric: MetricName, value?: number, per?: string) => void;
  readonly log: (level: LogLevel, message: string, fields?: LogFields) => void;
}
