import * as z from 'zod/mini';
import { DESTINATION_ID } from './destination-id.ts';
import { type Draft, parseEvent } from './event-input.ts';
import { EVENT_ID, NAME } from './event.ts';
import { type EntryInput, type Parsed, parseEntryInput } from './catalog-input.ts';
import { describeInput } from './input-words.ts';
import { parseIsoTime } from './iso-time.ts';

const WHO = 'write the id of a destination, or of a person';
const TIME = 'write a time such as 2026-11-26T22:00:00Z';

export const explainInput = z.strictObject({
  event: z.exactOptional(z.unknown().check(z.describe('An event, as it is posted to /v1/events.'))),
  template: z.exactOptional(
    z
      .unknown()
      .check(z.describe('A template in the place of those that routes name, to see it before it is saved.')),
  ),
  eventId: z.exactOptional(z.string().check(z.regex(EVENT_ID, 'write the id of an event'))),
  heartbeat: z.exactOptional(
    z
      .string()
      .check(
        z.regex(NAME, 'write the id of a heartbeat'),
        z.describe('A heartbeat of the catalog: what would be told if it stopped.'),
      ),
  ),
  for: z.exactOptional(
    z
      .string(WHO)
      .check(
        z.regex(DESTINATION_ID, WHO),
        z.describe('A destination, or a person with all of theirs: `summary` speaks of nobody else.'),
      ),
  ),
  at: z.exactOptional(
    z.string(TIME).check(
      z.refine((text) => parseIsoTime(text) !== undefined, TIME),
      z.meta({
        format: 'date-time',
        description: 'When it would be routed; now when absent, or when it is scheduled.',
      }),
    ),
  ),
});

export interface ExplainInput {
  /** The event itself, the id of one that was posted, or the heartbeat of which it would tell. */
  readonly of: { readonly draft: Draft } | { readonly eventId: string } | { readonly heartbeat: string };
  /** Who wonders: a destination or a person. */
  readonly about?: string;
  /** In the place of those that routes name. */
  readonly template?: EntryInput<'template'>;
  /** Absent: at the time of the event if it is scheduled, else now. */
  readonly atMs?: number;
}

/** Reads what is to be explained: an event, the id of one, or a heartbeat. */
export function parseExplainInput(value: unknown, nowMs: number): Parsed<ExplainInput> {
  const parsed = explainInput.safeParse(value, { reportInput: true });
  if (!parsed.success)
    return { ok: false, issues: describeInput(parsed.error, '', Object.keys(explainInput.shape)) };
  const { event, eventId, heartbeat, at, for: about, template } = parsed.data;
  const given =
    template === undefined ? undefined : parseEntryInput('template', 'given', template, '/template');
  if (given && !given.ok) return given;
  const options = {
    ...(about !== undefined && { about }),
    ...(at !== undefined && { atMs: parseIsoTime(at) ?? nowMs }),
    ...(given && { template: given.value }),
  };
  if ([event, eventId, heartbeat].filter((one) => one !== undefined).length !== 1) {
    const detail = 'give one of event, eventId and heartbeat';
    return { ok: false, issues: [{ pointer: '', code: 'invalid', detail }] };
  }
  if (eventId !== undefined) return { ok: true, value: { of: { eventId }, ...options } };
  if (heartbeat !== undefined) return { ok: true, value: { of: { heartbeat }, ...options } };
  const drafted = parseEvent(event, nowMs);
  if (!drafted.ok) {
    const issues = drafted.errors.map(({ pointer, ...error }) => ({ ...error, pointer: `/event${pointer}` }));
    return { ok: false, issues };
  }
  return { ok: true, value: { of: { draft: drafted.draft }, ...options } };
}
