import type { SecretRef } from './catalog.ts';
import { ENTRY_KINDS, type EntryKind, SECTIONS } from './catalog-entry.ts';
import { ENTRY_SCHEMAS, type InputBodies, secretRef } from './entry-schemas.ts';
import { NAME_RULE } from './name-input.ts';
import { NAME } from './event.ts';
import type { InputError } from './input-error.ts';
import { describeInput } from './input-words.ts';
import { isObject } from './is-object.ts';
import { token } from './json.ts';

export type EntryInput<K extends EntryKind = EntryKind> = {
  readonly [P in K]: {
    readonly kind: P;
    readonly id: string;
    readonly body: InputBodies[P];
    /** Where it stood, for further issues. */
    readonly pointer: string;
  };
}[K];

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly issues: InputError[] };

/** Members that the API shows and that may come back unchanged; they are not taken from the caller. */
const READ_ONLY: Readonly<Partial<Record<EntryKind, readonly string[]>>> = {
  destination: ['disabledReason'],
  hook: ['path', 'pending'],
  key: ['keyId', 'pending'],
  heartbeat: ['state', 'lastBeatAt', 'lateAt', 'lateSince'],
};

/** Reads the body of one entry; a member `id` may repeat the name it is stored under. */
export function parseEntryInput<K extends EntryKind>(
  kind: K,
  id: string,
  value: unknown,
  pointer = '',
): Parsed<EntryInput<K>> {
  const inner = isObject(value) ? value['id'] : undefined;
  const issues: InputError[] = [];
  if (!NAME.test(id) || (inner !== undefined && inner !== id)) {
    const detail = NAME.test(id)
      ? 'leave the id out, or write the name in the path'
      : `write a name: ${NAME_RULE}`;
    issues.push({ pointer: `${pointer}/id`, code: 'invalid', detail });
  }
  const schema = ENTRY_SCHEMAS[kind];
  const body = schema.safeParse(without(value, ['id', ...(READ_ONLY[kind] ?? [])]), { reportInput: true });
  if (!body.success) issues.push(...describeInput(body.error, pointer, Object.keys(schema.shape)));
  if (!body.success || issues.length > 0) return { ok: false, issues };
  return { ok: true, value: { kind, id, body: body.data, pointer } };
}

/**
 * Reads a whole catalog: `{ destinations, templates, hooks, keys, topics, limits, inhibitions, heartbeats, routes }`, each a
 * list of entries with `id`. A route without `order` takes the place it has in its list.
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
  for (const kind of ENTRY_KINDS) {
    const section = SECTIONS[kind];
    const list = value[section] ?? [];
    if (!Array.isArray(list)) {
      issues.push({
        pointer: `/${section}`,
        code: 'invalid',
        detail: 'write a list of entries, each with an id',
      });
      continue;
    }
    for (const [index, item] of (list as unknown[]).entries()) {
      const parsed = parseListed(kind, item, index, `/${section}/${index}`);
      if (!parsed.ok) issues.push(...parsed.issues);
      else if (entries.some((entry) => entry.kind === kind && entry.id === parsed.value.id)) {
        issues.push({
          pointer: `/${section}/${index}/id`,
          code: 'invalid',
          detail: 'this id stands twice in its list',
        });
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

/** Reads the body of a rotation: the reference that comes in front. */
export function parseRotation(value: unknown): Parsed<SecretRef> {
  const parsed = secretRef.safeParse(value, { reportInput: true });
  return parsed.success
    ? { ok: true, value: parsed.data }
    : { ok: false, issues: describeInput(parsed.error, '', ['secret']) };
}

function without(value: unknown, names: readonly string[]): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([member]) => !names.includes(member)));
}
