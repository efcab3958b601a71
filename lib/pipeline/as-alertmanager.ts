import { type Problem, ProblemError } from '../core/problem.ts';

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Statuses that clients of Alertmanager's interface know; what else is wrong with a request is 400 to them. */
const KNOWN: ReadonlySet<number> = new Set([401, 403, 404, 500, 503]);

/**
 * Lets an endpoint answer as Alertmanager's interface does (prometheus/alertmanager api/v2/openapi.yaml): 200, or what
 * is wrong as a JSON text, which `amtool` prints; a problem document it could not read.
 */
export function asAlertmanager<R>(
  endpoint: (request: R) => Promise<Answer>,
): (request: R) => Promise<Answer> {
  return async (request) => {
    try {
      return await endpoint(request);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      return refused(error);
    }
  };
}

function refused({ problem, headers }: ProblemError): Answer {
  const status = KNOWN.has(problem.status) ? problem.status : 400;
  return {
    status,
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(sentenceOf(problem)),
  };
}

function sentenceOf({ title, detail, errors = [] }: Problem): string {
  const places = errors.map(({ pointer, detail: why }) => (pointer === '' ? why : `${pointer}: ${why}`));
  return `${title}: ${places.length > 0 ? places.join('; ') : (detail ?? '')}`;
}
