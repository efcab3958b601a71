/** Every kind of error the API answers with: slug -> status and title (RFC 9457). */
export const PROBLEMS = {
  'malformed-json': { status: 400, title: 'The body is not valid JSON' },
  'invalid-idempotency-key': { status: 400, title: 'The idempotency key is not valid' },
  'invalid-cursor': { status: 400, title: 'The cursor is not valid' },
  'unknown-parameter': { status: 400, title: 'Unknown query parameter' },
  unauthorized: { status: 401, title: 'A valid API key is required' },
  'invalid-signature': { status: 401, title: 'The signature is not valid' },
  forbidden: { status: 403, title: 'The API key may not do this' },
  'not-found': { status: 404, title: 'Not found' },
  'method-not-allowed': { status: 405, title: 'Method not allowed' },
  'idempotency-in-progress': { status: 409, title: 'A request with this idempotency key is in progress' },
  'too-many-secrets': { status: 409, title: 'Too many signing secrets' },
  quota: { status: 409, title: 'Quota reached' },
  conflict: { status: 409, title: 'Conflict' },
  'expired-link': { status: 410, title: 'This link has expired' },
  'precondition-failed': { status: 412, title: 'The entry has changed since it was read' },
  'payload-too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The content type is not supported' },
  'unsupported-encoding': { status: 415, title: 'The content encoding is not supported' },
  validation: { status: 422, title: 'The request is not valid' },
  'too-deep': { status: 422, title: 'The JSON is nested too deeply' },
  'too-many-items': { status: 422, title: 'The JSON has too many members' },
  'forbidden-key': { status: 422, title: 'The JSON has a forbidden key' },
  'duplicate-key': { status: 422, title: 'The JSON repeats a key' },
  'number-range': { status: 422, title: 'A number is out of range' },
  'invalid-character': { status: 422, title: 'A text has a character that cannot be carried' },
  'idempotency-mismatch': { status: 422, title: 'The idempotency key was used for another body' },
  'url-scheme': { status: 422, title: 'The URL scheme is not allowed' },
  'url-blocked': { status: 422, title: 'The URL points at a blocked address' },
  loop: { status: 422, title: 'The URL points back at Fanfare' },
  header: { status: 422, title: 'The header is not allowed' },
  'precondition-required': { status: 428, title: 'An If-Match header is required' },
  'rate-limited': { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Something went wrong on our side' },
  unavailable: { status: 503, title: 'Temporarily unavailable' },
} as const satisfies Record<string, { readonly status: number; readonly title: string }>;

export type ProblemSlug = keyof typeof PROBLEMS;

/** One thing wrong with a body. */
export interface ProblemIssue {
  /** JSON pointer into the body (RFC 6901); empty for the whole of it. */
  readonly pointer: string;
  readonly code: string;
  readonly detail: string;
}

export interface Problem {
  readonly slug: ProblemSlug;
  readonly status: number;
  readonly title: string;
  /** For people: what to do. At most 64 characters of input, never a secret. */
  readonly detail?: string;
  readonly errors?: readonly ProblemIssue[];
}

/** The body of an error answer, `application/problem+json`. */
export interface ProblemDocument extends Omit<Problem, 'slug'> {
  readonly type: string;
  /** Id of the request, also in `x-request-id` and in the log. */
  readonly instance: string;
}

export function problem(slug: ProblemSlug, detail?: string, errors?: readonly ProblemIssue[]): Problem {
  return {
    slug,
    ...PROBLEMS[slug],
    ...(detail === undefined ? {} : { detail }),
    ...(errors ? { errors } : {}),
  };
}

export function problemDocument({ slug, ...rest }: Problem, requestId: string): ProblemDocument {
  return { type: `/problems/${slug}`, ...rest, instance: requestId };
}

/** Ends a request with a problem; the router turns it into the answer. `headers`: `retry-after`, `allow`. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;

  constructor(cause: Problem, headers: Readonly<Record<string, string>> = {}) {
    super(cause.detail ?? cause.title);
    this.problem = cause;
    this.headers = headers;
  }
}

/** Input as it may be shown in a `detail`: on one line, at most 64 characters. */
export function excerpt(input: string): string {
  const line = input.replace(/[^\x20-\x7e]/g, '?');
  return line.length > 64 ? `${line.slice(0, 61)}...` : line;
}
