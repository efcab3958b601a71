import { isBinaryCloudEvent } from '../../core/cloud-event.ts';
import { isJson, mediaTypeOf } from '../../core/media-type.ts';
import { ProblemError, type ProblemIssue, type ProblemSlug, PROBLEMS, problem } from '../../core/problem.ts';

/** What ingest reads of a request. */
export interface PostRequest {
  readonly params: Readonly<Record<string, string>>;
  /** Lower-case names; a repeated header is joined with commas. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly requestId: string;
}

export interface PostAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** How a body is to be read. */
export type Form = 'json' | 'cloudEvent' | 'cloudEvents' | 'binaryCloudEvent';

const MAX_BODY_BYTES = 1024 * 1024;

/** Refuses what need not be read, the cheapest check first; answers how to read the rest. */
export function checkBody({ headers, body }: PostRequest): Form {
  const form = formOf(headers);
  if (body.length > MAX_BODY_BYTES)
    throw new ProblemError(problem('payload-too-large', 'A body has at most 1 MiB.'));
  return form;
}

function formOf(headers: PostRequest['headers']): Form {
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw new ProblemError(problem('unsupported-encoding', 'Send the body as it is, without compression.'));
  }
  if (isBinaryCloudEvent(headers)) return 'binaryCloudEvent';
  const { type, charset = 'utf-8' } = mediaTypeOf(headers['content-type']);
  if (!isJson(type) || (charset !== 'utf-8' && charset !== 'utf8')) {
    throw new ProblemError(problem('unsupported-media-type', 'Send application/json in UTF-8.'));
  }
  if (type === 'application/cloudevents+json') return 'cloudEvent';
  return type === 'application/cloudevents-batch+json' ? 'cloudEvents' : 'json';
}

/** The problem behind errors of one item: the one they all name, if they do, else `validation`. */
export function problemOf(errors: readonly ProblemIssue[]) {
  const [first] = errors;
  const code = first && errors.every((error) => error.code === first.code) ? first.code : '';
  return problem(isSlug(code) ? code : 'validation', first?.detail, errors);
}

function isSlug(code: string): code is ProblemSlug {
  return Object.hasOwn(PROBLEMS, code);
}

const IDEMPOTENCY_KEY = /^[\x20-\x2b\x2d-\x7e]{1,255}$/;

/**
 * The idempotency key, if there is one: 1-255 printable ASCII characters. A comma is refused, because two
 * headers arrive joined by one.
 */
export function idempotencyKeyOf(headers: PostRequest['headers']): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (IDEMPOTENCY_KEY.test(key) && key.trim() !== '') return key;
  const detail = 'Idempotency-Key is given once, with 1 to 255 printable ASCII characters and no comma.';
  throw new ProblemError(problem('invalid-idempotency-key', detail));
}
