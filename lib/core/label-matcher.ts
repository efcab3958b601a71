import { ANY, SOME, type Shape, readRegex } from './label-regex.ts';

/** One matcher of Alertmanager: `name="value"`, `!=`, `=~` or `!~`. A label that is absent counts as empty. */
export interface LabelMatcher {
  readonly name: string;
  readonly value: string;
  readonly isRegex: boolean;
  readonly isEqual: boolean;
}

export type WhenOf =
  | { readonly ok: true; readonly when: string }
  | { readonly ok: false; readonly index: number; readonly detail: string };

const LABEL_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const MATCHER = /^\s*([^\s"=!~]+)\s*(=~|!~|!=|=)\s*([\s\S]*?)\s*$/;

/** Reads a matcher as people and `amtool` write it; the value may stand in quotes. `undefined`: it is none. */
export function parseMatcher(text: string): LabelMatcher | undefined {
  const [, name, sign = '', written = ''] = MATCHER.exec(text) ?? [];
  if (name === undefined) return undefined;
  const value = written.startsWith('"') ? unquoted(written) : written;
  if (value === undefined) return undefined;
  return { name, value, isRegex: sign.endsWith('~'), isEqual: sign.startsWith('=') };
}

function unquoted(text: string): string | undefined {
  if (!/^"(?:[^"\\]|\\[\s\S])*"$/.test(text)) return undefined;
  return text.slice(1, -1).replaceAll(/\\([\s\S])/g, (_, sign: string) => (sign === 'n' ? '\n' : sign));
}

/**
 * Matchers as an expression over an event, all of which hold; an expression is tested in linear time. Answers which
 * matcher cannot be said in one, and why.
 */
export function whenOfMatchers(matchers: readonly LabelMatcher[]): WhenOf {
  const parts: string[] = [];
  for (const [index, matcher] of matchers.entries()) {
    const { name, isEqual } = matcher;
    if (!LABEL_NAME.test(name))
      return { ok: false, index, detail: `"${name}" is no label: write letters, digits and _` };
    const shapes = shapesOf(matcher);
    if ('fault' in shapes) return { ok: false, index, detail: `${name}: the expression ${shapes.fault}` };
    const some = someOf(`labels.${name}`, shapes);
    if (some === undefined)
      return { ok: false, index, detail: `${name}: write .+ alone, or with text and without .*` };
    parts.push(isEqual ? some : `!${some}`);
  }
  return { ok: true, when: parts.join(' && ') };
}

/** Whether a matcher also fits what has no such label. */
export function fitsNothing(matcher: LabelMatcher): boolean {
  const shapes = shapesOf(matcher);
  return 'fault' in shapes || shapes.some((shape) => shape.every((part) => part === ANY)) === matcher.isEqual;
}

function shapesOf({ value, isRegex }: LabelMatcher): ReturnType<typeof readRegex> {
  return isRegex ? readRegex(value) : [value === '' ? [] : [value]];
}

/** True of a label that has one of the shapes, in parentheses; `undefined` where a shape cannot be said. */
function someOf(label: string, shapes: readonly Shape[]): string | undefined {
  const texts = shapes.flatMap(([text, ...rest]) =>
    typeof text === 'string' && rest.length === 0 ? [text] : [],
  );
  const others = shapes.filter(([text, ...rest]) => typeof text !== 'string' || rest.length > 0);
  const tests = others.map((shape) => testOf(label, shape));
  if (tests.includes(undefined)) return undefined;
  const exact = texts.length > 0 ? [`${label} in [${texts.map(quoted).join(', ')}]`] : [];
  return `(${[...exact, ...tests].join(' || ')})`;
}

function testOf(label: string, shape: Shape): string | undefined {
  const isThere = `exists(${label})`;
  if (shape.length === 0) return `(!${isThere} || ${label} == "")`;
  if (shape.every((part) => part === ANY)) return `(${isThere} || !${isThere})`;
  const wild = `${label} matches ${quoted(shape.map(wildcardOf).join(''))}`;
  if (!shape.includes(SOME)) return wild;
  // Of one gap it can be said that it is not empty: the text around it alone is not meant.
  if (shape.filter((part) => typeof part === 'symbol').length > 1) return undefined;
  const around = shape.filter((part) => typeof part === 'string').join('');
  return `(${wild} && ${label} != ${quoted(around)})`;
}

function wildcardOf(part: Shape[number]): string {
  return typeof part === 'symbol' ? '*' : part.replaceAll(/[\\*]/g, String.raw`\$&`);
}

const SIGNS: Readonly<Record<string, string>> = {
  '\n': String.raw`\n`,
  '\r': String.raw`\r`,
  '\t': String.raw`\t`,
};

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`).replaceAll(/[\n\r\t]/g, (sign) => SIGNS[sign] ?? sign)}"`;
}
