import * as z from 'zod/mini';
import type { Parsed } from './catalog-input.ts';
import { NAME_RULE, destinationNames, topicPatterns } from './name-input.ts';
import { NAME } from './event.ts';
import { describeInput } from './input-words.ts';
import { isoTime, parseIsoTime } from './iso-time.ts';
import { matchInput } from './match-input.ts';
import type { Silence } from './silence.ts';
import { whenInput } from './when-input.ts';
import { windowInput } from './window-input.ts';

/** One that holds for longer is no silence but a route that should go. */
const MAX_DAYS = 366;
const DAY_MS = 86_400_000;

const time = z.string('write a time such as 2026-11-26T22:00:00Z').check(
  z.refine((text) => parseIsoTime(text) !== undefined, 'write a time such as 2026-11-26T22:00:00Z'),
  z.meta({ format: 'date-time' }),
);

export const silenceInput = z.strictObject({
  id: z.exactOptional(z.string().check(z.regex(NAME, `write a name: ${NAME_RULE}`))),
  topics: z.exactOptional(topicPatterns),
  match: z.exactOptional(matchInput),
  when: z.exactOptional(whenInput),
  destinations: z.exactOptional(destinationNames),
  startsAt: z.exactOptional(time),
  endsAt: z.exactOptional(time),
  every: z.exactOptional(windowInput),
  notify: z.exactOptional(destinationNames),
  reason: z.string('say why, for people who wonder later').check(z.minLength(1), z.maxLength(500)),
  author: z.exactOptional(z.string().check(z.minLength(1), z.maxLength(100))),
});

type SilenceInput = Omit<Silence, 'id' | 'at'> & { readonly id?: string };

/** Reads the body of a silence. It says what it keeps back, and ends or recurs: nobody silences everything for ever. */
export function parseSilenceInput(value: unknown, nowMs: number): Parsed<SilenceInput> {
  const parsed = silenceInput.safeParse(value, { reportInput: true });
  if (!parsed.success)
    return { ok: false, issues: describeInput(parsed.error, '', Object.keys(silenceInput.shape)) };
  const { startsAt: starts, endsAt: ends, ...rest } = parsed.data;
  const startsAt = starts === undefined ? nowMs : parseIsoTime(starts)!;
  const endsAt = ends === undefined ? undefined : parseIsoTime(ends)!;
  const fault = faultOf(rest, startsAt, endsAt, nowMs);
  if (fault) return { ok: false, issues: [{ code: 'invalid', ...fault }] };
  return { ok: true, value: { ...rest, startsAt, ...(endsAt !== undefined && { endsAt }) } };
}

interface Fault {
  readonly pointer: string;
  readonly detail: string;
}

function faultOf(
  { topics, match, when, destinations, every: window }: Partial<SilenceInput>,
  startsAt: number,
  endsAt: number | undefined,
  nowMs: number,
): Fault | undefined {
  if (!topics && !match && when === undefined && !destinations)
    return {
      pointer: '',
      detail: 'say what to silence: topics, match, when or destinations; topics: ["*"] is everything',
    };
  if (endsAt === undefined)
    return window ? undefined : { pointer: '/endsAt', detail: 'say when it ends, or every: when it recurs' };
  if (endsAt <= startsAt || endsAt <= nowMs)
    return { pointer: '/endsAt', detail: `it has to end after it starts, and after now (${isoTime(nowMs)})` };
  if (endsAt - startsAt > MAX_DAYS * DAY_MS && !window)
    return { pointer: '/endsAt', detail: `at most ${MAX_DAYS} days after it starts` };
  return undefined;
}
