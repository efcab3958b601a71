import { buildJson } from './json-build.ts';
import { MAX_DEPTH, MAX_ELEMENTS, MAX_KEYS } from './json-limits.ts';
import { isPlainJson } from './json-plain.ts';

/** Why a body is refused. `slug` names the problem type, `pointer` the place (RFC 6901), never the value. */
export interface JsonFault {
  readonly slug:
    | 'malformed-json'
    | 'too-deep'
    | 'too-many-items'
    | 'forbidden-key'
    | 'duplicate-key'
    | 'number-range'
    | 'invalid-character';
  readonly pointer: string;
  readonly detail: string;
}

export type JsonResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly fault: JsonFault };

/** A number this long is an attack or a mistake; doubles need at most 24 characters. */
const MAX_NUMBER_LENGTH = 100;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads JSON that nothing further down can choke on. `JSON.parse` alone accepts what `JSON.stringify`, a
 * queue or a naive merge later refuses: depth 500,000, 1e400, lone surrogates, duplicate keys, `__proto__`.
 * Linear in the bytes; never throws.
 */
export function readJson(bytes: Uint8Array): JsonResult {
  let text: string;
  let value: unknown;
  try {
    text = utf8.decode(bytes);
    value = JSON.parse(text);
  } catch {
    return {
      ok: false,
      fault: { slug: 'malformed-json', pointer: '', detail: 'The body is not JSON in UTF-8.' },
    };
  }
  if (isPlainJson(bytes, value)) return { ok: true, value };
  const scan = new Scan(text);
  const fault = scan.run();
  if (fault) return { ok: false, fault };
  return { ok: true, value: scan.hasEscapedKey ? buildJson(text) : value };
}

/** An object or array the scan is inside of. */
interface Frame {
  readonly keys: Set<string> | undefined;
  key: string;
  /** Elements of an array so far; keys of an object are counted by their set. */
  index: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const MINUS = 0x2d;

/** One pass over text that is known to be well-formed JSON, with a stack of its own instead of recursion. */
class Scan {
  readonly #text: string;
  readonly #frames: Frame[] = [];
  #at = 0;
  #expectsKey = false;
  /** Some key is written with an escape. */
  hasEscapedKey = false;

  constructor(text: string) {
    this.#text = text;
  }

  run(): JsonFault | undefined {
    while (this.#at < this.#text.length) {
      const fault = this.#step(this.#text.charCodeAt(this.#at));
      if (fault) return fault;
    }
    return undefined;
  }

  #step(code: number): JsonFault | undefined {
    if (code === QUOTE) return this.#string();
    if (code === MINUS || (code >= 0x30 && code <= 0x39)) return this.#number();
    this.#at++;
    if (code === OPEN_OBJECT || code === OPEN_ARRAY) return this.#open(code === OPEN_OBJECT);
    if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) this.#close();
    if (code === COLON) this.#expectsKey = false;
    if (code === COMMA) return this.#next();
    return undefined;
  }

  #open(isObject: boolean): JsonFault | undefined {
    if (this.#frames.length === MAX_DEPTH) return this.#fault('too-deep', `Nested deeper than ${MAX_DEPTH}.`);
    this.#frames.push({ keys: isObject ? new Set() : undefined, key: '', index: 0 });
    this.#expectsKey = isObject;
    return undefined;
  }

  #close(): void {
    this.#frames.pop();
    this.#expectsKey = false;
  }

  #next(): JsonFault | undefined {
    const frame = this.#frames.at(-1);
    if (!frame) return undefined;
    this.#expectsKey = frame.keys !== undefined;
    if (frame.keys || ++frame.index < MAX_ELEMENTS) return undefined;
    return this.#fault('too-many-items', `An array has at most ${MAX_ELEMENTS} elements.`);
  }

  #string(): JsonFault | undefined {
    const start = this.#at + 1;
    let escaped = false;
    let odd = false;
    for (let i = start; ; i++) {
      const code = this.#text.charCodeAt(i);
      if (code === QUOTE) {
        this.#at = i + 1;
        break;
      }
      if (code === BACKSLASH) {
        escaped = true;
        i++;
      } else if (code >= 0xfffe) odd = true;
    }
    const raw = this.#text.slice(start, this.#at - 1);
    const value: string = escaped ? JSON.parse(`"${raw}"`) : raw;
    if (escaped && this.#expectsKey) this.hasEscapedKey = true;
    const fault = this.#expectsKey ? this.#key(value) : undefined;
    return (
      fault ??
      ((odd || escaped) && !isCleanText(value) ? this.#fault('invalid-character', CHARACTERS) : undefined)
    );
  }

  #key(key: string): JsonFault | undefined {
    const frame = this.#frames.at(-1);
    if (!frame?.keys) return undefined;
    const parent = this.#frames.at(-2);
    frame.key = key;
    if (key === '__proto__' || (key === 'prototype' && parent?.keys && parent.key === 'constructor')) {
      return this.#fault('forbidden-key', 'This key is not allowed.');
    }
    if (frame.keys.has(key)) return this.#fault('duplicate-key', 'This key stands twice in its object.');
    frame.keys.add(key);
    if (frame.keys.size <= MAX_KEYS) return undefined;
    return this.#fault('too-many-items', `An object has at most ${MAX_KEYS} keys.`);
  }

  #number(): JsonFault | undefined {
    const start = this.#at;
    let whole = true;
    for (; this.#at < this.#text.length; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === 0x2e || code === 0x65 || code === 0x45) whole = false;
      else if (code !== MINUS && code !== 0x2b && (code < 0x30 || code > 0x39)) break;
    }
    const length = this.#at - start;
    if (whole && length < 16) return undefined;
    const value = length > MAX_NUMBER_LENGTH ? Infinity : Number(this.#text.slice(start, this.#at));
    if (Number.isFinite(value) && (!whole || Number.isSafeInteger(value))) return undefined;
    return this.#fault(
      'number-range',
      'Numbers must be finite and integers within 2^53; send it as a string.',
    );
  }

  #fault(slug: JsonFault['slug'], detail: string): JsonFault {
    return {
      slug,
      pointer: this.#frames.map(({ keys, key, index }) => `/${token(keys ? key : index)}`).join(''),
      detail,
    };
  }
}

const CHARACTERS = 'Text must not contain NUL, U+FFFE, U+FFFF or half of a surrogate pair.';

/** Whether a text is free of the characters that SQS refuses in a message although JSON can carry them. */
export function isCleanText(text: string): boolean {
  if (!text.isWellFormed()) return false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0 || code >= 0xfffe) return false;
  }
  return true;
}

/** One step of a JSON pointer, cut so that an error never echoes more than 64 characters of a key. */
export function token(step: string | number): string {
  const text = String(step);
  return (text.length > 64 ? `${text.slice(0, 63)}…` : text).replaceAll('~', '~0').replaceAll('/', '~1');
}
