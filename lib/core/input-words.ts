import type * as z from 'zod/mini';
import { below, type InputError, inputErrors } from './input-error.ts';

/**
 * Errors of a schema that was given few words of its own: what is silent gets a sentence that names the fix.
 * `members` are the names allowed at the top. Parse with `reportInput`.
 */
export function describeInput(
  error: z.core.$ZodError,
  pointer: string,
  members: readonly string[],
): InputError[] {
  const errors = error.issues.flatMap((issue) =>
    inputErrors([issue]).map(({ pointer: place, code }) => ({
      pointer: place,
      code,
      detail: words(issue, code, members),
    })),
  );
  return below(pointer, errors);
}

/** What zod/mini says when a schema has no message. */
const SILENT = 'Invalid input';

function words(issue: z.core.$ZodIssue, code: string, members: readonly string[]): string {
  if (code === 'required') return 'this is missing';
  if (issue.code === 'unrecognized_keys') {
    return `there is no such member${issue.path.length === 0 ? `; known are ${members.join(', ')}` : ''}`;
  }
  return issue.message === SILENT ? fix(issue) : issue.message;
}

function fix(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type')
    return `write ${KINDS[issue.expected] ?? `a value of type ${issue.expected}`}`;
  if (issue.code === 'invalid_value') return `write one of ${issue.values.map(String).join(', ')}`;
  if (issue.code === 'too_big') return `write at most ${issue.maximum}${UNITS[issue.origin] ?? ''}`;
  if (issue.code !== 'too_small') return 'this value is not allowed here';
  if (issue.origin === 'array' && issue.minimum === 1) return 'write at least one';
  return `write at least ${issue.minimum}${UNITS[issue.origin] ?? ''}`;
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

const UNITS: Readonly<Record<string, string>> = { string: ' characters', array: ' entries' };
