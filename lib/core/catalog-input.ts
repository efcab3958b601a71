import * as z from 'zod/mini';
import { SCOPES, type SecretRef } from './catalog.ts';
import { type EntryBody, type EntryKind, SECTIONS } from './catalog-entry.ts';
import { NAME } from './event.ts';
import type { InputError } from './input-error.ts';
import { describeInput } from './input-words.ts';
import { parseIsoTime } from './iso-time.ts';
import { token } from './json.ts';
import { compilePattern, PatternError } from './pattern.ts';
import { compileTemplate, MAX_TEMPLATE_BYTES } from './template.ts';
import { isTopicPattern } from './topic.ts';

/**
 * What people may write into a catalog, by the file or by the API. The same schemas make the OpenAPI
 * document. Settings of a destination are checked against its channel elsewhere (`lib/settings.ts`).
 */

const NAME_RULE = '1 to 63 characters of a-z, 0-9, "_" and "-", beginning with a letter or a digit';
const SECRET_NAME = /^[A-Za-z0-9_-]+(?:[./][A-Za-z0-9_-]+)*$/;
const MAX_PER_SECOND = 1_000;
const MAX_WINDOW_MS = 86_400_000;
/** Secret references of one setting, newest first. */
export const MAX_SECRETS = 10;

const name = z.string(`write a name: ${NAME_RULE}`).check(z.regex(NAME, `write a name: ${NAME_RULE}`));
const label = z.string().check(z.minLength(1), z.maxLength(200));

const secretName = z
  .string('write the name of a secret')
  .check(
    z.maxLength(200),
    z.regex(SECRET_NAME, 'a secret is named by letters, digits, "_" and "-", in parts joined by "/" or "."'),
  );

export const secretRef = z.strictObject({ secret: secretName }).check(
  z.describe('Name of a value kept outside the catalog: an SSM parameter, or the local secrets file.'),
);

const setting = z.union(
  [
    z.string().check(z.maxLength(4_096)),
    z.number(),
    z.boolean(),
    secretRef,
    z.array(secretRef).check(z.minLength(1), z.maxLength(MAX_SECRETS)),
  ],
  `write a text, a number, true, false, { secret: NAME } or a list of up to ${MAX_SECRETS} of these references`,
);

const rate = z
  .strictObject({
    limit: z.int('write a whole number of sends, at least 1').check(z.gte(1)),
    perMs: z.int('write a whole number of milliseconds, 1 to 86400000').check(z.gte(1), z.lte(MAX_WINDOW_MS)),
  })
  .check(
    z.refine(({ limit, perMs }) => (limit * 1000) / perMs <= MAX_PER_SECOND, `write at most ${MAX_PER_SECOND} a second`),
    z.describe('Sends allowed per window; overrides the default of the channel.'),
  );

const topic = z
  .string()
  .check(z.refine(isTopicPattern, 'write a topic ("orders.paid"), "*" for all, or "orders.*" for all below it'));

const pattern = z.custom<Record<string, unknown>>().check(checkPattern, z.meta({
  type: 'object',
  description: 'Event pattern: exact values, prefix, anything-but, exists, over the members of an event.',
}));

const text = z.string().check(
  (context) => {
    try {
      compileTemplate(context.value);
    } catch (error) {
      context.issues.push({ code: 'custom', input: context.value, message: messageOf(error) });
    }
  },
  z.meta({ description: `Text with {{path}} placeholders, at most ${MAX_TEMPLATE_BYTES} bytes.` }),
);

const expiry = z
  .string()
  .check(z.refine((value) => parseIsoTime(value) !== undefined, 'write a time such as 2027-01-31T00:00:00Z'));

export const ENTRY_SCHEMAS = {
  destination: z.strictObject({
    channel: z.string(),
    title: z.exactOptional(label),
    settings: z.record(z.string(), setting),
    rate: z.exactOptional(rate),
    enabled: z._default(z.boolean(), true),
  }),
  template: z
    .strictObject({ title: z.exactOptional(text), text: z.exactOptional(text) })
    .check(z.refine((body) => body.title !== undefined || body.text !== undefined, 'give a title, a text or both')),
  hook: z.strictObject({ source: z.string() }),
  key: z.strictObject({
    secret: secretName,
    scopes: z.array(z.enum(SCOPES)).check(z.minLength(1)),
    expiresAt: z.exactOptional(expiry),
  }),
  route: z.strictObject({
    order: z._default(z.int().check(z.gte(0), z.lte(1_000_000)), 100),
    topics: z.exactOptional(z.array(topic).check(z.minLength(1), z.maxLength(100))),
    match: z.exactOptional(pattern),
    destinations: z.array(name).check(z.minLength(1), z.maxLength(100)),
    template: z.exactOptional(name),
    continue: z.exactOptional(z.boolean()),
    default: z.exactOptional(z.boolean()),
  }),
} as const satisfies Record<EntryKind, z.ZodMiniType>;

export type BodyOf<K extends EntryKind> = z.output<(typeof ENTRY_SCHEMAS)[K]>;

export interface EntryInput {
  readonly kind: EntryKind;
  readonly id: string;
  readonly body: EntryBody;
  /** Where it stood, for further issues. */
  readonly pointer: string;
}

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly issues: InputError[] };

/** Members that the API shows and that may come back unchanged; they are not taken from the caller. */
const READ_ONLY: Readonly<Partial<Record<EntryKind, readonly string[]>>> = {
  destination: ['disabledReason'],
  hook: ['path'],
  key: ['keyId'],
};

/** Reads the body of one entry; a member `id` may repeat the name it is stored under. */
export function parseEntryInput(kind: EntryKind, id: string, value: unknown, pointer = ''): Parsed<EntryInput> {
  const inner = isObject(value) ? value['id'] : undefined;
  const issues: InputError[] = [];
  if (!NAME.test(id) || (inner !== undefined && inner !== id)) {
    const detail = NAME.test(id) ? 'leave the id out, or write the name in the path' : `write a name: ${NAME_RULE}`;
    issues.push({ pointer: `${pointer}/id`, code: 'invalid', detail });
  }
  const body = ENTRY_SCHEMAS[kind].safeParse(without(value, ['id', ...(READ_ONLY[kind] ?? [])]), { reportInput: true });
  if (!body.success) issues.push(...describeInput(body.error, pointer, Object.keys(shapeOf(kind))));
  if (!body.success || issues.length > 0) return { ok: false, issues };
  return { ok: true, value: { kind, id, body: body.data, pointer } };
}

const SECTION_KINDS = Object.entries(SECTIONS) as readonly (readonly [EntryKind, string])[];

/**
 * Reads a whole catalog: `{ destinations, templates, hooks, keys, routes }`, each a list of entries with
 * `id`. A route without `order` takes the place it has in its list.
 */
export function parseCatalogInput(value: unknown): Parsed<readonly EntryInput[]> {
  if (!isObject(value)) {
    const detail = `write an object with the lists ${Object.values(SECTIONS).join(', ')}`;
    return { ok: false, issues: [{ pointer: '', code: 'invalid', detail }] };
  }
  const known = new Set<string>(Object.values(SECTIONS));
  const issues: InputError[] = Object.keys(value)
    .filter((section) => !known.has(section))
    .map((section) => ({
      pointer: `/${token(section)}`,
      code: 'unknown',
      detail: `there is no such list; the lists are ${[...known].join(', ')}`,
    }));
  const entries: EntryInput[] = [];
  for (const [kind, section] of SECTION_KINDS) {
    const list = value[section] ?? [];
    if (!Array.isArray(list)) {
      issues.push({ pointer: `/${section}`, code: 'invalid', detail: 'write a list of entries, each with an id' });
      continue;
    }
    for (const [index, item] of (list as unknown[]).entries()) {
      const parsed = parseListed(kind, item, index, `/${section}/${index}`);
      if (!parsed.ok) issues.push(...parsed.issues);
      else if (entries.some((entry) => entry.kind === kind && entry.id === parsed.value.id)) {
        issues.push({ pointer: `/${section}/${index}/id`, code: 'invalid', detail: 'this id stands twice in its list' });
      } else entries.push(parsed.value);
    }
  }
  return issues.length > 0 ? { ok: false, issues } : { ok: true, value: entries };
}

function parseListed(kind: EntryKind, item: unknown, index: number, pointer: string): Parsed<EntryInput> {
  const id = isObject(item) && typeof item['id'] === 'string' ? item['id'] : '';
  const placed = kind === 'route' && isObject(item) ? { order: index + 1, ...item } : item;
  return parseEntryInput(kind, id, placed, pointer);
}

/** Body of a rotation: the reference that comes in front. */
export const rotationInput = secretRef;

export function parseRotation(value: unknown): Parsed<SecretRef> {
  const parsed = rotationInput.safeParse(value, { reportInput: true });
  return parsed.success
    ? { ok: true, value: parsed.data }
    : { ok: false, issues: describeInput(parsed.error, '', ['secret']) };
}

/** The members an entry may have, by name. */
export function shapeOf(kind: EntryKind): Readonly<Record<string, z.core.$ZodType>> {
  return ENTRY_SCHEMAS[kind]._zod.def.shape;
}

function checkPattern(context: z.core.ParsePayload<Record<string, unknown>>): void {
  try {
    compilePattern(context.value);
  } catch (error) {
    const path = error instanceof PatternError ? [...error.path] : [];
    context.issues.push({ code: 'custom', input: context.value, path, message: messageOf(error) });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function without(value: unknown, names: readonly string[]): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([member]) => !names.includes(member)));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
