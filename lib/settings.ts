import type { Channel, Field, FieldIssue } from './channel.ts';
import { isSecretRef, type SecretRef } from './core/catalog.ts';
import { toAsciiAddress } from './core/email-address.ts';
import { type AddressRules, checkFieldValue, textOf, type ValueIssue } from './core/field-value.ts';

export type PlainSettings = Readonly<Record<string, unknown>>;

export type Resolution =
  | { readonly ok: true; readonly settings: PlainSettings }
  | { readonly ok: false; readonly issues: readonly FieldIssue[] };

const MAX_SECRETS = 10;

/**
 * Checks settings as they stand in a catalog, with references instead of secrets. Each issue names its field
 * and says what to write instead; none repeats a value.
 */
export function checkSettings(
  channel: Channel,
  settings: Readonly<Record<string, unknown>>,
  rules: AddressRules,
): FieldIssue[] {
  const issues = issuesOf(channel, settings, (field, value) => checkEntry(field, value, rules));
  return issues.length > 0 ? issues : [...channel.check(settings)];
}

/** Puts the values in the place of their references and checks these too: the way to `Channel.open`. */
export function resolveSettings(
  channel: Channel,
  settings: Readonly<Record<string, unknown>>,
  secrets: ReadonlyMap<string, string>,
  rules: AddressRules,
): Resolution {
  const missing = Object.entries(settings).flatMap(([field, value]) =>
    referencesIn(value)
      .filter(({ secret }) => !secrets.has(secret))
      .map(({ secret }) => ({ field, message: `the secret ${secret} has no value` })),
  );
  if (missing.length > 0) return { ok: false, issues: missing };

  const named = { ...pathsToTwin(channel, settings, secrets, rules), ...settings };
  const resolved = mapFields(channel, named, (field, value) => resolve(field, value, secrets));
  const issues = issuesOf(channel, resolved, (field, value) => checkAll(field, value, rules));
  if (issues.length === 0) issues.push(...channel.check(resolved));
  return issues.length > 0
    ? { ok: false, issues }
    : { ok: true, settings: normalizeSettings(channel, resolved) };
}

/** Settings in the form they are kept and shown: mail domains in punycode, numbers where text is meant as text. */
export function normalizeSettings<V>(
  channel: Channel,
  settings: Readonly<Record<string, V>>,
): Readonly<Record<string, V | string>> {
  return mapFields(channel, settings, ({ kind }, value) => {
    if (kind === 'email' && typeof value === 'string') return toAsciiAddress(value) ?? value;
    return kind === 'text' ? (textOf(value) ?? value) : value;
  });
}

function issuesOf(
  channel: Channel,
  settings: Readonly<Record<string, unknown>>,
  check: (field: Field, value: unknown) => ValueIssue | undefined,
): FieldIssue[] {
  const known = Object.entries(channel.fields);
  const unknown = Object.keys(settings).filter((name) => !Object.hasOwn(channel.fields, name));
  return [
    ...unknown.map((field) => ({
      field,
      message: `is no setting of ${channel.title}; they are ${known.map(([name]) => name).join(', ')}`,
    })),
    ...known.flatMap(([name, field]) => {
      const issue = check(field, settings[name]);
      return issue ? [{ field: name, ...issue }] : [];
    }),
  ];
}

/** One field of a catalog entry: is a reference where one belongs, is a value where one belongs. */
function checkEntry(field: Field, value: unknown, rules: AddressRules): ValueIssue | undefined {
  if (value === undefined) return field.optional ? undefined : { message: `is missing: ${field.about}` };
  const references = referencesIn(value);
  if (Array.isArray(value) && (!field.many || references.length < value.length || value.length === 0)) {
    return {
      message: field.many ? 'must be a list of references { secret: NAME }' : 'must be one value, not a list',
    };
  }
  if (references.length > MAX_SECRETS) {
    return { code: 'too-many-secrets', message: `must have at most ${MAX_SECRETS} references` };
  }
  if (references.length > 0) {
    const allowed = field.secret || field.mayBeSecret;
    return allowed ? undefined : { message: 'is no secret: write the value itself, not a reference' };
  }
  return field.secret
    ? { message: 'must be a reference { secret: NAME }, never the secret itself' }
    : checkFieldValue(field, value, rules);
}

/** One field whose references are resolved. */
function checkAll(field: Field, value: unknown, rules: AddressRules): ValueIssue | undefined {
  if (value === undefined) return checkEntry(field, value, rules);
  const values: readonly unknown[] = field.many && Array.isArray(value) ? value : [value];
  return values.map((one) => checkFieldValue(field, one, rules)).find((issue) => issue !== undefined);
}

/**
 * Plain fields left out that would lead past the twin to the provider itself. They are filled only beside a
 * secret that the local stack made up: with a real token the real provider is meant.
 */
function pathsToTwin(
  { fields }: Channel,
  settings: Readonly<Record<string, unknown>>,
  secrets: ReadonlyMap<string, string>,
  { localHosts: [twin] }: AddressRules,
): Readonly<Record<string, string>> {
  if (twin === undefined) return {};
  const twinUrl = `http://${twin}`;
  const madeUp = Object.entries(fields).some(([name, { local }]) =>
    referencesIn(settings[name]).some(
      ({ secret }) => local && secrets.get(secret) === local(twinUrl, secret),
    ),
  );
  if (!madeUp) return {};
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, { secret, mayBeSecret, local }]) =>
      local && !secret && !mayBeSecret ? [[name, local(twinUrl, name)]] : [],
    ),
  );
}

function resolve(field: Field, value: unknown, secrets: ReadonlyMap<string, string>): unknown {
  // Values kept in files and consoles tend to end in a line break.
  const valueOf = ({ secret }: SecretRef): string | undefined => secrets.get(secret)?.trim();
  const references = referencesIn(value);
  if (references.length === 0) return value;
  return field.many ? references.map(valueOf) : references.map(valueOf)[0];
}

function mapFields<V, W>(
  { fields }: Channel,
  settings: Readonly<Record<string, V>>,
  change: (field: Field, value: V) => W,
): Readonly<Record<string, V | W>> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => {
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
      return [name, field && value !== undefined ? change(field, value) : value];
    }),
  );
}

function referencesIn(value: unknown): readonly SecretRef[] {
  return [value].flat().filter(isSecretRef);
}
