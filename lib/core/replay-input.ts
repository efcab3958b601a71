import * as z from 'zod/mini';
import { DEAD_REASONS } from './delivery.ts';
import { EVENT_ID, MAX_TOPIC, NAME, TOPIC } from './event.ts';
import type { Parsed } from './catalog-input.ts';
import { NAME_RULE } from './name-input.ts';
import { REASONS } from './outcome.ts';
import { describeInput } from './input-words.ts';
import { isObject } from './is-object.ts';
import { isoTime, parseIsoTime } from './iso-time.ts';
import type { ReplayFilter } from './replay.ts';

/** How long events and deliveries are kept: nothing older can be found. */
const MAX_RANGE_MS = 31 * 86_400_000;

const time = z
  .string()
  .check(z.refine((value) => parseIsoTime(value) !== undefined, 'write a time such as 2027-01-31T00:00:00Z'));
const name = z.string().check(z.regex(NAME, `write a name: ${NAME_RULE}`));
const common = {
  id: z.exactOptional(
    z
      .string()
      .check(z.regex(EVENT_ID, 'write 1 to 128 characters of A-Z a-z 0-9 _ -'), z.maxLength(64))
      .check(z.describe('A name of your own: the same request, sent twice, is one replay.')),
  ),
  preview: z.exactOptional(z.boolean()),
};

export const deadReplayInput = z.strictObject({
  ...common,
  state: z.literal('dead'),
  destination: z.exactOptional(name),
  reason: z.exactOptional(z.enum(DEAD_REASONS)),
  cause: z.exactOptional(z.enum(REASONS)),
  from: z.exactOptional(time),
  to: z.exactOptional(time),
});

export const eventReplayInput = z.strictObject({
  ...common,
  topic: z.string().check(z.regex(TOPIC, 'write a topic such as orders.paid'), z.maxLength(MAX_TOPIC)),
  from: time,
  to: time,
  destinations: z.exactOptional(z.array(name).check(z.minLength(1), z.maxLength(100))),
});

export interface ReplayInput {
  readonly id?: string;
  readonly preview: boolean;
  readonly filter: ReplayFilter;
}

/** Reads the body of a replay: dead deliveries (`state: dead`) or past events (`topic`). */
export function parseReplayInput(value: unknown, nowMs: number): Parsed<ReplayInput> {
  const schema = isObject(value) && 'topic' in value ? eventReplayInput : deadReplayInput;
  const parsed = schema.safeParse(value, { reportInput: true });
  if (!parsed.success)
    return { ok: false, issues: describeInput(parsed.error, '', Object.keys(schema.shape)) };
  const { id, preview = false, from, to = isoTime(nowMs), ...rest } = parsed.data;
  const [fromMs, toMs] = [parseIsoTime(from ?? '') ?? 0, Math.min(nowMs, parseIsoTime(to) ?? nowMs)];
  if (fromMs >= toMs) return wrongFrom('write a time before the end, and before now');
  if ('topic' in rest && toMs - fromMs > MAX_RANGE_MS) return wrongFrom('write a range of at most 31 days');
  const range = { ...(from !== undefined && { from: isoTime(fromMs) }), to: isoTime(toMs) };
  const filter = 'topic' in rest ? { ...rest, from: isoTime(fromMs), to: range.to } : { ...rest, ...range };
  return { ok: true, value: { preview, filter, ...(id !== undefined && { id }) } };
}

function wrongFrom(detail: string): Parsed<ReplayInput> {
  return { ok: false, issues: [{ pointer: '/from', code: 'range', detail }] };
}
