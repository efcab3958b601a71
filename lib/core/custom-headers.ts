import { checkCustomHeaders } from './header-guard.ts';

/** What describes a body that is ours. */
const OURS: ReadonlySet<string> = new Set(['content-type', 'content-encoding', 'date']);
/** They hold credentials, which never stand in the catalog. */
const CREDENTIALS: ReadonlySet<string> = new Set(['authorization', 'cookie', 'x-api-key']);

/**
 * What is wrong with headers that a webhook destination adds to its requests, beyond the rules of the header
 * guard (security 2.4); it may name a header but never repeats a value.
 */
export function checkPlainHeaders(headers: unknown): string | undefined {
  if (!isTextRecord(headers)) return 'must be an object of header names and texts that are not empty';
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  if (new Set(names).size < names.length) return 'names a header twice';
  const credential = names.find((name) => CREDENTIALS.has(name));
  if (credential) return `must not hold ${credential} in plain text; put it into secretHeaders`;
  return checkAddedHeaders(headers);
}

/** The rules for plain and secret headers alike. */
export function checkAddedHeaders(headers: Readonly<Record<string, string>>): string | undefined {
  const own = Object.keys(headers).find((name) => OURS.has(name.toLowerCase()));
  return own ? `must not set ${own.toLowerCase()}: it is fixed` : checkCustomHeaders(headers);
}

/** Reads `Name: value`; the name in lower case. */
export function parseHeaderLine(line: string): readonly [name: string, value: string] | undefined {
  const [, name, value] = /^([^:\s]+):[ \t]*([^ \t].*)$/s.exec(line) ?? [];
  return name === undefined || value === undefined ? undefined : [name.toLowerCase(), value];
}

/** Header names mean the same in every spelling. */
export function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

export function isTextRecord(value: unknown): value is Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((text) => typeof text === 'string' && text.trim() !== '');
}
