const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** People read it: nine attempts within four hours, then it is old news. Waits before attempt 2, 3, ... */
export const CHAT_RETRY_MS = [
  10 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
] as const;

/** Somebody is to be woken: one quick retry, then minutes; ten attempts in a night of eight hours. */
export const INCIDENT_RETRY_MS = [
  30 * SECOND,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  20 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  4 * HOUR,
] as const;

/** Programs read it: ten attempts in 75 h 35 min (Standard Webhooks 1.0, deliverability and reliability). */
export const WEBHOOK_RETRY_MS = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
] as const;
