import type * as z from 'zod/mini';
import { token } from './json.ts';

/** One thing wrong with a posted value, and where: an entry of `errors` in a problem document. */
export interface InputError {
  /** JSON pointer (RFC 6901) from the start of the body. */
  readonly pointer: string;
  readonly code: string;
  /** What to write instead; never echoes the value. */
  readonly detail: string;
}

/** More would help nobody and let a small body cause a large answer. */
const MAX_ERRORS = 20;

const CODES: Readonly<Record<string, string>> = {
  invalid_type: 'type',
  invalid_format: 'format',
  invalid_value: 'oneOf',
  too_big: 'tooLong',
  too_small: 'tooShort',
  unrecognized_keys: 'unknown',
};

/** Turns a schema's issues into errors with pointers; parse with `reportInput`, or everything is `required`. */
export function inputErrors(issues: readonly z.core.$ZodIssue[]): InputError[] {
  return issues.flatMap(errorsOf).slice(0, MAX_ERRORS);
}

function errorsOf(issue: z.core.$ZodIssue): InputError[] {
  const pointer = issue.path.map((step) => `/${token(String(step))}`).join('');
  if (issue.code === 'unrecognized_keys') {
    const detail = 'this member is unknown; facts of your own belong into data';
    return issue.keys.map((key) => ({ pointer: `${pointer}/${token(key)}`, code: 'unknown', detail }));
  }
  const absent = issue.code === 'invalid_type' && issue.input === undefined;
  return [{ pointer, code: absent ? 'required' : (CODES[issue.code] ?? 'invalid'), detail: issue.message }];
}

/** Moves errors below a place of the body: the element of an array, a member that holds the event. */
export function below(pointer: string, errors: readonly InputError[]): InputError[] {
  return errors.map((error) => ({ ...error, pointer: `${pointer}${error.pointer}` }));
}
