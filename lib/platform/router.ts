import { type Problem, ProblemError, problem, problemDocument } from '../core/problem.ts';

export interface HttpRequestIn {
  readonly method: string;
  /** As sent, still percent-encoded, without the query. */
  readonly path: string;
  /** Values of `{name}` in the route, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Lower-case names; a repeated header is joined with commas. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly requestId: string;
  readonly sourceIp: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Serialised as JSON; a string goes out as it is and needs a `content-type` header. */
  readonly body?: unknown;
}

export type RouteHandler = (request: HttpRequestIn) => Promise<HttpAnswer>;

/** A route that names its query parameters refuses all others, and each one given twice that may not be. */
export interface CheckedRoute {
  readonly query: readonly string[];
  readonly repeats?: readonly string[];
  readonly handle: RouteHandler;
}

/** `GET /v1/events/{id}` -> what answers it. */
export type Routes = Readonly<Record<string, RouteHandler | CheckedRoute>>;

/** Always answers. What was thrown and is not a problem goes to `report` and becomes a plain 500. */
export type Router = (request: HttpRequestIn, report: (error: unknown) => void) => Promise<HttpAnswer>;

interface CompiledRoute extends CheckedRoute {
  readonly method: string;
  readonly segments: readonly string[];
  readonly checked: boolean;
}

/** Compiles routes. Literal segments go before parameters; a path no route has is a 404 problem. */
export function router(routes: Routes): Router {
  const compiled = Object.entries(routes).map(([key, route]) => compile(key, route));
  compiled.sort((a, b) => parameterPlaces(a).localeCompare(parameterPlaces(b)));
  return async (request, report) => {
    try {
      return finish(await dispatch(compiled, request), request.requestId);
    } catch (error) {
      return answerToError(error, request.requestId, report);
    }
  };
}

/** The answer to something thrown: its problem, or a 500 that tells nothing. */
export function answerToError(
  error: unknown,
  requestId: string,
  report: (error: unknown) => void,
): HttpAnswer {
  if (error instanceof ProblemError)
    return finish(problemAnswer(error.problem, requestId, error.headers), requestId);
  report(error);
  return finish(problemAnswer(problem('internal'), requestId), requestId);
}

export function problemAnswer(
  cause: Problem,
  requestId: string,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  return {
    status: cause.status,
    headers: { ...headers, 'content-type': 'application/problem+json' },
    body: problemDocument(cause, requestId),
  };
}

/** Answers are data for programs: nothing may cache, frame, sniff or run them. Routes may override. */
const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
} as const;

function finish({ status, headers, body }: HttpAnswer, requestId: string): HttpAnswer {
  const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
  return {
    status,
    headers: { ...SECURITY_HEADERS, ...type, ...headers, 'x-request-id': requestId },
    ...(body === undefined ? {} : { body }),
  };
}

async function dispatch(routes: readonly CompiledRoute[], request: HttpRequestIn): Promise<HttpAnswer> {
  const segments = splitPath(request.path);
  const here = routes.filter((route) => segments !== undefined && fits(route, segments));
  if (segments === undefined || here.length === 0) throw new ProblemError(problem('not-found'));
  const route = here.find(({ method }) => method === request.method);
  if (route === undefined) {
    const allow = [...new Set(here.map(({ method }) => method))].toSorted().join(', ');
    throw new ProblemError(problem('method-not-allowed', `This path answers to ${allow}.`), { allow });
  }
  if (route.checked) checkQuery(route, request.query);
  return route.handle({ ...request, params: paramsOf(route, segments) });
}

/** Path segments, decoded; `undefined` for every way of writing a path that is not the plain one. */
function splitPath(path: string): string[] | undefined {
  if (!path.startsWith('/') || /[;\\]|%(2e|2f|5c|00)/i.test(path)) return undefined;
  const segments = path.slice(1).split('/');
  if (path !== '/' && segments.some((segment) => ['', '.', '..'].includes(segment))) return undefined;
  try {
    return segments.map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

function checkQuery({ query: allowed, repeats = [] }: CheckedRoute, query: URLSearchParams): void {
  const names = [...query.keys()];
  const isAgain = (name: string, at: number) => names.indexOf(name) !== at && !repeats.includes(name);
  const wrong = names.find((name, at) => !allowed.includes(name) || isAgain(name, at));
  if (wrong === undefined) return;
  const detail = allowed.includes(wrong)
    ? `The parameter ${wrong} is given more than once.`
    : `Allowed here: ${allowed.join(', ') || 'none'}.`;
  throw new ProblemError(problem('unknown-parameter', detail));
}

function compile(key: string, route: RouteHandler | CheckedRoute): CompiledRoute {
  const [method = '', path = ''] = key.split(' ');
  const segments = path.slice(1).split('/');
  return typeof route === 'function'
    ? { method, segments, query: [], handle: route, checked: false }
    : { method, segments, ...route, checked: true };
}

function fits({ segments }: CompiledRoute, path: readonly string[]): boolean {
  return (
    segments.length === path.length && segments.every((part, at) => isParameter(part) || part === path[at])
  );
}

function paramsOf({ segments }: CompiledRoute, path: readonly string[]): Record<string, string> {
  const pairs = segments.map((part, at) => [part, path[at] ?? ''] as const);
  return Object.fromEntries(
    pairs.filter(([part]) => isParameter(part)).map(([part, value]) => [part.slice(1, -1), value]),
  );
}

function isParameter(part: string): boolean {
  return part.startsWith('{') && part.endsWith('}');
}

/** `001` for two literals and a parameter: sorts literal routes first. */
function parameterPlaces({ segments }: CompiledRoute): string {
  return segments.map((part) => (isParameter(part) ? '1' : '0')).join('');
}
