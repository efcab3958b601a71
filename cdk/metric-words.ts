import type { MetricName } from '../lib/core/metrics.ts';

/** What each metric counts, for people. It is not where the metrics are: every bundle would carry it. */
export const METRIC_WORDS: Readonly<Record<MetricName, string>> = {
  EventsAccepted: 'events answered with 202 and safe in SQS',
  EventsDuplicate: 'events known from an earlier post',
  EventsRefused: 'events refused at the border',
  UrgentSlowed: 'urgent events beyond the quota, sent with the normal ones',
  AlertsReceived: 'alerts by kind of source',
  NoRoute: 'events that no route wanted',
  Delivered: 'deliveries a provider accepted',
  Failed: 'attempts that did not deliver, rate refusals left out',
  Dead: 'deliveries given up, kept for replay',
  Retried: 'retries scheduled',
  Discarded: 'deliveries ended by a rule',
  RateLimited: 'refusals for rate by a provider',
  Deferred: 'deliveries that got an appointment instead of a slot',
  Merged: 'deliveries told in the message of another',
  DeliveryLatencyMs: 'fan-out to accepted',
  SendDurationMs: 'time of one request',
  SlotsWasted: 'booked slots that could not be given back',
  Blocked: 'requests the address guard refused',
  Malformed: 'queue messages that could not be read',
  SpentMicroDollars:
    'list price of what the runs used, in millionths of a dollar; traffic out and what is fixed left out',
  ClockSkewed: 'workers whose clock is more than 1.5 s off',
};
