import * as z from 'zod/mini';
import type { Parsed } from './catalog-input.ts';
import { INBOX } from './destination-id.ts';
import { NAME_RULE, topicPatterns, unsubscribedPatterns } from './name-input.ts';
import { NAME } from './event.ts';
import { describeInput } from './input-words.ts';
import { isObject } from './is-object.ts';
import { isLocale } from './locale.ts';
import type { Recipient } from './recipient.ts';
import { checkWindow } from './window.ts';

/** Each is a delivery of every message to the person. */
const MAX_ADDRESSES = 5;
const MAX_PREFERENCES = 50;
const MAX_MEMBERS = 200;
const MAX_BYTES = 16 * 1024;

const name = z.string(`write a name: ${NAME_RULE}`).check(z.regex(NAME, `write a name: ${NAME_RULE}`));
const label = z.string().check(z.minLength(1), z.maxLength(200));

const through = name.check(
  z.refine((id) => id !== INBOX, `nobody has an address through a destination that is called ${INBOX}`),
);

const setting = z.union(
  [z.string().check(z.maxLength(4_096)), z.number(), z.boolean()],
  'write a text, a number, true or false',
);

const address = z.union(
  [
    name,
    z.strictObject({
      through,
      settings: z.record(z.string(), setting),
      gone: z.exactOptional(z.literal(true)),
    }),
  ],
  'write the id of a destination, or { through: DESTINATION, settings: { ... } }',
);

const locale = z
  .string('write a language such as de or pt-BR')
  .check(z.refine(isLocale, 'write a language such as de or pt-BR'));

const zone = z.string('write the name of a time zone, such as Europe/Berlin').check(
  z.refine((text) => Object.keys(checkWindow({ zone: text })).length === 0, {
    error: 'write the name of a time zone, such as Europe/Berlin',
  }),
);

const channels = z
  .record(z.string(), z.boolean('write true or false'))
  .check(z.refine((all) => Object.keys(all).length > 0, 'name at least one channel'));

export const personInput = z.strictObject({
  name: z.exactOptional(label),
  locale: z.exactOptional(locale),
  zone: z.exactOptional(zone),
  destinations: z.exactOptional(z.array(address).check(z.minLength(1), z.maxLength(MAX_ADDRESSES))),
  inbox: z.exactOptional(z.boolean('write true or false')),
  preferences: z.exactOptional(
    z
      .array(z.strictObject({ topics: topicPatterns, channels }))
      .check(z.minLength(1), z.maxLength(MAX_PREFERENCES)),
  ),
  unsubscribed: z.exactOptional(unsubscribedPatterns),
});

export const teamInput = z.strictObject({
  name: z.exactOptional(label),
  members: z.array(name).check(z.minLength(1), z.maxLength(MAX_MEMBERS)),
});

/** Reads a person, or a team: what has `members` is one. A member `id` may repeat the name in the path. */
export function parseRecipientInput(id: string, value: unknown): Parsed<Recipient> {
  if (!NAME.test(id)) return refused('/id', `write a name: ${NAME_RULE}`);
  const { id: inner = id, ...body } = isObject(value) ? value : {};
  if (inner !== id) return refused('/id', 'leave the id out, or write the name in the path');
  const schema = 'members' in body ? teamInput : personInput;
  const parsed = schema.safeParse(isObject(value) ? body : value, { reportInput: true });
  if (!parsed.success)
    return { ok: false, issues: describeInput(parsed.error, '', Object.keys(schema.shape)) };
  const bytes = Buffer.byteLength(JSON.stringify(parsed.data));
  if (bytes > MAX_BYTES) return refused('', `a recipient has at most ${MAX_BYTES} bytes`, 'tooLong');
  const twice = twiceIn(parsed.data);
  if (twice) return refused(twice, 'this stands in the list twice');
  return { ok: true, value: { id, ...parsed.data } };
}

function refused(pointer: string, detail: string, code = 'invalid'): Parsed<never> {
  return { ok: false, issues: [{ pointer, code, detail }] };
}

/** Where a list names something a second time. */
function twiceIn(body: z.output<typeof personInput> | z.output<typeof teamInput>): string | undefined {
  const [member, names] =
    'members' in body
      ? (['members', body.members] as const)
      : ([
          'destinations',
          (body.destinations ?? []).map((one) => (typeof one === 'string' ? one : `.${one.through}`)),
        ] as const);
  const index = names.findIndex((one, at) => names.indexOf(one) < at);
  return index < 0 ? undefined : `/${member}/${index}`;
}
