/**
 * Every kind of alarm, in one list. `docs/runbook.md` has one heading for each, which the alarm's description
 * points at.
 *
 * The age of a queue's oldest message is no measure of messages that fail: one that was received three times
 * without being deleted goes to the back of the queue, and the metric tells of the next one (SQS developer guide,
 * "Available CloudWatch metrics for Amazon SQS"). So `eventAge` and `deliveryAge` watch for work that piles up.
 * What fails over and over ends in the dead-letter queue, and rings as `dead`; where even that cannot be recorded,
 * as `deadLettersHeld`, which counts messages.
 */
export interface AlarmKind {
  /** Heading in the runbook. */
  readonly heading: string;
  /** Breaches when the value is at least this. */
  readonly threshold: number;
  /** Seconds of one datapoint. */
  readonly periodSeconds: number;
  /** Datapoints that must breach. */
  readonly points: number;
  /** Of how many datapoints in a row. Default: `points`. */
  readonly of?: number;
  /** No data: nothing happened (`fine`), or nothing is known, so the alarm stays as it is (`unknown`). */
  readonly silence: 'fine' | 'unknown';
  /** `full` alarms exist only with `observability: full`. */
  readonly level: 'lean' | 'full';
}

const each = { periodSeconds: 60, points: 1, silence: 'fine', level: 'lean' } as const;

export const ALARMS = {
  /** The oldest event waits: fan-out does not keep up or fails. 1.5 times the longest wait expected. */
  eventAge: { ...each, heading: 'Events wait too long', threshold: 300, points: 3 },
  /** Beyond the longest `DelaySeconds` (900 s), which deferrals and retries use. */
  deliveryAge: { ...each, heading: 'Deliveries wait too long', threshold: 1_200, points: 3 },
  /** A dead-letter queue has a consumer: what lies there, or is received again and again, is not consumed. */
  deadLettersHeld: { ...each, heading: 'Dead letters are not taken', threshold: 1, points: 15 },
  dead: { ...each, heading: 'Deliveries are dead', threshold: 1 },
  failureRate: { ...each, heading: 'A channel fails', threshold: 0.05, periodSeconds: 300, points: 3 },
  errors: { ...each, heading: 'A function fails', threshold: 1, points: 3 },
  throttles: { ...each, heading: 'Functions are throttled', threshold: 1, points: 5 },
  apiErrors: { ...each, heading: 'The API answers 5xx', threshold: 0.05, points: 3 },
  recursion: { ...each, heading: 'Recursion was stopped', threshold: 1 },
  /** Three of four: the fourth is a run before the silence, see `silentAfter`. */
  timersSilent: {
    ...each,
    heading: 'Timers do not run',
    threshold: 1,
    periodSeconds: 300,
    points: 3,
    of: 4,
    silence: 'unknown',
  },
  malformed: { ...each, heading: 'Queue messages cannot be read', threshold: 1 },
  blocked: { ...each, heading: 'The address guard refuses requests', threshold: 20, periodSeconds: 300 },
  /** Dollars of a million deliveries: some seven times what single events cost (`npm run cost`). For an hour, and not for a few. */
  cost: {
    ...each,
    heading: 'Deliveries cost too much',
    threshold: 20,
    periodSeconds: 900,
    points: 4,
    level: 'full',
  },
  duration: { ...each, heading: 'A function nears its time-out', threshold: 0.8, points: 3, level: 'full' },
  /** 75 % of the 120,000 messages a standard queue may have in flight. */
  inFlight: { ...each, heading: 'Too many messages in flight', threshold: 90_000, points: 5, level: 'full' },
  tableThrottles: { ...each, heading: 'A table throttles', threshold: 1, points: 5, level: 'full' },
  apiLatency: { ...each, heading: 'The API is slow', threshold: 1_000, points: 5, level: 'full' },
} as const satisfies Record<string, AlarmKind>;

export type AlarmName = keyof typeof ALARMS;

/** Anchor of a heading, as GitHub makes it. */
export function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-');
}
