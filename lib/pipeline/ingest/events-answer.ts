import { type Problem, ProblemError, problem } from '../../core/problem.ts';
import type { Receipt } from '../ingest.ts';
import type { PostAnswer } from './request.ts';
import { RETRY_AFTER } from './work.ts';

/** Of one answer; a batch whose events are all wrong need not be listed to its end. */
const MAX_ERRORS = 100;

/** The answer to a single event: 202 `{ id, duplicate }`, or its problem. */
export function answerEvent(receipts: readonly Receipt[]): PostAnswer {
  const receipt = receipts[0]!;
  if (receipt.kind === 'refused') throw thrown(receipt.problem);
  return { status: 202, body: { id: receipt.id, duplicate: receipt.kind === 'duplicate' } };
}

/**
 * The answer to an array: 202 when all are accepted, 207 when results differ, the problem when every event
 * has the same status but 202 (several kinds of 422 become `validation`).
 */
export function answerEvents(receipts: readonly Receipt[]): PostAnswer {
  const problems = receipts.flatMap((receipt) => (receipt.kind === 'refused' ? [receipt.problem] : []));
  const statuses = new Set(problems.map(({ status }) => status));
  if (problems.length === receipts.length && statuses.size === 1) throw thrown(common(problems));
  const duplicates = receipts.filter(({ kind }) => kind === 'duplicate').length;
  return {
    status: problems.length === 0 ? 202 : 207,
    body: {
      results: receipts.map(result),
      accepted: receipts.length - problems.length,
      duplicates,
      refused: problems.length,
    },
  };
}

function result(receipt: Receipt) {
  if (receipt.kind !== 'refused')
    return { id: receipt.id, status: 202, duplicate: receipt.kind === 'duplicate' };
  return { status: receipt.problem.status, error: errorOf(receipt.problem) };
}

/** A problem as part of a larger answer. */
export function errorOf({ slug, title, detail, errors }: Problem) {
  return {
    type: `/problems/${slug}`,
    title,
    ...(detail !== undefined && { detail }),
    ...(errors && { errors }),
  };
}

function common(problems: readonly Problem[]): Problem {
  const first = problems[0]!;
  const errors = problems.flatMap((one) => one.errors ?? []).slice(0, MAX_ERRORS);
  const slug = problems.every((one) => one.slug === first.slug) ? first.slug : 'validation';
  return problem(slug, first.detail, errors.length > 0 ? errors : undefined);
}

/** 503 tells when to come again. */
function thrown(cause: Problem): ProblemError {
  return new ProblemError(cause, cause.status === 503 ? RETRY_AFTER : {});
}
