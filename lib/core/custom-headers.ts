import { checkCustomHeaders } from './header-guard.ts';

/** What describes a body that is ours. */
const OURS: ReadonlySet<string> = new Set(['content-type', 'content-encoding', 'date']);
/** They hold credentials, which never stand in the catalog. */
const CREDENTIALS: ReadonlySet<string> = new Set(['authorization', 'cookie', 'x-api-key']);

/**
 * What is wrong with headers that a webhook destination adds to its requests, beyond the rules of the header
 * guard (security 2.4); it may name a header but never repeats a value.
 */
export function checkPlainHeaders(headers: Readonly<Record<string, unknown>>): string | undefined {
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  if (new Set(names).size < names.length) return 'names a header twice';
  const credential = names.find((name) => CREDENTIALS.has(name));
  if (credential) return `must not hold ${credential} in plain text; put it into secretHeaders`;
  return checkAddedHeaders(headers);
}

/** The rules for headers from either setting. */
export function checkAddedHeaders(headers: Readonly<Record<string, unknown>>): string | undefined {
  if (!isTextRecord(headers)) return 'must be an object of header names and texts that are not empty';
  const own = Object.keys(headers).find((name) => OURS.has(name.toLowerCase()));
  return own ? `must not set ${own.toLowerCase()}: it is fixed` : checkCustomHeaders(headers);
}

/** Reads `Name: value`; the name in lower case. */
export function parseHeaderLine(line: string): readonly [name: string, value: string] | undefined {
  const [, name, value] = /^([^:\s]+):[ \t]*([^ \t].*)$/s.exec(line) ?? [];
  return name === undefined || value === undefined ? undefined : [name.toLowerCase(), value];
}

function isTextRecord(value: Readonly<Record<string, unknown>>): value is Readonly<Record<string, string>> {
  return Object.values(value).every((text) => typeof text === 'string' && text.trim() !== '');
}
