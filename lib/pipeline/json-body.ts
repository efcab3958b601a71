import { readJson } from '../core/json.ts';
import { ProblemError, problem } from '../core/problem.ts';

/** The value of a JSON body, safe for everything that comes after. Throws the problem that says what is wrong. */
export function jsonOf(body: Uint8Array): unknown {
  const read = readJson(body);
  if (read.ok) return read.value;
  const { slug, pointer, detail } = read.fault;
  throw new ProblemError(problem(slug, detail, [{ pointer, code: slug, detail }]));
}
