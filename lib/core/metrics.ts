/**
 * Every metric Fanfare emits, in one list: dashboards, alarms and documents are generated from it.
 * An outcome is a metric name, never a dimension value; dimensions come from closed lists, because each
 * series costs $0.30 a month. `lean` metrics are always emitted, the others only with `observability: full`.
 */
export interface Metric {
  readonly unit: 'Count' | 'Milliseconds';
  readonly per?: 'Channel' | 'Source';
  readonly lean: boolean;
  readonly about: string;
}

export const METRICS = {
  EventsAccepted: { unit: 'Count', lean: true, about: 'events answered with 202 and safe in SQS' },
  EventsDuplicate: { unit: 'Count', lean: false, about: 'events known from an earlier post' },
  EventsRefused: { unit: 'Count', lean: false, about: 'events refused at the border' },
  UrgentSlowed: {
    unit: 'Count',
    lean: false,
    about: 'urgent events beyond the quota, sent with the normal ones',
  },
  AlertsReceived: { unit: 'Count', per: 'Source', lean: false, about: 'alerts by kind of source' },
  NoRoute: { unit: 'Count', lean: false, about: 'events that no route wanted' },
  Delivered: { unit: 'Count', per: 'Channel', lean: true, about: 'deliveries a provider accepted' },
  Failed: {
    unit: 'Count',
    per: 'Channel',
    lean: true,
    about: 'attempts that did not deliver, rate refusals left out',
  },
  Dead: { unit: 'Count', per: 'Channel', lean: true, about: 'deliveries given up, kept for replay' },
  Retried: { unit: 'Count', lean: false, about: 'retries scheduled' },
  Discarded: { unit: 'Count', lean: false, about: 'deliveries ended by a rule' },
  RateLimited: { unit: 'Count', lean: true, about: 'refusals for rate by a provider' },
  Deferred: { unit: 'Count', lean: false, about: 'deliveries that got an appointment instead of a slot' },
  Merged: { unit: 'Count', lean: false, about: 'deliveries told in the message of another' },
  DeliveryLatencyMs: { unit: 'Milliseconds', lean: true, about: 'fan-out to accepted' },
  SendDurationMs: { unit: 'Milliseconds', per: 'Channel', lean: false, about: 'time of one request' },
  SlotsWasted: { unit: 'Count', lean: false, about: 'booked slots that could not be given back' },
  Blocked: { unit: 'Count', lean: true, about: 'requests the address guard refused' },
  Malformed: { unit: 'Count', lean: true, about: 'queue messages that could not be read' },
  ClockSkewed: { unit: 'Count', lean: false, about: 'workers whose clock is more than 1.5 s off' },
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
