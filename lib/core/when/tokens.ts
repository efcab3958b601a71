import { WhenError } from './when-error.ts';

/** A word is an operator, `true`, `false`, `null` or the path of a field; a step goes on with a path after `]`. */
export interface Token {
  readonly kind: 'word' | 'step' | 'text' | 'number' | 'sign' | 'end';
  /** As it is written; of a text, what it says. */
  readonly text: string;
  /** Offset of its first character. */
  readonly at: number;
  /** Offset behind its last character. */
  readonly end: number;
}

/** Each is tried at one place only, and none can be read in two ways, so that reading is linear. */
const FORMS: readonly (readonly [Token['kind'], RegExp])[] = [
  ['word', /[A-Za-z_][\w$/-]*(?:\.[\w$/-]+)*/y],
  ['step', /(?:\.[\w$/-]+)+/y],
  ['number', /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y],
  ['sign', /==|!=|<=|>=|&&|\|\||[!<>()[\],]/y],
];

const SPACE = /\s*/y;

/** What people write who think of another language. */
const SLIPS: Readonly<Record<string, string>> = {
  '=': 'write == to compare',
  '&': 'write && for "and"',
  '|': 'write || for "or"',
  '~': 'write matches, with * for any characters',
};

/** Takes an expression apart. Throws `WhenError`. */
export function readTokens(text: string): Token[] {
  const tokens: Token[] = [];
  let at = skip(text, 0);
  while (at < text.length) {
    const token = tokenAt(text, at);
    tokens.push(token);
    at = skip(text, token.end);
  }
  return [...tokens, { kind: 'end', text: '', at: text.length, end: text.length }];
}

function skip(text: string, at: number): number {
  SPACE.lastIndex = at;
  SPACE.test(text);
  return SPACE.lastIndex;
}

function tokenAt(text: string, at: number): Token {
  const first = text.charAt(at);
  if (first === '"' || first === "'") return quoted(text, at, first);
  for (const [kind, form] of FORMS) {
    form.lastIndex = at;
    if (form.test(text)) return { kind, text: text.slice(at, form.lastIndex), at, end: form.lastIndex };
  }
  throw new WhenError(text, at, SLIPS[first] ?? `${JSON.stringify(first)} has no meaning here`);
}

/** `\*` stays as it is: it is for `matches`. */
const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '"': '"',
  "'": "'",
  '\\': '\\',
  '*': String.raw`\*`,
};

/** A text in quotes of either kind. */
function quoted(text: string, start: number, quote: string): Token {
  let value = '';
  for (let at = start + 1; at < text.length; at++) {
    const unit = text.charAt(at);
    if (unit === quote) return { kind: 'text', text: value, at: start, end: at + 1 };
    if (unit !== '\\') {
      value += unit;
      continue;
    }
    const meant = ESCAPES[text.charAt(++at)];
    if (meant === undefined) throw new WhenError(text, at - 1, String.raw`write \\ for a backslash`);
    value += meant;
  }
  throw new WhenError(text, start, `this text is not closed with ${quote}`);
}
