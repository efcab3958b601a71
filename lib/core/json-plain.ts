import { MAX_DEPTH, MAX_ELEMENTS, MAX_KEYS } from './json-limits.ts';

/**
 * Whether JSON is beyond doubt what `readJson` lets pass, as nearly every body is. Two quick looks instead of one
 * slow one: the text is searched for what is rare, and each of its members has to be found in the value, where a name
 * that stood twice is missing. `bytes` are well-formed, `value` is what they say; doubts are settled elsewhere.
 */
export function isPlainJson(bytes: Uint8Array, value: unknown): boolean {
  return membersOfText(bytes) === membersOfValue(value, 1);
}

/** Equal to no number. */
const DOUBT = Number.NaN;

/** Members of an object or array and of all that is in it. */
function membersOfValue(value: unknown, depth: number): number {
  if (!isNest(value)) return 0;
  if (depth > MAX_DEPTH) return DOUBT;
  let members = 0;
  if (Array.isArray(value)) {
    if (value.length > MAX_ELEMENTS) return DOUBT;
    for (const element of value) if (isNest(element)) members += membersOfValue(element, depth + 1);
    return members;
  }
  let names = 0;
  // The engine looks members up by their place where the loop itself has found their names.
  for (const name in value) {
    if (name === '__proto__' || name === 'constructor') return DOUBT;
    const member = value[name];
    if (isNest(member)) members += membersOfValue(member, depth + 1);
    names++;
  }
  return names > MAX_KEYS ? DOUBT : members + names;
}

function isNest(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

const QUOTE = 0x22;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const POINT = 0x2e;
const LOWER_CASE = 0x20;
/** First byte of U+F000 to U+FFFF. */
const FULL = 0xef;
const [D, E, F, U] = [0x64, 0x65, 0x66, 0x75];

/** Members of all objects, by the colons between texts. */
function membersOfText(bytes: Uint8Array): number {
  const endOf = bytes.includes(FULL) ? endOfOddText : endOfText;
  const { length } = bytes;
  let members = 0;
  for (let at = 0; at < length; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) at = endOf(bytes, at + 1);
    else if (byte === COLON) members++;
    else if (byte === MINUS || (byte >= ZERO && byte <= NINE)) at = endOfNumber(bytes, at);
    if (at < 0) return DOUBT;
  }
  return members;
}

/** Where the closing quote stands, as below; for bodies without characters from U+F000 on. */
function endOfText(bytes: Uint8Array, start: number): number {
  let at = start;
  let byte = bytes[at]!;
  while (byte !== QUOTE && byte !== BACKSLASH) byte = bytes[++at]!;
  return byte === QUOTE ? at : endOfOddText(bytes, at);
}

/** Where the closing quote stands; -1 for characters that SQS may refuse, and for a name with an escape. */
function endOfOddText(bytes: Uint8Array, start: number): number {
  let at = start;
  let isEscaped = false;
  for (let byte = bytes[at]!; byte !== QUOTE; byte = bytes[++at]!) {
    if (byte === FULL && bytes[at + 1] === 0xbf && bytes[at + 2]! >= 0xbe) return -1;
    if (byte !== BACKSLASH) continue;
    isEscaped = true;
    if (bytes[++at] === U && isDoubtful(bytes, at + 1)) return -1;
  }
  return isEscaped && isName(bytes, at + 1) ? -1 : at;
}

/** Whether the four digits of an escape may mean NUL, half of a surrogate pair, U+FFFE or U+FFFF. */
function isDoubtful(bytes: Uint8Array, at: number): boolean {
  const first = bytes[at]! | LOWER_CASE;
  if (first === D || first === F) return true;
  return [at, at + 1, at + 2, at + 3].every((digit) => bytes[digit] === ZERO);
}

function isName(bytes: Uint8Array, start: number): boolean {
  let at = start;
  while (bytes[at]! <= 0x20) at++;
  return bytes[at] === COLON;
}

/** Where the last character of a number stands; -1 for exponents and for integers that may be beyond 2^53. */
function endOfNumber(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  let longest = 15;
  for (let byte = bytes[at]!; byte === POINT || (byte >= ZERO && byte <= NINE); byte = bytes[++at]!)
    if (byte === POINT) longest = 24;
  return at - start > longest || (bytes[at]! | LOWER_CASE) === E ? -1 : at - 1;
}
