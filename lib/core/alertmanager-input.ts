import * as z from 'zod/mini';
import type { Texts } from './alert.ts';
import type { Parsed } from './catalog-input.ts';
import { describeInput } from './input-words.ts';
import { type LabelMatcher, fitsNothing, parseMatcher, whenOfMatchers } from './label-matcher.ts';
import type { Silence } from './silence.ts';
import { parseSilenceInput } from './silence-input.ts';
import { MAX_WHEN } from './when/read-when.ts';
import { compileWhen } from './when.ts';

/*
 * What Alertmanager's interface takes (prometheus/alertmanager api/v2/openapi.yaml), in Fanfare's own words.
 */

const MAX_MATCHERS = 64;
const MAX_VALUE = 1_024;

const value = z.string('write a text').check(z.maxLength(MAX_VALUE, `write at most ${MAX_VALUE} characters`));

/** A silence as the interface takes it; unknown members are ignored there. */
export const postableSilence = z.looseObject({
  id: z.exactOptional(z.string()),
  matchers: z
    .array(
      z.looseObject({
        name: z.string('write the name of a label'),
        value,
        isRegex: z.boolean('write true or false'),
        isEqual: z.exactOptional(z.boolean('write true or false')),
      }),
    )
    .check(z.minLength(1, 'write at least one matcher'), z.maxLength(MAX_MATCHERS)),
  startsAt: z.string('write a time such as 2026-11-26T22:00:00Z'),
  endsAt: z.string('write a time such as 2026-11-26T22:00:00Z'),
  createdBy: z.string('say who you are'),
  comment: z.string('say why, for people who wonder later'),
});

/** A silence without its id; `replaces` is the one whose place it takes. */
export interface PostedSilence {
  readonly silence: Omit<Silence, 'id' | 'at'>;
  readonly replaces?: string;
}

/** Reads a silence: what its matchers say becomes an expression. */
export function parsePostableSilence(input: unknown, nowMs: number): Parsed<PostedSilence> {
  const parsed = postableSilence.safeParse(input, { reportInput: true });
  if (!parsed.success)
    return { ok: false, issues: describeInput(parsed.error, '', Object.keys(postableSilence.shape)) };
  const { id = '', startsAt, endsAt, createdBy, comment } = parsed.data;
  const matchers = parsed.data.matchers.map(({ name, value: text, isRegex, isEqual = true }) => ({
    name,
    value: text,
    isRegex,
    isEqual,
  }));
  const read = whenOfMatchers(matchers);
  if (!read.ok) return invalid(`/matchers/${read.index}`, read.detail);
  if (matchers.every(fitsNothing))
    return invalid('/matchers', 'at least one matcher must not match the empty string');
  const own = { when: read.when, startsAt, endsAt, reason: comment, ...(createdBy && { author: createdBy }) };
  const silence = parseSilenceInput(own, nowMs);
  if (!silence.ok) {
    const issues = silence.issues.map((issue) => ({
      ...issue,
      pointer: NAMES[issue.pointer] ?? issue.pointer,
    }));
    return { ok: false, issues };
  }
  const { id: _, ...rest } = silence.value;
  return { ok: true, value: { silence: { ...rest, matchers }, ...(id !== '' && { replaces: id }) } };
}

/** Members that have another name in the interface. */
const NAMES: Readonly<Record<string, string>> = {
  '/reason': '/comment',
  '/author': '/createdBy',
  '/when': '/matchers',
};

type LabelsTest = (labels: Texts) => boolean;

/** Reads the matchers of a query, such as `alertname="DiskFull"`: labels have to satisfy all of them. */
export function parseFilter(texts: readonly string[]): Parsed<LabelsTest> {
  const matchers = texts.map(parseMatcher);
  const bad = texts.find((_, index) => matchers[index] === undefined);
  if (bad !== undefined) return invalid('', `bad matcher format: ${bad}`);
  return testOf(matchers.filter((matcher) => matcher !== undefined));
}

/** Reads the expression that the name of a receiver is to satisfy. */
export function parseReceiver(text: string): Parsed<(name: string) => boolean> {
  const test = testOf([{ name: 'receiver', value: text, isRegex: true, isEqual: true }]);
  return test.ok ? { ok: true, value: (receiver) => test.value({ receiver }) } : test;
}

function testOf(matchers: readonly LabelMatcher[]): Parsed<LabelsTest> {
  if (matchers.length === 0) return { ok: true, value: () => true };
  const read = whenOfMatchers(matchers);
  if (!read.ok) return invalid('', read.detail);
  if (read.when.length > MAX_WHEN) return invalid('', 'these are too many matchers, or too long ones');
  const holds = compileWhen(read.when);
  return { ok: true, value: (labels) => holds({ data: { labels } }) };
}

function invalid(
  pointer: string,
  detail: string,
): { ok: false; issues: [{ pointer: string; code: string; detail: string }] } {
  return { ok: false, issues: [{ pointer, code: 'invalid', detail }] };
}
