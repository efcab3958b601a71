import type { Channel, Field, FieldIssue } from './channel.ts';
import { isSecretRef, type SecretRef, type Settings } from './core/catalog.ts';
import { checkPlainHeaders } from './core/custom-headers.ts';
import { toAsciiAddress } from './core/email-address.ts';
import { checkUrl } from './core/url-guard.ts';

/** What the rules for addresses depend on. */
export interface SettingsRules {
  /** Loopback `host:port` values of the local stack. */
  readonly localHosts: readonly string[];
  /** Host of Fanfare's own API. */
  readonly apiHost?: string | undefined;
  /** Local stack only: base URL of the twin, for fields left out that would lead past it. */
  readonly twinUrl?: string | undefined;
}

export type ResolvedSettings = Readonly<Record<string, unknown>>;

export type Resolution =
  | { readonly ok: true; readonly settings: ResolvedSettings }
  | { readonly ok: false; readonly issues: readonly FieldIssue[] };

type Issue = Omit<FieldIssue, 'field'>;

const MAX_SECRETS = 10;
const MAX_TEXT = 1_024;
const MAX_SECRET_TEXT = 4_096;

/**
 * Checks settings as they stand in a catalog, with references instead of secrets. Each issue names its field
 * and says what to write instead; none repeats a value.
 */
export function checkSettings(
  channel: Channel,
  settings: Readonly<Record<string, unknown>>,
  rules: SettingsRules,
): FieldIssue[] {
  const issues = issuesOf(channel, settings, (field, value) => checkEntry(field, value, rules));
  return issues.length > 0 ? issues : [...channel.check(settings)];
}

/** Puts the values in the place of their references and checks these too: the way to `Channel.open`. */
export function resolveSettings(
  channel: Channel,
  settings: Readonly<Record<string, unknown>>,
  secrets: ReadonlyMap<string, string>,
  rules: SettingsRules,
): Resolution {
  const missing = Object.entries(settings).flatMap(([field, value]) =>
    referencesIn(value)
      .filter(({ secret }) => !secrets.has(secret))
      .map(({ secret }) => ({ field, message: `the secret ${secret} has no value` })),
  );
  if (missing.length > 0) return { ok: false, issues: missing };

  const named = { ...pathsToTwin(channel, settings, secrets, rules.twinUrl), ...settings };
  const resolved = mapFields(channel, named, (field, value) => resolve(field, value, secrets));
  const issues = issuesOf(channel, resolved, (field, value) => checkAll(field, value, rules));
  if (issues.length === 0) issues.push(...channel.check(resolved));
  return issues.length > 0 ? { ok: false, issues } : { ok: true, settings: normalized(channel, resolved) };
}

/** Settings in the form they are kept and shown: mail domains in punycode, numbers where text is meant as text. */
export function normalizeSettings(channel: Channel, settings: Settings): Settings {
  return normalized(channel, settings) as Settings;
}

function issuesOf(
  channel: Channel,
  settings: Readonly<Record<string, unknown>>,
  check: (field: Field, value: unknown) => Issue | undefined,
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
function checkEntry(field: Field, value: unknown, rules: SettingsRules): Issue | undefined {
  if (value === undefined) return field.optional ? undefined : { message: `is missing: ${field.about}` };
  const references = referencesIn(value);
  if (Array.isArray(value) && (!field.many || references.length < value.length || value.length === 0)) {
    return { message: field.many ? 'must be a list of references { secret: NAME }' : 'must be one value, not a list' };
  }
  if (references.length > MAX_SECRETS) {
    return { code: 'too-many-secrets', message: `must have at most ${MAX_SECRETS} references` };
  }
  if (references.length > 0) {
    const allowed = field.secret || field.mayBeSecret;
    return allowed ? undefined : { message: 'is no secret: write the value itself, not a reference' };
  }
  return field.secret ? { message: 'must be a reference { secret: NAME }, never the secret itself' } : checkValue(field, value, rules);
}

/** One field whose references are resolved. */
function checkAll(field: Field, value: unknown, rules: SettingsRules): Issue | undefined {
  if (value === undefined) return checkEntry(field, value, rules);
  const values: readonly unknown[] = field.many && Array.isArray(value) ? value : [value];
  return values.map((one) => checkValue(field, one, rules)).find((issue) => issue !== undefined);
}

function checkValue(field: Field, value: unknown, rules: SettingsRules): Issue | undefined {
  switch (field.kind) {
    case 'url':
      if (typeof value !== 'string') return { message: `must be a URL: ${field.about}` };
      return checkUrl(value, { ...rules, hosts: field.hosts, pathPrefix: field.pathPrefix });
    case 'integer':
      return isWhole(value, field) ? undefined : { message: `must be a whole number${rangeOf(field)}` };
    case 'boolean':
      return typeof value === 'boolean' ? undefined : { message: 'must be true or false' };
    case 'email':
      if (typeof value === 'string' && toAsciiAddress(value) !== undefined) return undefined;
      return { message: 'must be one e-mail address such as team@example.com, of at most 254 characters' };
    case 'headers': {
      const record = typeof value === 'object' && value !== null && !Array.isArray(value);
      const message = record ? checkPlainHeaders(value as Record<string, unknown>) : 'must be an object of names and texts';
      return message ? { code: 'header', message } : undefined;
    }
    case 'text':
    case 'secret':
      return checkText(field, textOf(value));
  }
}

function checkText({ kind, about, oneOf, pattern, maxLength }: Field, text: string | undefined): Issue | undefined {
  const max = maxLength ?? (kind === 'secret' ? MAX_SECRET_TEXT : MAX_TEXT);
  if (text === undefined || text.trim() === '') return { message: `must be a text that is not empty: ${about}` };
  if (text.length > max) return { message: `must have at most ${max} characters` };
  if (/\p{Cc}/u.test(text)) return { message: 'must not contain line breaks or control characters' };
  if (oneOf && !oneOf.includes(text)) return { message: `must be one of ${oneOf.join(', ')}` };
  return pattern && !pattern.test(text) ? { message: `does not look right: ${about}` } : undefined;
}

/**
 * Plain fields left out that would lead past the twin to the provider itself. They are filled only beside a
 * secret that the local stack made up: with a real token the real provider is meant.
 */
function pathsToTwin(
  { fields }: Channel,
  settings: Readonly<Record<string, unknown>>,
  secrets: ReadonlyMap<string, string>,
  twinUrl: string | undefined,
): Readonly<Record<string, string>> {
  if (twinUrl === undefined) return {};
  const madeUp = Object.entries(fields).some(([name, { local }]) =>
    referencesIn(settings[name]).some(({ secret }) => local && secrets.get(secret) === local(twinUrl, secret)),
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

function normalized(channel: Channel, settings: Readonly<Record<string, unknown>>): ResolvedSettings {
  return mapFields(channel, settings, ({ kind }, value) => {
    if (kind === 'email' && typeof value === 'string') return toAsciiAddress(value) ?? value;
    return kind === 'text' ? (textOf(value) ?? value) : value;
  });
}

function mapFields(
  { fields }: Channel,
  settings: Readonly<Record<string, unknown>>,
  change: (field: Field, value: unknown) => unknown,
): ResolvedSettings {
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

/** Chat ids look like numbers, and YAML reads them as such. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return Number.isSafeInteger(value) ? String(value) : undefined;
}

function isWhole(value: unknown, { min = -Infinity, max = Infinity }: Field): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max;
}

function rangeOf({ min, max }: Field): string {
  if (max === undefined) return min === undefined ? '' : ` of at least ${min}`;
  return min === undefined ? ` of at most ${max}` : ` from ${min} to ${max}`;
}
