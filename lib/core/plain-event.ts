import type * as z from 'zod/mini';
import type { eventInput } from './event-input.ts';
import { EVENT_ID, LANES, MAX_ATTRIBUTE, MAX_TOPIC, TOPIC } from './event.ts';
import { isObject } from './is-object.ts';
import { parseIsoTime } from './iso-time.ts';
import { isSeverity } from './severity.ts';

/*
 * The rules of `eventInput` by hand, as in `sources/plain-alert.ts`: what keeps them need not pass the schema. Members
 * that are rare are left to it, and so is everything of which it would have to say what is wrong.
 */

type Holds = (value: unknown) => boolean;

const isText: (value: unknown) => value is string = (value) => typeof value === 'string';
const isAttribute: Holds = (value) => isText(value) && value !== '' && value.length <= MAX_ATTRIBUTE;
/** In UTC, as nearly every program writes it. */
const TIME = /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?Z$/;

const RULES: ReadonlyMap<string, Holds> = new Map<string, Holds>([
  ['topic', (value) => isText(value) && value.length <= MAX_TOPIC && TOPIC.test(value)],
  ['data', isObject],
  ['id', (value) => isText(value) && EVENT_ID.test(value)],
  ['time', (value) => isText(value) && TIME.test(value) && parseIsoTime(value) !== undefined],
  ['severity', isSeverity],
  ['lane', (value) => LANES.some((lane) => lane === value)],
  ['source', isAttribute],
  ['subject', isAttribute],
  ['dedupeKey', isAttribute],
]);

type Plain = Omit<z.infer<typeof eventInput>, 'expiresAt' | 'scheduledAt' | 'recipients' | 'destinations'>;

/** What the schema lets pass as it is, and not all of it. */
export function isPlainEvent(input: unknown): input is Plain {
  if (!isObject(input)) return false;
  for (const name in input) {
    const holds = RULES.get(name);
    if (!holds?.(input[name])) return false;
  }
  return input['topic'] !== undefined && input['data'] !== undefined;
}
