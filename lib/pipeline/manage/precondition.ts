import { ProblemError, problem } from '../../core/problem.ts';
import type { ManageRequest } from './endpoint.ts';

export function etagHeader(tag: string | number): { readonly etag: string } {
  return { etag: `"${tag}"` };
}

/**
 * Nobody overwrites what they have not seen (RFC 9110 13.1, RFC 6585 3): changing something that exists
 * takes `If-Match` with its tag, or `*`; `If-None-Match: *` asks that it be new. `current` is the tag of
 * what exists.
 */
export function checkPrecondition(headers: ManageRequest['headers'], current: string | undefined): void {
  const wanted = headers['if-match'];
  if (current === undefined) {
    if (wanted !== undefined)
      throw new ProblemError(problem('precondition-failed', 'There is no such entry.'));
    return;
  }
  if (headers['if-none-match']?.trim() === '*') {
    throw new ProblemError(problem('precondition-failed', 'There is such an entry already.'));
  }
  if (wanted === undefined) {
    throw new ProblemError(
      problem('precondition-required', 'Send If-Match with the ETag of the entry you have read.'),
    );
  }
  if (!matchesTag(wanted, current)) throw changedMeanwhile();
}

/** Whether an `If-Match` header, if there is one, names the tag. */
export function checkOptionalMatch(headers: ManageRequest['headers'], current: string): void {
  const wanted = headers['if-match'];
  if (wanted !== undefined && !matchesTag(wanted, current)) throw changedMeanwhile();
}

export function changedMeanwhile(): ProblemError {
  return new ProblemError(problem('precondition-failed', 'It was changed since you read it; read it again.'));
}

function matchesTag(header: string, current: string): boolean {
  return header.split(',').some((tag) => tag.trim() === '*' || tag.trim() === `"${current}"`);
}
