import type { Escalates } from './escalation.ts';
import type { FailsOver } from './failover.ts';
import type { Priority } from './priority.ts';
import type { Severity } from './severity.ts';

/** `urgent` events travel in queues of their own and never wait behind a normal backlog. */
export const LANES = ['normal', 'urgent'] as const;
export type Lane = (typeof LANES)[number];

/**
 * A fact that a producer posted, after it passed the border: every member is checked, `id`, `time` and
 * `lane` are filled in. This is what the event queues carry and the ledger keeps.
 */
export interface Event {
  /** `[A-Za-z0-9_-]{1,128}`; given by the producer, derived from an idempotency key, or made by us. */
  readonly id: string;
  /** Dotted name of the kind of event, segments `[A-Za-z0-9_]`, at most 128 characters. */
  readonly topic: string;
  /** When it happened, ISO 8601 in UTC. */
  readonly time: string;
  readonly lane: Lane;
  readonly data: Readonly<Record<string, unknown>>;
  readonly source?: string;
  readonly subject?: string;
  readonly severity?: Severity;
  /** What the settings of its topic said of its severity when it was taken. Never accepted from a producer. */
  readonly priority?: Priority;
  /** How many days what becomes of it is kept, as its topic said when it was taken. Never accepted from a producer. */
  readonly retentionDays?: number;
  readonly dedupeKey?: string;
  /** Nobody wants to hear of it after this; ISO 8601 in UTC. */
  readonly expiresAt?: string;
  /** It was held until this time; ISO 8601 in UTC. */
  readonly scheduledAt?: string;
  /** The CloudEvents `type` before characters outside the topic alphabet became `_`. */
  readonly ceType?: string;
  /** `data` exceeded 256 KiB and was cut. */
  readonly truncated?: true;
  /** People and teams to whom it goes; routes are not asked. */
  readonly recipients?: readonly string[];
  /** Destinations named directly, as `destinations` of a post or by us; routes are not asked. */
  readonly to?: readonly string[];
  /** A copy that a replay made of this earlier event. Never accepted from a producer. */
  readonly replayOf?: string;
  /** The step of an escalation that it is. Never accepted from a producer. */
  readonly escalates?: Escalates;
  /** The destination that did not accept it, of a copy that goes to the next. Never accepted from a producer. */
  readonly failsOver?: FailsOver;
}

/** What routes may ask an event about, outside of `data`. */
export const EVENT_MEMBERS = [
  'id',
  'topic',
  'time',
  'lane',
  'source',
  'subject',
  'severity',
  'dedupeKey',
  'expiresAt',
  'scheduledAt',
  'ceType',
  'truncated',
  'replayOf',
  'data',
] as const satisfies readonly (keyof Event)[];

/** Topics: dotted segments of `[A-Za-z0-9_]`. Linear: no nested quantifier can be made to backtrack. */
export const TOPIC = /^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*$/;
export const MAX_TOPIC = 128;
/** Characters of `source`, `subject` and `dedupeKey`. */
export const MAX_ATTRIBUTE = 512;

/** Event ids: no dot, slash or hash, so that they can stand in keys and paths as they are. */
export const EVENT_ID = /^[A-Za-z0-9_-]{1,128}$/;

/** Tenants, destinations, routes, templates: what people name in a catalog. */
export const NAME = /^[a-z0-9][a-z0-9_-]{0,62}$/;

/** People and teams that an event or a route may name. */
export const MAX_RECIPIENTS = 20;

/** The UTC hour of an event's time, `2026-11-21T04`: the unit in which fan-out records are grouped. */
export function hourOf(event: Pick<Event, 'time'>): string {
  return event.time.slice(0, 13);
}
