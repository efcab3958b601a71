import { hash } from 'node:crypto';
import { isObject } from './is-object.ts';

/**
 * JSON with sorted keys and no spaces: equal values give equal text, however they were written. Recursion is
 * safe because every value passed `readJson`, which bounds the depth.
 */
export function canonicalJson(value: unknown): string {
  // What programs write is often sorted, and nothing writes JSON as fast as the engine itself.
  const sorted = isSorted(value) ? value : sortedCopy(value);
  return sorted === undefined ? slowly(value) : JSON.stringify(sorted);
}

function isSorted(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isSorted);
  if (!isObject(value)) return true;
  return Object.keys(value).every(
    (key, index, keys) => (index === 0 || keys[index - 1]! < key) && isSorted(value[key]),
  );
}

/** `undefined`: it has a key that cannot be put in its place, since objects list whole numbers first. */
function sortedCopy(value: unknown): unknown {
  if (Array.isArray(value)) {
    const copy = value.map(sortedCopy);
    return copy.includes(undefined) ? undefined : copy;
  }
  if (!isObject(value)) return value;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value).toSorted()) {
    const member = value[key];
    if (member === undefined) continue;
    const own = sortedCopy(member);
    if (own === undefined || key === '__proto__' || STARTS_WITH_DIGIT.test(key)) return undefined;
    copy[key] = own;
  }
  return copy;
}

const STARTS_WITH_DIGIT = /^\d/;

function slowly(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

/** Identity of a value: 22 characters of `[A-Za-z0-9_-]`, 132 bits of SHA-256 over its canonical form. */
export function canonicalHash(value: unknown): string {
  return hash('sha256', canonicalJson(value), 'base64url').slice(0, 22);
}

/** Id derived from what identifies a thing: `<prefix>_` and 27 characters. Parts cannot run into each other. */
export function derivedId(prefix: string, ...parts: readonly string[]): string {
  return `${prefix}_${hash('sha256', JSON.stringify(parts), 'base64url').slice(0, 27)}`;
}

/** SHA-256 of a value's canonical form, hex. */
export function sha256Hex(value: unknown): string {
  return hash('sha256', canonicalJson(value), 'hex');
}
