import { buildJson } from './json-build.ts';

/**
 * `JSON.parse` for text that may hold keys of other people's choosing: messages, and bodies kept in the tables.
 * Where a key is written with an escape it takes the slow way, because V8 may give it the text of another key
 * (see `buildJson`). Throws a `SyntaxError` like `JSON.parse`; the type is the reader's word, as there.
 */
export const parseJson: (text: string) => ReturnType<typeof JSON.parse> = (text) => {
  const value: unknown = JSON.parse(text);
  return hasEscapedKey(text) ? buildJson(text) : value;
};

/**
 * Whether well-formed JSON has a key with an escape in it. Escapes stand in texts only, so the search jumps from
 * one text with an escape to the next: nearly free where there is none, and linear always.
 */
function hasEscapedKey(text: string): boolean {
  for (let at = text.indexOf('\\'); at !== -1; at = text.indexOf('\\', at)) {
    while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    at++;
    while (/\s/.test(text[at] ?? '')) at++;
    if (text[at] === ':') return true;
  }
  return false;
}
