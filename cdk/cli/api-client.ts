import { isObject } from '../../lib/core/is-object.ts';
import type { ProblemDocument } from '../../lib/core/problem.ts';
import { CommandError } from './terminal.ts';

export interface ApiAnswer<T = unknown> {
  readonly status: number;
  readonly headers: Headers;
  /** What a success brings; another status brings a problem document instead. */
  readonly body: T;
}

/** Calls the API of a stack; any status is an answer. Throws `CommandError` when nobody answers. */
export type ApiClient = <T = unknown>(
  method: string,
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<ApiAnswer<T>>;

const TIMEOUT_MS = 30_000;

export function createApiClient({
  apiUrl,
  apiKey,
}: {
  readonly apiUrl: string;
  readonly apiKey: string;
}): ApiClient {
  return async (method, path, body, headers = {}) => {
    const response = await fetch(`${apiUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((error: unknown) => {
      throw new CommandError(`${apiUrl} does not answer (${reasonOf(error)})`);
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: parse(text) };
  };
}

/** The problem document of an answer, if it is one. */
export function problemOf({ status, body }: ApiAnswer): ProblemDocument | undefined {
  return status >= 400 && isProblem(body) ? body : undefined;
}

function isProblem(body: unknown): body is ProblemDocument {
  return isObject(body) && typeof body['type'] === 'string' && typeof body['title'] === 'string';
}

/** What to tell people about an answer that was not expected. */
export function failureOf(answer: ApiAnswer): CommandError {
  const problem = problemOf(answer);
  const text = problem ? [problem.title, problem.detail].filter(Boolean).join(': ') : 'an unexpected answer';
  const errors = (problem?.errors ?? []).map(({ pointer, detail }) => `\n  ${pointer} ${detail}`);
  return new CommandError(`the API answered ${answer.status}: ${text}${errors.join('')}`);
}

function parse(text: string) {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? ('code' in cause ? String(cause.code) : cause.name) : 'unknown';
}
