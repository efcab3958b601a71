import type { Caller } from '../../core/caller.ts';
import type { ApiScope } from '../../core/catalog.ts';
import { isJson, mediaTypeOf } from '../../core/media-type.ts';
import { ProblemError, type ProblemIssue, type ProblemSlug, problem } from '../../core/problem.ts';
import { type AuthDeps, authorise } from '../authorise.ts';
import { jsonOf } from '../json-body.ts';

/** What an endpoint reads of a request. */
export interface ManageRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** A request whose caller is known and allowed. */
export interface Call extends ManageRequest {
  readonly caller: Caller;
}

export interface ManageAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export type Endpoint = (request: ManageRequest) => Promise<ManageAnswer>;
export type Step = (call: Call) => Promise<ManageAnswer>;
/** Lets a step be reached only with a scope. */
export type Guard = (scope: ApiScope, step: Step) => Endpoint;

const MAX_BODY_BYTES = 1024 * 1024;

export function guard(deps: AuthDeps): Guard {
  return (scope, step) => async (request) =>
    step({ ...request, caller: await authorise(request.headers, scope, deps) });
}

/** The JSON body of a request, checked for everything that could choke somebody later. */
export function jsonBody({ headers, body }: ManageRequest): unknown {
  if (headers['content-encoding'] !== undefined) throw new ProblemError(problem('unsupported-encoding'));
  const { type, charset } = mediaTypeOf(headers['content-type']);
  if (!isJson(type) || (charset ?? 'utf-8') !== 'utf-8') {
    throw new ProblemError(problem('unsupported-media-type', 'Send application/json.'));
  }
  if (body.length > MAX_BODY_BYTES) throw new ProblemError(problem('payload-too-large', 'At most 1 MiB.'));
  return jsonOf(body);
}

/** Issues that have a problem type of their own; anything else is `validation`. */
const OWN_TYPES: readonly ProblemSlug[] = ['url-scheme', 'url-blocked', 'loop', 'header'];

/** What a request ends with when something is wrong with its body. */
export function refusal(issues: readonly ProblemIssue[]): ProblemError {
  const slug = OWN_TYPES.find((type) => issues.some(({ code }) => code === type)) ?? 'validation';
  return new ProblemError(problem(slug, issues[0]?.detail, issues));
}

export function notFound(): ProblemError {
  return new ProblemError(problem('not-found'));
}
