import { createHash } from 'node:crypto';

/**
 * JSON with sorted keys and no spaces: equal values give equal text, however they were written. Recursion is
 * safe because every value passed `readJson`, which bounds the depth.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

/** Identity of a value: 22 characters of `[A-Za-z0-9_-]`, 132 bits of SHA-256 over its canonical form. */
export function canonicalHash(value: unknown): string {
  return hash(canonicalJson(value)).slice(0, 22);
}

/** Id derived from what identifies a thing: `<prefix>_` and 27 characters. Parts cannot run into each other. */
export function derivedId(prefix: string, ...parts: readonly string[]): string {
  return `${prefix}_${hash(JSON.stringify(parts)).slice(0, 27)}`;
}

/** SHA-256 of a value's canonical form, hex. */
export function sha256Hex(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
