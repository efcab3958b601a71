import * as z from 'zod/mini';
import {
  EVENT_ID,
  type Event,
  LANES,
  MAX_ATTRIBUTE,
  MAX_RECIPIENTS,
  MAX_TOPIC,
  NAME,
  TOPIC,
} from './event.ts';
import { type InputError, inputErrors } from './input-error.ts';
import { MAX_FUTURE_MS, MAX_PAST_MS, isTimely, isoTime } from './iso-time.ts';
import type { Mutable } from './mutable.ts';
import { isPlainEvent } from './plain-event.ts';
import { MAX_AHEAD_MS, holdOf } from './schedule.ts';
import { SEVERITIES } from './severity.ts';
import { DEFAULT_TERMS, type TermsOf } from './terms.ts';

/** Events of one post; more belong into several. */
export const MAX_EVENTS = 500;
/** Bytes of one event as it is kept: UTF-8 of its JSON with id, time and lane filled in. */
export const MAX_EVENT_BYTES = 256 * 1024;

const attribute = (name: string) =>
  z
    .string({ error: `${name} is a text` })
    .check(
      z.minLength(1, `${name} must not be empty`),
      z.maxLength(MAX_ATTRIBUTE, `${name} has at most ${MAX_ATTRIBUTE} characters`),
    );

const topic = z
  .string({ error: 'topic is a text such as order.paid' })
  .check(
    z.maxLength(MAX_TOPIC, `topic has at most ${MAX_TOPIC} characters`),
    z.regex(TOPIC, 'topic is dotted segments of letters, digits and _, such as order.paid'),
    z.describe('Dotted name of the kind of event.'),
  );

const EXPIRY_RULE = 'expiresAt is ISO 8601 with an offset, or milliseconds since 1970';

/** Those to whom an event goes by its own word. */
function addressed(one: 'recipient' | 'destination', about: string) {
  return z
    .array(
      z
        .string(`a ${one} is named by a text`)
        .check(z.regex(NAME, `a ${one} is named by a-z, 0-9, "_" and "-"`)),
      `${one}s is a list of names`,
    )
    .check(
      z.minLength(1, `${one}s names at least one`),
      z.maxLength(MAX_RECIPIENTS, `${one}s names at most ${MAX_RECIPIENTS}`),
      z.describe(about),
    );
}

/** The body of an event as a producer posts it. */
export const eventInput = z.strictObject(
  {
    id: z.exactOptional(
      z
        .string({ error: 'id is a text' })
        .check(
          z.regex(EVENT_ID, 'id is 1-128 characters of A-Z a-z 0-9 _ -'),
          z.describe('Makes a repeated post a duplicate.'),
        ),
    ),
    topic,
    source: z.exactOptional(attribute('source').check(z.describe('What produced the event.'))),
    subject: z.exactOptional(attribute('subject').check(z.describe('What the event is about.'))),
    time: z.exactOptional(
      z.iso
        .datetime({ offset: true, error: 'time is ISO 8601 with an offset, such as 2026-11-21T10:00:00Z' })
        .check(z.describe('When it happened: at most 5 minutes ahead and 7 days back. Default: now.')),
    ),
    severity: z.exactOptional(z.enum(SEVERITIES, { error: `severity is one of ${SEVERITIES.join(', ')}` })),
    dedupeKey: z.exactOptional(
      attribute('dedupeKey').check(z.describe('Names the incident the event belongs to.')),
    ),
    lane: z.exactOptional(
      z
        .enum(LANES, { error: 'lane is normal or urgent' })
        .check(
          z.describe(
            'Urgent events have queues of their own; absent: that of its topic. Severity critical is urgent by itself.',
          ),
        ),
    ),
    expiresAt: z.exactOptional(
      z
        .union([z.iso.datetime({ offset: true, error: EXPIRY_RULE }), z.int(EXPIRY_RULE)], EXPIRY_RULE)
        .check(z.describe('Nobody wants to hear of it after this time; at most 30 days ahead.')),
    ),
    scheduledAt: z.exactOptional(
      z.iso
        .datetime({
          offset: true,
          error: 'scheduledAt is ISO 8601 with an offset, such as 2026-12-01T09:00:00Z',
        })
        .check(z.describe('Held until then, and routed by the rules of then; at most 30 days ahead.')),
    ),
    recipients: z.exactOptional(
      addressed('recipient', 'People and teams to whom it goes in the place of routes.'),
    ),
    destinations: z.exactOptional(
      addressed('destination', 'Destinations of the catalog to which it goes in the place of routes.'),
    ),
    data: z
      .record(z.string(), z.unknown(), { error: 'data is an object' })
      .check(z.describe('Facts for templates, patterns and receivers; title and text are shown by default.')),
  },
  { error: 'an event is an object' },
);

/** The array form of `POST /v1/events`. */
export const eventsInput = z.array(eventInput).check(z.minLength(1), z.maxLength(MAX_EVENTS));

/** What a producer said, checked: an event before id, time and lane are filled in. */
export type Draft = Omit<Event, 'id' | 'time' | 'lane' | 'priority' | 'retentionDays'> &
  Partial<Pick<Event, 'id' | 'time' | 'lane'>>;

export type Drafted =
  | { readonly ok: true; readonly draft: Draft }
  | { readonly ok: false; readonly errors: readonly InputError[] };

/** Checks one posted event; unknown members are refused. Error pointers start at the event. */
export function parseEvent(input: unknown, nowMs: number): Drafted {
  if (isPlainEvent(input)) return withTime(input, nowMs);
  const parsed = eventInput.safeParse(input, { reportInput: true });
  if (!parsed.success) return { ok: false, errors: inputErrors(parsed.error.issues) };
  const { expiresAt, scheduledAt, destinations, ...facts } = parsed.data;
  if (destinations && facts.recipients) return { ok: false, errors: [BOTH] };
  const draft = { ...facts, ...(destinations && { to: [...new Set(destinations)] }) };
  const timed = withTime(draft, nowMs);
  const planned = timed.ok && scheduledAt !== undefined ? withPlan(timed.draft, scheduledAt, nowMs) : timed;
  return planned.ok && expiresAt !== undefined ? withExpiry(planned.draft, expiresAt, nowMs) : planned;
}

const BOTH: InputError = {
  pointer: '/destinations',
  code: 'invalid',
  detail: 'leave it out beside recipients, or post the event once for each',
};

/** A time that lies behind stays as it was posted, so that a repeated post is a duplicate: it means now. */
function withPlan(draft: Draft, scheduledAt: string, nowMs: number): Drafted {
  const atMs = Date.parse(scheduledAt);
  if (atMs <= nowMs + MAX_AHEAD_MS) return { ok: true, draft: { ...draft, scheduledAt: isoTime(atMs) } };
  const detail = `scheduledAt lies at most ${MAX_AHEAD_MS / 86_400_000} days ahead`;
  return { ok: false, errors: [{ pointer: '/scheduledAt', code: 'range', detail }] };
}

const MAX_EXPIRY_MS = 30 * 86_400_000;

/** A time that lies behind is a mistake, such as seconds in place of milliseconds, and not a wish. */
function withExpiry(draft: Draft, expiresAt: string | number, nowMs: number): Drafted {
  const atMs = typeof expiresAt === 'number' ? expiresAt : Date.parse(expiresAt);
  const hold = holdOf(draft, nowMs);
  const fromMs = hold?.untilMs ?? nowMs;
  if (atMs > fromMs && atMs <= fromMs + MAX_EXPIRY_MS) {
    return { ok: true, draft: { ...draft, expiresAt: isoTime(atMs) } };
  }
  const detail = hold
    ? `expiresAt lies behind scheduledAt, by at most ${MAX_EXPIRY_MS / 86_400_000} days`
    : `expiresAt lies ahead, by at most ${MAX_EXPIRY_MS / 86_400_000} days`;
  return { ok: false, errors: [{ pointer: '/expiresAt', code: 'range', detail }] };
}

/** Normalises a draft's time to UTC and refuses one that is too far from now. */
export function withTime(draft: Draft, nowMs: number): Drafted {
  if (draft.time === undefined) return { ok: true, draft };
  const atMs = Date.parse(draft.time);
  if (isTimely(atMs, nowMs)) return { ok: true, draft: { ...draft, time: isoTime(atMs) } };
  const detail = `time is at most ${MAX_FUTURE_MS / 60_000} minutes ahead and ${MAX_PAST_MS / 86_400_000} days back`;
  return { ok: false, errors: [{ pointer: '/time', code: 'range', detail }] };
}

/** Fills in what the producer left out. A scheduled event happens at its time; one whose time has come is as any other. */
export function completeEvent(
  draft: Draft,
  id: string,
  nowMs: number,
  termsOf: TermsOf = DEFAULT_TERMS,
): Event {
  const hold = holdOf(draft, nowMs);
  const time = draft.time ?? isoTime(hold?.untilMs ?? nowMs);
  const event: Mutable<Event> = { ...draft, id, time, ...termsOf(draft) };
  if (!hold && event.scheduledAt !== undefined) delete event.scheduledAt;
  return event;
}
