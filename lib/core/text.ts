/** What a provider counts: UTF-16 units (JavaScript `length`), Unicode code points, or UTF-8 bytes. */
export type TextUnit = 'utf16' | 'codePoints' | 'bytes';

const ELLIPSIS = '…';

/**
 * The parts of an escaped text that must not be cut apart: a link made by us, an entity, a backslash escape,
 * a surrogate pair.
 */
const ATOMS = /<https?:[^<>\s]*>|&(?:amp|lt|gt|quot|#39);|\\[^\sA-Za-z0-9&]|[\s\S]/gu;

export function lengthOf(text: string, unit: TextUnit = 'utf16'): number {
  if (unit === 'bytes') return Buffer.byteLength(text);
  return unit === 'utf16' ? text.length : Array.from(text).length;
}

/** Shortens a text that has already been escaped to `max` units; an ellipsis shows that something is missing. */
export function truncate(escaped: string, max: number, unit: TextUnit = 'utf16'): string {
  if (lengthOf(escaped, unit) <= max) return escaped;
  const room = max - lengthOf(ELLIPSIS, unit);
  return room < 0 ? '' : `${head(escaped, room, unit).trimEnd()}${ELLIPSIS}`;
}

/**
 * Splits a text that has already been escaped into parts of at most `max` units: at the end of a line if one
 * lies in the second half of a part, else between words, else between characters. No part is blank.
 */
export function split(escaped: string, max: number, unit: TextUnit = 'utf16'): string[] {
  const parts: string[] = [];
  let rest = escaped;
  while (lengthOf(rest, unit) > max) {
    const part = rest.slice(0, breakOf(head(rest, max, unit) || firstCharacter(rest)));
    parts.push(part.trimEnd());
    rest = rest.slice(part.length).replace(/^[\n ]/, '');
  }
  return [...parts, rest].filter((part) => part.trim() !== '');
}

/** The longest beginning of at most `max` units that ends between two atoms. */
function head(text: string, max: number, unit: TextUnit): string {
  let end = 0;
  let used = 0;
  for (const [atom] of text.matchAll(ATOMS)) {
    used += lengthOf(atom, unit);
    if (used > max) break;
    end += atom.length;
  }
  return text.slice(0, end);
}

/** Where a part had best end. Atoms hold no white space, so a break at white space never cuts one. */
function breakOf(part: string): number {
  const half = part.length / 2;
  const line = part.lastIndexOf('\n');
  if (line > half) return line;
  const word = part.lastIndexOf(' ');
  return word > half ? word : part.length;
}

function firstCharacter(text: string): string {
  return String.fromCodePoint(text.codePointAt(0) ?? 0);
}
